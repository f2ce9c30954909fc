"""The lines of a count on its page."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.html import format_html
from django.utils.timezone import localtime

from common.admin import ReadOnlyInline
from common.admin_orders import plain
from common.permissions import Can
from inventory.models import StockCountLine


class CountLineInline(ReadOnlyInline):
    """Lines, without what a blind count hides."""

    model = StockCountLine
    may_view = Can.VIEW_STOCK
    verbose_name = "line"
    per_page = 50
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> Any:
        rows = super().get_queryset(request)
        return rows.select_related("variation__product", "count", "counted_by")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        open_to_all = ["bin", "variation", "product", "lot", "counted"]
        ending = ["again", "by", "notes"]
        if obj is None or obj.hides_expected:
            return [*open_to_all, *ending]
        return [*open_to_all, "should_be", "differs_by", "first_count", "released", *ending]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj)

    @admin.display
    def product(self, row: StockCountLine) -> str:
        return row.variation.product.name

    @admin.display(description="Bin")
    def bin(self, row: StockCountLine) -> str:
        return format_html('<span class="whitespace-nowrap">{}</span>', row.bin_location)

    @admin.display(description="Lot")
    def lot(self, row: StockCountLine) -> str:
        return row.lot_number

    @admin.display(description="Counted")
    def counted(self, row: StockCountLine) -> str:
        return shown(row.counted_quantity)

    @admin.display(description="Should be")
    def should_be(self, row: StockCountLine) -> str:
        return shown(row.expected if row.on_hand_at_scan is None else row.on_hand_at_scan)

    @admin.display(description="Difference")
    def differs_by(self, row: StockCountLine) -> str:
        return shown(row.difference)

    @admin.display(description="First count")
    def first_count(self, row: StockCountLine) -> str:
        return shown(row.first_quantity)

    @admin.display(description="Released")
    def released(self, row: StockCountLine) -> str:
        return shown(row.released_reservations or None)

    @admin.display(description="Count again")
    def again(self, row: StockCountLine) -> str:
        return "again" if row.needs_recount else ""

    @admin.display(description="Counted by")
    def by(self, row: StockCountLine) -> str:
        at = localize(localtime(row.counted_at)) if row.counted_at else ""
        return f"{row.counted_by or ''} {at}".strip()


def shown(quantity: Decimal | None) -> str:
    """Write a quantity, or nothing where there is none."""
    return "" if quantity is None else plain(quantity)
