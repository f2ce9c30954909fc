"""How suppliers perform.

What can be measured stands in purchasing, above this app: it registers how (`register_measure`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceFigures:
    """What was measured of one supplier in a period; None where nothing could be.

    on_time_delivery_rate, order_fulfillment_rate, return_rate: percent. quality_score: 1 to 5.
    average_lead_time_days, lead_time_spread_days: days. reliability_score: 0 to 100.
    judged_lines: order lines that the rates are means of. total_value: of the period's orders in
    the supplier's currency; other_currency_orders are not in it. total_orders: in the period, for
    `figures_now` of all times, as last_order_date is.
    """

    on_time_delivery_rate: Decimal | None = None
    order_fulfillment_rate: Decimal | None = None
    quality_score: Decimal | None = None
    return_rate: Decimal | None = None
    average_lead_time_days: Decimal | None = None
    lead_time_spread_days: Decimal | None = None
    reliability_score: Decimal | None = None
    judged_lines: int = 0
    total_orders: int = 0
    total_value: Decimal = Decimal(0)
    other_currency_orders: int = 0
    last_order_date: datetime | None = None


Measure = Callable[
    [Sequence[int], datetime | None, datetime | None], Mapping[int, PerformanceFigures]
]
UNMEASURED = PerformanceFigures()
_measures: list[Measure] = []


def register_measure(measure: Measure) -> Measure:
    """Make a function measure suppliers: of orders placed from one moment up to another.

    Without moments it measures the year up to now, with total and last order of all times.
    """
    _measures.append(measure)
    return measure


def performance_figures(
    supplier_ids: Iterable[int], start: datetime | None = None, end: datetime | None = None
) -> dict[int, PerformanceFigures]:
    """Return the figures of each supplier as of now, in a fixed number of queries."""
    keys = list(supplier_ids)
    found: dict[int, PerformanceFigures] = dict.fromkeys(keys, UNMEASURED)
    for measure in _measures:
        found |= measure(keys, start, end)
    return found
