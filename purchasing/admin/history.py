"""What came in of an order and what went back, on its page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from common.admin import ReadOnlyInline
from common.admin_columns import in_rows, plain
from common.admin_links import link_to
from common.permissions import Can
from purchasing.admin.amendments import AmendmentInline
from purchasing.models import GoodsReceipt, GoodsReceiptLine, SupplierReturn


class ReceiptInline(ReadOnlyInline):
    model = GoodsReceipt
    may_view = Can.VIEW_PURCHASE_ORDERS
    hide_title = True
    fields = readonly_fields = (
        "receipt", "occurred_at", "delivery_note", "what", "landed", "received_by", "notes",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request).select_related("received_by")
        return rows.prefetch_related("lines__item__variation")

    @admin.display
    def receipt(self, row: GoodsReceipt) -> SafeString:
        return link_to(row)

    @admin.display(description="What came in")
    def what(self, row: GoodsReceipt) -> SafeString:
        return in_rows(sentence(line) for line in row.lines.all())

    @admin.display(description="Cost with charges")
    def landed(self, row: GoodsReceipt) -> str:
        return f"{sum(line.landed_amount for line in row.lines.all()):.2f}"


class SupplierReturnInline(ReadOnlyInline):
    model = SupplierReturn
    may_view = Can.VIEW_PURCHASE_ORDERS
    verbose_name_plural = "returns to the supplier"
    hide_title = True
    fields = readonly_fields = (
        "number", "occurred_at", "what", "credit_amount", "created_by", "notes",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request).select_related("created_by")
        return rows.prefetch_related("items__item__variation")

    @admin.display(description="return")
    def number(self, row: SupplierReturn) -> SafeString:
        return link_to(row)

    @admin.display(description="What went back")
    def what(self, row: SupplierReturn) -> SafeString:
        return in_rows(
            f"{plain(one.quantity)} × {one.item.variation.sku_code}, "
            f"{one.get_reason_display().lower()}"
            for one in row.items.all()
        )


def sentence(line: GoodsReceiptLine) -> str:
    lot = f", lot {line.lot_number}" if line.lot_number else ""
    rejected = f", {plain(line.quantity_rejected)} rejected" if line.quantity_rejected else ""
    return f"{plain(line.quantity_accepted)} × {line.item.variation.sku_code}{lot}{rejected}"


def history_of(order: Any) -> list[type[ReadOnlyInline]]:
    """Return the tables of an order's page that have something to show."""
    tables: dict[type[ReadOnlyInline], Any] = {
        AmendmentInline: order.amendments,
        ReceiptInline: order.receipts,
        SupplierReturnInline: order.supplier_returns,
    }
    return [inline for inline, rows in tables.items() if rows.exists()]
