"""Purchase orders in the admin site: to look at; a draft's lines may be corrected."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from purchasing.models import GoodsReceipt, GoodsReceiptLine, PurchaseOrder, PurchaseOrderItem
from purchasing.services.orders import recompute_totals
from purchasing.services.transitions import lock_purchase_order


class PurchaseOrderItemInline(admin.TabularInline[PurchaseOrderItem, PurchaseOrder]):
    model = PurchaseOrderItem
    extra = 0
    fields = [
        "position", "variation", "quantity_ordered", "unit_cost", "line_total",
        "quantity_received", "quantity_rejected", "notes",
    ]  # fmt: skip
    readonly_fields = ["line_total", "quantity_received", "quantity_rejected"]
    raw_id_fields = ["variation"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_draft(obj) and super().has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_draft(obj) and super().has_add_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_draft(obj) and super().has_delete_permission(request, obj)


def is_draft(order: PurchaseOrder | None) -> bool:
    return order is not None and order.status == PurchaseOrder.Status.DRAFT


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(admin.ModelAdmin[PurchaseOrder]):
    list_display = [
        "order_number", "supplier", "warehouse", "status", "order_date",
        "expected_delivery_date", "total_amount", "currency",
    ]  # fmt: skip
    list_filter = ["status", "warehouse"]
    list_select_related = ["supplier", "warehouse"]
    search_fields = ["order_number", "supplier__code", "supplier__company_name"]
    date_hierarchy = "order_date"
    inlines = [PurchaseOrderItemInline]
    readonly_fields = [
        field.name for field in PurchaseOrder._meta.fields if field.name not in ("id", "notes")
    ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return PurchaseOrder.objects.visible_to(request.user)

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Lock the order while its form is saved, so that it cannot be sent meanwhile."""
        order = super().get_object(request, *args, **kwargs)
        return lock_purchase_order(order) if order and request.method == "POST" else order

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if is_draft(form.instance):
            recompute_totals(form.instance)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class GoodsReceiptLineInline(admin.TabularInline[GoodsReceiptLine, GoodsReceipt]):
    model = GoodsReceiptLine
    extra = 0


@admin.register(GoodsReceipt)
class GoodsReceiptAdmin(admin.ModelAdmin[GoodsReceipt]):
    list_display = ["code", "order", "delivery_note", "occurred_at", "received_by"]
    list_select_related = ["order", "received_by"]
    search_fields = ["code", "order__order_number", "delivery_note"]
    inlines = [GoodsReceiptLineInline]

    def get_queryset(self, request: HttpRequest) -> Any:
        return GoodsReceipt.objects.visible_to(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
