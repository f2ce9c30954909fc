"""Warehouses and who works there."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

from common.admin import ReadOnlyInline, ScopedAdmin, ServiceForm, caller
from common.permissions import Can
from users.models import User
from warehouses.models import Membership, Warehouse
from warehouses.services import (
    change_warehouse,
    create_warehouse,
    delete_warehouse,
    set_memberships,
)

COLUMNS = [
    "code", "name", "street", "city", "state", "postal_code", "country", "manager", "is_active",
    "is_default",
]  # fmt: skip


class WarehouseForm(ServiceForm):
    """A warehouse with the people who work in it."""

    members = forms.ModelMultipleChoiceField(
        User.objects.none(), required=False, widget=UnfoldAdminSelect2MultipleWidget,
        help_text="Administrators work everywhere without being named here.",
    )  # fmt: skip

    class Meta:
        model = Warehouse
        fields = COLUMNS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "members" in self.fields:
            self.fields["members"].queryset = User.objects.order_by("username")  # type: ignore[attr-defined]
            self.fields["members"].initial = members_of(self.instance)
        if "code" in self.fields:
            self.fields["code"].required = False
            self.fields["code"].help_text = "Empty: the next free one."


class MemberInline(ReadOnlyInline):
    model = Membership
    may_view = Can.VIEW_PEOPLE
    fields = ["user", "is_default"]
    verbose_name_plural = "people who work here"

    def get_queryset(self, request: HttpRequest) -> Any:
        own = Warehouse.objects.member(request.user).values("pk")
        return super().get_queryset(request).filter(warehouse__in=own).select_related("user")


@admin.register(Warehouse)
class WarehouseAdmin(ScopedAdmin):
    """Everybody sees the warehouses; administrators write them."""

    may_view = Can.VIEW_STOCK
    may_add = may_change = may_delete = Can.MANAGE_WAREHOUSES
    form = WarehouseForm
    list_display = ["code", "name", "city", "country", "manager", "is_active", "is_default"]
    list_filter = ["is_active"]
    list_select_related = ["manager"]
    search_fields = ["code", "name", "city"]
    readonly_fields = ["created_at", "updated_at"]
    inlines = [MemberInline]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if not self.has_change_permission(request, obj):
            return COLUMNS
        return [*COLUMNS, "members", *(self.readonly_fields if obj else [])]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj and not self.has_change_permission(request) else []

    def version_of(self, row: Any) -> str:
        return f"{super().version_of(row)} {members_of(row)}"

    def save_through_service(
        self, request: HttpRequest, form: Any, formsets: Any, change: bool
    ) -> Warehouse:
        values = {name: form.cleaned_data[name] for name in COLUMNS}
        if change:
            values["code"] = values["code"] or form.initial["code"]
            warehouse = change_warehouse(
                warehouse=Warehouse.objects.get(pk=form.instance.pk),
                acting_user=caller(request),
                **values,
            )
        else:
            warehouse = create_warehouse(acting_user=caller(request), **values)
        change_members(warehouse, set(form.cleaned_data["members"]))
        return warehouse

    def delete_through_service(self, request: HttpRequest, row: Any) -> None:
        delete_warehouse(warehouse=row, acting_user=caller(request))


def members_of(warehouse: Warehouse) -> list[int]:
    if warehouse.pk is None:
        return []
    return sorted(warehouse.memberships.values_list("user_id", flat=True))


def change_members(warehouse: Warehouse, wanted: set[User]) -> None:
    """Let exactly these people work in a warehouse; everybody keeps their other warehouses."""
    present = set(User.objects.filter(warehouse_memberships__warehouse=warehouse))
    for user in sorted(wanted ^ present, key=lambda user: user.pk):
        held = list(Warehouse.objects.filter(memberships__user=user))
        others = [one for one in held if one != warehouse]
        joined = [*others, warehouse] if user in wanted else others
        set_memberships(user=user, warehouses=joined)
