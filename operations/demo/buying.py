"""The buyer of the demo company: periodic review, a reorder point, an order-up-to level."""

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from random import Random

from operations.demo.catalogue import DemoItem
from operations.demo.demand import Key, clock
from operations.demo.events import Arrival, Purchase
from operations.demo.partners import SUPPLIERS, DemoSupplier
from operations.demo.shelves import Shelves

REVIEW_DAYS = 14
COVER_DAYS = 30
SAFETY = 1.5  # standard deviations of demand over the time at risk
ALERT_SHARE = 0.45  # the alert comes well below the point at which the buyer reorders
CANCELLED_SHARE = 0.01
SILENT_DAYS = 9  # at the end the late supplier has not delivered for so long
NOTORIOUSLY_LATE = 0.5
AFTERNOON, MORNING = 15 * 3600, 6 * 3600 + 1800
Delivery = tuple[date, list[tuple[int, int, int]]]  # (position, accepted, rejected) of a day


def safety_stock(item: DemoItem, per_day: float, days: float) -> float:
    """Return SAFETY standard deviations of demand over some days, in steps.

    Orders come as a Poisson process and their quantities are about exponential, so the variance
    is 2 x mean quantity x demand.
    """
    return SAFETY * math.sqrt(2 * item.bulk * per_day * days)


def alert_level(item: DemoItem, per_day: float) -> int:
    """Return the reorder level for alerts: what the lead time may use up, with some safety."""
    lead = SUPPLIERS[item.supplier].lead_time_days
    return max(1, round(ALERT_SHARE * (per_day * lead + safety_stock(item, per_day, lead))))


def order_point(item: DemoItem, per_day: float) -> float:
    days = SUPPLIERS[item.supplier].lead_time_days + REVIEW_DAYS
    return per_day * days + safety_stock(item, per_day, days)


def order_up_to(item: DemoItem, per_day: float) -> float:
    return order_point(item, per_day) + per_day * COVER_DAYS


def opening_quantity(item: DemoItem, per_day: float, rng: Random) -> int:
    """Return what is there on the first day; of slow movers far too much."""
    if item.is_slow:
        return rng.randint(6, 22)
    return math.ceil(order_point(item, per_day) + per_day * COVER_DAYS * rng.random()) + 1


class Buyer:
    """Reviews each supplier and warehouse every other week and knows when goods will come."""

    def __init__(
        self, items: Sequence[DemoItem], keys: Sequence[Key], *, last_day: date, rng: Random
    ) -> None:
        self.items, self.last_day, self.rng = items, last_day, rng
        self._keys: dict[tuple[int, int], list[Key]] = {}
        for key in keys:
            self._keys.setdefault((items[key[0]].supplier, key[1]), []).append(key)
        # How far off the buyer's idea of an item is.
        self._bias = {item.number: rng.uniform(0.85, 1.2) for item in items}

    def review(self, day: date, shelves: Shelves, expected: Mapping[Key, float]) -> list[Purchase]:
        """Return the orders of a day."""
        purchases = []
        for supplier, warehouse in self._keys:
            due = day.isocalendar().week % 2 == warehouse % 2
            if due and day.weekday() == SUPPLIERS[supplier].review_weekday:
                purchase = self.order(day, supplier, warehouse, shelves, expected)
                purchases += [purchase] if purchase else []
        return purchases

    def order(
        self,
        day: date,
        supplier: int,
        warehouse: int,
        shelves: Shelves,
        expected: Mapping[Key, float],
    ) -> Purchase | None:
        """Order what is at or below its order point, unless that is too little to be worth it."""
        lines = []
        for key in self._keys[supplier, warehouse]:
            quantity = self.wanted(key, shelves, expected[key])
            if quantity:
                lines.append((key[0], quantity))
        value = sum(
            self.items[item].cost * self.items[item].step * quantity for item, quantity in lines
        )
        if value < SUPPLIERS[supplier].minimum_order_value:
            return None
        return self.place(day, supplier, warehouse, lines)

    def place(
        self, day: date, supplier: int, warehouse: int, lines: list[tuple[int, int]]
    ) -> Purchase:
        return Purchase(
            placed_at=clock(day, AFTERNOON + self.rng.randrange(7200)),
            supplier=supplier,
            warehouse=warehouse,
            lines=lines,
            expected_on=day + timedelta(days=SUPPLIERS[supplier].lead_time_days),
            is_cancelled=self.rng.random() < CANCELLED_SHARE,
        )

    def wanted(self, key: Key, shelves: Shelves, expected: float) -> int:
        """Return how much to order of an item, in whole cartons; 0 where there is enough."""
        item = self.items[key[0]]
        per_day = expected * self._bias[item.number]
        position = shelves.free[key] + shelves.incoming[key] - shelves.backlog(key)
        if position > order_point(item, per_day):
            return 0
        return (
            max(1, math.ceil((order_up_to(item, per_day) - position) / item.carton)) * item.carton
        )

    def deliveries(self, purchase: Purchase) -> list[Delivery]:
        """Return when the goods of an order come, how many are refused, and when those follow."""
        supplier = SUPPLIERS[purchase.supplier]
        day = self.arrival_day(purchase, supplier)
        first, later = [], []
        is_partial = self.rng.random() < supplier.partial_share
        for position, (_, quantity) in enumerate(purchase.lines):
            coming = quantity
            if is_partial and self.rng.random() < 0.6:
                coming = int(quantity * self.rng.uniform(0, 0.8))
            rejected = 0
            if self.rng.random() < supplier.reject_share:
                rejected = min(coming, math.ceil(coming * self.rng.uniform(0.02, 0.12)))
            if coming:
                first.append((position, coming - rejected, rejected))
            if quantity - coming + rejected:
                later.append((position, quantity - coming + rejected, 0))
        follow_up = day + timedelta(days=self.rng.randint(3, 9))
        return [(when, lines) for when, lines in ((day, first), (follow_up, later)) if lines]

    def arrival_day(self, purchase: Purchase, supplier: DemoSupplier) -> date:
        day = purchase.expected_on - timedelta(days=self.rng.choice((0, 0, 0, 1)))
        if self.rng.random() < supplier.late_share:
            day = purchase.expected_on + timedelta(days=self.rng.randint(1, supplier.late_days))
        silent_from = self.last_day - timedelta(days=SILENT_DAYS)
        if supplier.late_share > NOTORIOUSLY_LATE and day > silent_from:
            day = self.last_day + timedelta(days=1 + self.rng.randrange(SILENT_DAYS))
        return day


def arrival(purchase: Purchase, day: date, lines: list[tuple[int, int, int]]) -> Arrival:
    return Arrival(purchase, clock(day, MORNING + 600 * purchase.supplier), lines)
