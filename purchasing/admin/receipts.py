"""Goods receipts to read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from common.admin import HistoryAdmin, ReadOnlyInline
from common.permissions import Can
from inventory.admin.attachments import AttachmentsMixin
from inventory.admin.labels import LabelsMixin, pieces
from inventory.labels.content import MOST_LINES, LabelLine
from purchasing.models import GoodsReceipt, GoodsReceiptLine


class GoodsReceiptLineInline(ReadOnlyInline):
    model = GoodsReceiptLine
    may_view = Can.VIEW_PURCHASE_ORDERS

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("item__variation")


@admin.register(GoodsReceipt)
class GoodsReceiptAdmin(AttachmentsMixin, LabelsMixin, HistoryAdmin):
    attachment_kind = "goods_receipt"
    may_view = Can.VIEW_PURCHASE_ORDERS
    list_display = ["code", "order", "delivery_note", "occurred_at", "received_by"]
    list_select_related = ["order", "received_by"]
    search_fields = ["code", "order__order_number", "delivery_note"]
    inlines = [GoodsReceiptLineInline]
    copies_help = "Of each line; empty: one for each piece that came in."

    def label_lines(self, rows: Any, copies: int | None) -> list[LabelLine]:
        """Label what came in, with its lot and expiry."""
        lines = (
            GoodsReceiptLine.objects.filter(receipt__in=rows, quantity_accepted__gt=0)
            .select_related("item__variation__product")
            .order_by("pk")
        )
        return [
            LabelLine(
                variation=line.item.variation,
                quantity=copies or pieces(line.quantity_accepted),
                lot_number=line.lot_number,
                expiration_date=line.expiration_date,
            )
            for line in lines[: MOST_LINES + 1]
        ]
