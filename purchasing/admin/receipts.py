"""Goods receipts to read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from common.admin import HistoryAdmin, ReadOnlyInline
from common.permissions import Can
from purchasing.models import GoodsReceipt, GoodsReceiptLine


class GoodsReceiptLineInline(ReadOnlyInline):
    model = GoodsReceiptLine
    may_view = Can.VIEW_PURCHASE_ORDERS

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("item__variation")


@admin.register(GoodsReceipt)
class GoodsReceiptAdmin(HistoryAdmin):
    may_view = Can.VIEW_PURCHASE_ORDERS
    list_display = ["code", "order", "delivery_note", "occurred_at", "received_by"]
    list_select_related = ["order", "received_by"]
    search_fields = ["code", "order__order_number", "delivery_note"]
    inlines = [GoodsReceiptLineInline]
