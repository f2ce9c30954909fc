"""Goods that went back to suppliers: to read, and to send back from the page of their order."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from common.admin import HistoryAdmin, ReadOnlyInline
from common.admin_orders import QuantitiesTableForm, plain
from common.admin_steps import FileStep, Step, pdf_page
from common.permissions import Can
from inventory.admin.attachments import AttachmentsMixin
from purchasing.models import (
    GoodsReceiptLine,
    PurchaseOrder,
    SupplierReturn,
    SupplierReturnItem,
)
from purchasing.services.returns import ReturnLine, return_to_supplier


class SupplierReturnItemInline(ReadOnlyInline):
    model = SupplierReturnItem
    may_view = Can.VIEW_PURCHASE_ORDERS

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("item__variation")


def return_pdf(row: SupplierReturn, acting_user: Any) -> HttpResponse:
    from purchasing.documents.return_pdf import (  # noqa: PLC0415 - loads the layout engine
        supplier_return_pdf,
    )

    return pdf_page(supplier_return_pdf(row.pk), row.return_number)


@admin.register(SupplierReturn)
class SupplierReturnAdmin(AttachmentsMixin, HistoryAdmin):
    attachment_kind = "supplier_return"
    may_view = Can.VIEW_PURCHASE_ORDERS
    list_display = ["return_number", "order", "supplier", "occurred_at", "credit_amount"]
    list_filter = ["items__reason"]
    list_select_related = ["order__supplier", "created_by"]
    search_fields = ["return_number", "order__order_number", "order__supplier__company_name"]
    inlines = [SupplierReturnItemInline]
    steps = (
        FileStep(
            name="pdf", title="PDF", permission=Can.VIEW_PURCHASE_ORDERS, give=return_pdf,
            icon="picture_as_pdf",
        ),
    )  # fmt: skip

    @admin.display(ordering="order__supplier")
    def supplier(self, row: SupplierReturn) -> str:
        return str(row.order.supplier)


def came_in_lots(order: PurchaseOrder) -> bool:
    """Say whether any of an order came with a lot, which goods that track none may, too."""
    lines = GoodsReceiptLine.objects.filter(receipt__order=order).exclude(lot_number="")
    return lines.exists()


class ReturnForm(QuantitiesTableForm):
    """What goes back of each line, and why."""

    gathered_as = "lines"
    nothing_text = "Enter what goes back of at least one line."
    columns = ("Quantity", "Reason", "Lot")
    kinds = (QuantitiesTableForm.prefix_of_lines, "reason_", "lot_")
    beside = ("notes",)

    notes = forms.CharField(max_length=1000, required=False, widget=UnfoldAdminTextInputWidget)

    def __init__(self, order: PurchaseOrder, posted: Any) -> None:
        items = [
            item
            for item in order.items.select_related("variation__product")
            if item.quantity_returnable
        ]
        super().__init__(
            [(item.pk, item.variation.full_name, item.quantity_returnable) for item in items],
            posted,
        )
        self.keys = [item.pk for item in items]
        if not came_in_lots(order):
            self.leave_out("lot_")
        for item in items:
            field = self.fields[f"{self.prefix_of_lines}{item.pk}"]
            field.initial = None
            field.help_text = f"{plain(item.quantity_returnable)} may go back"
            self.fields[f"reason_{item.pk}"] = forms.ChoiceField(
                choices=SupplierReturnItem.Reason.choices,
                required=False,
                widget=UnfoldAdminSelectWidget,
            )
            self.fields[f"lot_{item.pk}"] = forms.CharField(
                label="Lot", max_length=50, required=False, widget=UnfoldAdminTextInputWidget
            )

    def gathered(self, filled: dict[str, Any]) -> list[ReturnLine]:
        """Return the lines of which something goes back."""
        quantities = self.taken(filled, self.prefix_of_lines)
        lots, reasons = self.taken(filled, "lot_"), self.taken(filled, "reason_")
        return [
            ReturnLine(
                item_id=key,
                quantity=quantities[key] or Decimal(0),
                reason=reasons.get(key) or SupplierReturnItem.Reason.DAMAGED,
                lot_number=lots.get(key, ""),
            )
            for key in self.keys
            if quantities.get(key)
        ]


def send_back(
    row: PurchaseOrder, acting_user: Any, lines: list[ReturnLine], notes: str = ""
) -> str:
    returned = return_to_supplier(order=row, lines=lines, notes=notes, acting_user=acting_user)
    return (
        f"Sent back as {returned.return_number}; {returned.credit_amount:.2f} {row.currency} "
        "are to be credited."
    )


RETURN_STEP = Step(
    is_aside=True,
    name="return", title="Return to supplier", permission=Can.POST_STOCK, run=send_back,
    lawful=lambda row: row.items.filter(quantity_received__gt=0).exists(), form=ReturnForm,
    icon="undo",
    explanation="Goods leave stock and go back. What the order lacks does not grow.",
)  # fmt: skip
