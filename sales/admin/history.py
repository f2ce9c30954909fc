"""What left for an order and what came back, on its page."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from common.admin import ReadOnlyInline
from common.admin_columns import in_rows, plain
from common.admin_links import link_to
from common.permissions import Can
from sales.models import Fulfilment, SalesReturn


class FulfilmentInline(ReadOnlyInline):
    model = Fulfilment
    may_view = Can.VIEW_SALES_ORDERS
    verbose_name_plural = "deliveries"
    hide_title = True
    fields = readonly_fields = ("delivery", "occurred_at", "fulfilled_by", "what")

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request).select_related("fulfilled_by")
        return rows.prefetch_related("items__order_item__variation", "items__warehouse")

    @admin.display
    def delivery(self, row: Fulfilment) -> SafeString:
        return link_to(row)

    @admin.display(description="What left")
    def what(self, row: Fulfilment) -> SafeString:
        return in_rows(
            f"{plain(item.quantity)} × {item.order_item.variation.sku_code} "
            f"from {item.warehouse.code}"
            for item in row.items.all()
        )


class SalesReturnInline(ReadOnlyInline):
    model = SalesReturn
    may_view = Can.VIEW_SALES_ORDERS
    verbose_name_plural = "returns"
    hide_title = True
    fields = readonly_fields = (
        "number", "occurred_at", "warehouse", "what", "credited", "created_by",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request).select_related("warehouse", "created_by")
        return rows.prefetch_related("items__order_item__variation")

    @admin.display(description="return")
    def number(self, row: SalesReturn) -> SafeString:
        return link_to(row)

    @admin.display(description="What came back")
    def what(self, row: SalesReturn) -> SafeString:
        return in_rows(
            f"{plain(item.quantity)} × {item.order_item.variation.sku_code}, "
            f"{item.get_reason_display().lower()}, to {item.get_disposition_display().lower()}"
            for item in row.items.all()
        )

    @admin.display
    def credited(self, row: SalesReturn) -> str:
        return f"{row.credit_amount:.2f}"


def history_of(order: Any) -> list[type[ReadOnlyInline]]:
    """Return the tables of an order's page that have something to show."""
    has_left, has_returned = order.fulfilments.exists(), order.returns.exists()
    return [FulfilmentInline] * has_left + [SalesReturnInline] * has_returned
