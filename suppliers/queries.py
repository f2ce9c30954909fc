"""How suppliers perform."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from suppliers.models import Supplier


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceFigures:
    """What was measured of one supplier; None where nothing was measured yet.

    on_time_delivery_rate: percent. quality_rating: 1 to 5. average_lead_time: days.
    reliability_score: 0 to 100.
    """

    on_time_delivery_rate: Decimal | None = None
    quality_rating: Decimal | None = None
    reliability_score: Decimal | None = None
    average_lead_time: Decimal | None = None
    total_orders: int = 0
    last_order_date: datetime | None = None


def performance_figures(supplier_ids: Iterable[int]) -> dict[int, PerformanceFigures]:
    """Return the figures of each supplier, in one query."""
    rows = Supplier.objects.filter(pk__in=list(supplier_ids)).values_list(
        "pk", "on_time_delivery_rate", "quality_score"
    )
    return {
        key: PerformanceFigures(on_time_delivery_rate=on_time, quality_rating=quality)
        for key, on_time, quality in rows
    }
