"""What left for customers, to read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from common.admin import HistoryAdmin, ReadOnlyInline
from common.permissions import Can
from sales.admin.documents import FULFILMENT_DOCUMENTS
from sales.models import Fulfilment, FulfilmentItem


class FulfilmentItemInline(ReadOnlyInline):
    model = FulfilmentItem
    may_view = Can.VIEW_SALES_ORDERS
    fields = ["order_item", "warehouse", "quantity", "unit_cost"]

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        rows = rows.visible_to(request.user)
        return rows.select_related("order_item__variation", "warehouse")


@admin.register(Fulfilment)
class FulfilmentAdmin(HistoryAdmin):
    may_view = Can.VIEW_SALES_ORDERS
    list_display = ["code", "order", "occurred_at", "recorded_at", "fulfilled_by"]
    list_select_related = ["order", "fulfilled_by"]
    search_fields = ["order__order_number"]
    inlines = [FulfilmentItemInline]
    steps = FULFILMENT_DOCUMENTS
