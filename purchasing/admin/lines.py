"""The lines and the charges of a purchase order on its page."""

from typing import Any

from django import forms
from django.http import HttpRequest

from common.admin import ScopedInline, ServiceForm
from common.admin_columns import quantity_column
from common.admin_orders import OrderLinesInline, told
from common.admin_saving import filled_rows
from common.permissions import Can
from purchasing.models import PurchaseOrder, PurchaseOrderCharge, PurchaseOrderItem
from purchasing.services.charges import ChargeLine
from purchasing.services.order_lines import OrderLine, not_orderable


class LineForm(ServiceForm):
    """One line, in stock units or in packs; without a cost it gets the supplier's."""

    class Meta:
        model = PurchaseOrderItem
        fields = ["variation", "quantity_ordered", "unit_cost", "packs", "pack_cost", "notes"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "unit_cost" in self.fields:
            self.fields["unit_cost"].required = False
            self.fields["unit_cost"].help_text = "Empty: the supplier's."
            self.fields["quantity_ordered"].required = False
            self.fields["packs"].help_text = "Instead of a quantity."

    def clean(self) -> dict[str, Any]:
        """Ask for a quantity or packs; of a line that has both, what was changed counts."""
        filled = super().clean() or {}
        if not filled.get("quantity_ordered") and not filled.get("packs") and not self.errors:
            self.add_error("quantity_ordered", "Enter a quantity, or packs.")
        by_packs = {"packs", "pack_cost"} & set(self.changed_data)
        if {"quantity_ordered", "unit_cost"} & set(self.changed_data) and not by_packs:
            filled["packs"] = None
        return filled

    def clean_variation(self) -> Any:
        variation = self.cleaned_data["variation"]
        if "variation" in self.changed_data and (reason := not_orderable(variation)):
            raise forms.ValidationError(reason)
        return variation


class PurchaseOrderItemInline(OrderLinesInline):
    model = PurchaseOrderItem
    form = LineForm
    may_view = Can.VIEW_PURCHASE_ORDERS
    may_add = may_change = may_delete = Can.MANAGE_PURCHASE_ORDERS
    positive_fields = ("quantity_ordered",)
    hide_title = True
    fields = [
        "number", "variation", "product", "quantity_ordered", "unit_cost", "packs", "pack_cost",
        "line_total", "received", "rejected", "returned", "notes",
    ]  # fmt: skip
    readonly_fields = ["number", "product", "line_total", "received", "rejected", "returned"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Say of a draft's lines nothing about what came of them."""
        if obj is not None and obj.status != PurchaseOrder.Status.DRAFT:
            return self.fields
        left_out = {
            "received",
            "rejected",
            "returned",
            *(["number", "line_total"] if not obj else []),
        }
        return [name for name in self.fields if name not in left_out]

    received = quantity_column("quantity_received", "Received", told)
    rejected = quantity_column("quantity_rejected", "Rejected", told)
    returned = quantity_column("quantity_returned", "Returned", told)

    @classmethod
    def may_be_written(cls, order: Any) -> bool:
        """Write lines of a draft, and amend those of an order that goods are still to come of."""
        return is_open(order) and (order is None or not cls.is_long(order))


class ChargeInline(ScopedInline):
    model = PurchaseOrderCharge
    may_view = Can.VIEW_PURCHASE_ORDERS
    may_add = may_change = may_delete = Can.MANAGE_PURCHASE_ORDERS
    verbose_name = "charge"
    hide_title = True
    positive_fields = ("amount",)
    fields = ("kind", "amount", "spread", "notes", "carried")
    readonly_fields = ("carried",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_open(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_open(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_open(obj) and super().has_delete_permission(request, obj)


def is_open(order: Any) -> bool:
    return order is None or order.status not in PurchaseOrder.FINAL


def order_lines(formset: Any) -> list[OrderLine]:
    """Return the lines that shall be there."""
    return [
        OrderLine(
            variation=row["variation"],
            item_id=row["id"].pk if row.get("id") else None,
            notes=row["notes"],
            **quantities_of(row),
        )
        for row in filled_rows(formset)
        if "variation" in row
    ]


def quantities_of(row: dict[str, Any]) -> dict[str, Any]:
    """Return what a row orders: packs, or a quantity in stock units."""
    if row.get("packs"):
        size = row["id"].pack_size if row.get("id") else None
        return {"packs": row["packs"], "pack_cost": row["pack_cost"], "pack_size": size}
    return {"quantity_ordered": row["quantity_ordered"], "unit_cost": row["unit_cost"]}


def charge_lines(formset: Any) -> list[ChargeLine]:
    """Return the charges that shall be there."""
    return [
        ChargeLine(
            charge_id=row["id"].pk if row.get("id") else None,
            **{name: row[name] for name in ("kind", "amount", "spread", "notes")},
        )
        for row in filled_rows(formset)
        if "kind" in row
    ]
