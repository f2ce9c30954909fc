"""Orders to look at: they change through the services only."""

from django.contrib import admin

from notifications.admin import ReadOnlyAdmin
from sales.models import Fulfilment, SalesOrder, SalesOrderItem, SalesReturn


class SalesOrderItemInline(admin.TabularInline[SalesOrderItem, SalesOrder]):
    model = SalesOrderItem
    fields = ["position", "variation", "quantity", "quantity_fulfilled", "sale_price_per_unit"]
    extra = 0
    can_delete = False


@admin.register(SalesOrder)
class SalesOrderAdmin(ReadOnlyAdmin):
    list_display = ["order_number", "warehouse", "status", "order_date", "customer_email"]
    list_filter = ["status", "warehouse", "channel"]
    list_select_related = ["warehouse"]
    search_fields = ["order_number", "customer_email", "customer_id"]
    show_full_result_count = False
    inlines = [SalesOrderItemInline]


@admin.register(Fulfilment)
class FulfilmentAdmin(ReadOnlyAdmin):
    list_display = ["code", "order", "occurred_at", "recorded_at", "fulfilled_by"]
    list_select_related = ["order", "fulfilled_by"]
    search_fields = ["order__order_number"]
    show_full_result_count = False


@admin.register(SalesReturn)
class SalesReturnAdmin(ReadOnlyAdmin):
    list_display = ["return_number", "order", "occurred_at", "created_by"]
    list_select_related = ["order", "created_by"]
    search_fields = ["return_number", "order__order_number"]
    show_full_result_count = False
