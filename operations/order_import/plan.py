"""What a replay needs to know beforehand: which goods, how many in which month, what never left."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from operations.order_import.lines import CENT, LoggedOrder

# Beyond what a month sells, so many days of average sales are kept.
COVER_DAYS = 7


@dataclass(slots=True)
class GoodsPlan:
    """One SKU of the log: its name, what its sales came to, and what leaves in each month."""

    description: str = ""
    quantity: Decimal = Decimal(0)
    revenue: Decimal = Decimal(0)
    demand: dict[date, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @property
    def price(self) -> Decimal:
        """The average price per unit, at least a cent."""
        return max((self.revenue / self.quantity).quantize(CENT, ROUND_HALF_UP), CENT)

    def needed(self, month: date, days: int) -> Decimal:
        """Return what must have come in before a month: its sales, and at first some cover."""
        quantity = self.demand.get(month, Decimal(0))
        if quantity > 0 and month == min(self.demand):
            total = sum(self.demand.values())
            quantity += math.ceil(total * COVER_DAYS / days)
        return quantity


@dataclass(slots=True)
class ReplayPlan:
    """Bounded by the number of SKUs, months and same-day cancellations, not of lines.

    never_left: orders cancelled as a whole on the day they were placed; `withdrawals` cancel them.
    """

    goods: dict[str, GoodsPlan] = field(default_factory=lambda: defaultdict(GoodsPlan))
    never_left: set[int] = field(default_factory=set)
    withdrawals: set[int] = field(default_factory=set)
    skipped: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    orders: int = 0
    first_sale: datetime | None = None
    last_sale: datetime | None = None

    @property
    def days(self) -> int:
        """How many days the sales span."""
        assert self.first_sale is not None
        assert self.last_sale is not None
        return (self.last_sale - self.first_sale).days + 1

    @property
    def months(self) -> list[date]:
        return sorted({month for goods in self.goods.values() for month in goods.demand})

    def needed(self, month: date) -> dict[str, Decimal]:
        """Return what must have come in before a month, by SKU."""
        wanted = {sku: goods.needed(month, self.days) for sku, goods in self.goods.items()}
        return {sku: quantity for sku, quantity in wanted.items() if quantity > 0}


def make_plan(orders: Iterable[LoggedOrder]) -> ReplayPlan:
    """Read a whole log once and sum up what its replay needs."""
    plan, today = ReplayPlan(), OrdersOfToday()
    for order in orders:
        plan.orders += 1
        plan.rows += order.rows
        plan.skipped += order.skipped
        if order.sold:
            add_sales(plan, order, 1)
            today.add(order)
        elif order.taken_back:
            cancelled = today.cancelled_by(order)
            if cancelled is not None:
                plan.never_left.add(cancelled.index)
                plan.withdrawals.add(order.index)
                add_sales(plan, cancelled, -1)
    return plan


def add_sales(plan: ReplayPlan, order: LoggedOrder, sign: int) -> None:
    """Add an order's lines to the demand, or take those of a cancelled one off again."""
    for line in order.sold:
        goods = plan.goods[line.sku]
        goods.demand[order.month] += sign * line.quantity
        if sign > 0:
            goods.description = goods.description or line.description
            goods.quantity += line.quantity
            goods.revenue += line.quantity * line.price
    if order.ordered_at is not None:
        plan.first_sale = min(plan.first_sale or order.ordered_at, order.ordered_at)
        plan.last_sale = max(plan.last_sale or order.ordered_at, order.ordered_at)


class OrdersOfToday:
    """The orders of the log's current day, by what they contain."""

    def __init__(self) -> None:
        self.day: date | None = None
        self.orders: dict[tuple[Any, ...], list[LoggedOrder]] = defaultdict(list)

    def add(self, order: LoggedOrder) -> None:
        self.turn_to(order)
        if order.customer and not order.taken_back:
            self.orders[order.content(order.sold)].append(order)

    def cancelled_by(self, cancellation: LoggedOrder) -> LoggedOrder | None:
        """Return the newest order of this day that a cancellation takes back as a whole."""
        self.turn_to(cancellation)
        if not cancellation.customer:
            return None
        same = self.orders.get(cancellation.content(cancellation.taken_back))
        return same.pop() if same else None

    def turn_to(self, order: LoggedOrder) -> None:
        assert order.ordered_at is not None
        if order.ordered_at.date() != self.day:
            self.day = order.ordered_at.date()
            self.orders.clear()
