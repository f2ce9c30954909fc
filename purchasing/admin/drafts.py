"""What is to be ordered for a warehouse, and the button that drafts the orders."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action

from common.admin import ScopedAdmin, allows, caller
from common.admin_saving import persistently
from common.admin_steps import pdf_page
from common.exceptions import DomainError
from common.permissions import Can
from inventory.admin.count_plan import chosen_warehouse, own_warehouses
from purchasing.reorder_list import LOW, SHORT, TITLES, reorder_rows
from purchasing.replenishment import IN_WORDS
from purchasing.services.drafts import Drafts, draft_from_reorder_list, draft_from_shortage
from warehouses.models import Warehouse


class DraftsMixin(ScopedAdmin):
    """The list of purchase orders leads to what is to be ordered."""

    actions_list = ["to_order"]

    def has_order_permission(self, request: HttpRequest) -> bool:
        return allows(request, Can.MANAGE_PURCHASE_ORDERS)

    @action(
        description="What is to be ordered", url_path="to-order", icon="shopping_cart_checkout",
        permissions=["order"],
    )  # fmt: skip
    def to_order(self, request: HttpRequest) -> HttpResponse:
        """Show what would be ordered for a warehouse; draft the orders."""
        warehouse, source = chosen_warehouse(request), chosen_source(request)
        orders = reverse(f"{self.admin_site.name}:purchasing_purchaseorder_changelist")
        if request.method == "POST" and warehouse is not None:
            if request.POST.get("warehouse") != str(warehouse.pk):
                messages.error(request, "Choose a warehouse that you belong to.")
                return HttpResponseRedirect(request.path)
            try:
                made = persistently(lambda: drafts_of(request, warehouse, source, dry_run=False))
            except DomainError as error:
                self.tell(request, error)
            else:
                numbers = ", ".join(str(draft.order) for draft in made.drafts)
                messages.success(request, f"Drafted: {numbers or 'nothing, it is all ordered'}.")
                return HttpResponseRedirect(f"{orders}?status__exact=draft")
        if warehouse is not None and "pdf" in request.GET:
            return paper_of(warehouse, source)
        found = drafts_of(request, warehouse, source, dry_run=True) if warehouse else None
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "What is to be ordered",
            "warehouse": warehouse,
            "warehouses": own_warehouses(caller(request)),
            "source": source,
            "sources": sources_for(request),
            "drafts": found.drafts if found else [],
            "not_ordered": [
                (need, IN_WORDS[need.reason]) for need in (found.not_ordered if found else [])
            ],
            "files": files_of(warehouse, source) if warehouse else {},
            "back": orders,
        }
        return TemplateResponse(request, "admin/to_order.html", context)


def sources_for(request: HttpRequest) -> dict[str, str]:
    """Return out of what the user may order: of customers' orders, if they may see these."""
    sees_sales = allows(request, Can.VIEW_SALES_ORDERS)
    return {key: title for key, title in TITLES.items() if sees_sales or key != SHORT}


def chosen_source(request: HttpRequest) -> str:
    named = request.POST.get("source") or request.GET.get("source", "")
    return named if named in sources_for(request) else LOW


def files_of(warehouse: Warehouse, source: str) -> dict[str, str]:
    """Return where the list is had as a file, by its kind."""
    files = {"PDF": f"?{urlencode({'warehouse': warehouse.pk, 'source': source, 'pdf': 1})}"}
    asked = {"warehouse": warehouse.pk, "needed_by": "customers" if source == SHORT else "stock"}
    for kind in ("csv", "xlsx"):
        query = urlencode({**asked, "format": kind})
        files[kind.upper()] = f"{reverse('reorder-list-list')}?{query}"
    return files


def paper_of(warehouse: Warehouse, source: str) -> HttpResponse:
    from purchasing.documents.reorder_list_pdf import (  # noqa: PLC0415 - loads the layout engine
        reorder_list_pdf,
    )

    rows = reorder_rows(warehouse, source)
    return pdf_page(reorder_list_pdf(warehouse, source, rows), f"reorder-list-{warehouse.code}")


def drafts_of(request: HttpRequest, warehouse: Warehouse, source: str, *, dry_run: bool) -> Drafts:
    wanted: dict[str, Any] = {
        "warehouse": warehouse,
        "dry_run": dry_run,
        "acting_user": caller(request),
    }
    return draft_from_shortage(**wanted) if source == SHORT else draft_from_reorder_list(**wanted)
