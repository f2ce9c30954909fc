"""What is due to be counted today, and the button that opens the count of it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldBooleanWidget,
)

from common.admin import ScopedAdmin, allows, caller
from common.admin_saving import persistently
from common.exceptions import DomainError
from common.permissions import Can
from inventory.abc_classes import due_to_count
from inventory.services.counts.opening import open_due_count
from warehouses.models import Warehouse
from warehouses.queries import default_warehouse_for

SHOWN, USUAL, MOST = 50, 20, 200


class PlanForm(forms.Form):
    """Where is counted, and how much of what is due."""

    warehouse = forms.ModelChoiceField(
        Warehouse.objects.none(), widget=UnfoldAdminSelectWidget, empty_label=None
    )
    limit = forms.IntegerField(
        label="How many items",
        min_value=1,
        max_value=MOST,
        initial=USUAL,
        help_text="The least recently counted ones come first.",
        widget=UnfoldAdminIntegerFieldWidget,
    )
    is_blind = forms.BooleanField(
        label="Blind: hide what should be there", required=False, widget=UnfoldBooleanWidget
    )

    def __init__(self, user: Any, posted: Any, warehouse: Warehouse | None) -> None:
        super().__init__(posted, initial={"warehouse": warehouse, "limit": USUAL})
        places: Any = self.fields["warehouse"]
        places.queryset = own_warehouses(user)


def own_warehouses(user: Any) -> Any:
    return Warehouse.objects.member(user).filter(is_active=True).order_by("code")


def chosen_warehouse(request: HttpRequest) -> Warehouse | None:
    """Return the warehouse that is named, else the user's default one."""
    own = own_warehouses(caller(request))
    named = request.POST.get("warehouse") or request.GET.get("warehouse", "")
    if named.isascii() and named.isdigit() and len(named) < 19:
        found: Warehouse | None = own.filter(pk=int(named)).first()
        if found is not None:
            return found
    return default_warehouse_for(caller(request))


class CountPlanMixin(ScopedAdmin):
    """The list of counts leads to the plan: A items monthly, B quarterly, C yearly."""

    actions_list = ["count_plan"]

    def has_plan_permission(self, request: HttpRequest) -> bool:
        return allows(request, Can.POST_STOCK)

    @action(
        description="What is due today", url_path="count-plan", icon="event_available",
        permissions=["plan"],
    )  # fmt: skip
    def count_plan(self, request: HttpRequest) -> HttpResponse:
        """Show what is due in a warehouse; open a count of the first of it."""
        warehouse = chosen_warehouse(request)
        form = PlanForm(
            caller(request), request.POST if request.method == "POST" else None, warehouse
        )
        if request.method == "POST" and form.is_valid():
            wanted = form.cleaned_data
            try:
                count = persistently(lambda: open_due_count(acting_user=caller(request), **wanted))
            except DomainError as error:
                self.tell(request, error)
            else:
                number = count.lines.count()
                messages.success(request, f"{count} is open with {number} lines to count.")
                enter = f"{self.change_address(count.pk).removesuffix('change/')}enter/"
                return HttpResponseRedirect(enter)
        items = due_to_count(warehouse, SHOWN) if warehouse else []
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "What is due to be counted",
            "form": form,
            "warehouse": warehouse,
            "warehouses": own_warehouses(caller(request)),
            "items": items,
            "due": items[0].number if items else 0,
            "back": reverse(f"{self.admin_site.name}:inventory_stockcount_changelist"),
        }
        return TemplateResponse(request, "admin/count_plan.html", context)
