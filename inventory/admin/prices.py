"""What suppliers asked for goods over time, to read."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from common.admin import HistoryAdmin, ReadOnlyInline
from common.permissions import Can
from inventory.models import SupplierPrice

PRICES_SHOWN = timedelta(days=730)


class SupplierPriceInline(ReadOnlyInline):
    """What its suppliers asked for it in the last two years, the newest first."""

    model = SupplierPrice
    may_view = Can.VIEW_STOCK
    verbose_name_plural = "prices and lead times over time"
    ordering = ["-valid_from", "-pk"]
    fields = [
        "valid_from", "supplier", "variation", "cost_per_unit", "previous_cost", "currency",
        "lead_time_days", "source",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        prices = super().get_queryset(request).select_related("supplier", "variation")
        return prices.filter(valid_from__gte=timezone.now() - PRICES_SHOWN)


@admin.register(SupplierPrice)
class SupplierPriceAdmin(HistoryAdmin):
    """What suppliers asked for goods, and since when."""

    may_view = Can.VIEW_STOCK
    list_display = [
        "valid_from", "supplier", "product", "variation", "cost_per_unit", "previous_cost",
        "currency", "lead_time_days", "source", "reference",
    ]  # fmt: skip
    list_filter = ["source"]
    list_select_related = ["supplier", "product", "variation"]
    search_fields = ["supplier__code", "supplier__company_name", "product__code", "product__name"]
    fields = [
        ("product", "variation"), "supplier", ("cost_per_unit", "previous_cost", "currency"),
        "lead_time_days", "valid_from", ("source", "reference"), "changed_by",
    ]  # fmt: skip
