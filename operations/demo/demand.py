"""What customers order, day by day, and what a good buyer expects them to."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate
from random import Random

from operations.demo.catalogue import DemoItem
from operations.demo.customers import WHOLESALE_SHARE, Customer, make_customers
from operations.demo.partners import WAREHOUSES
from operations.demo.seasons import Promotion, intensity, promotion_on, season

CENT = Decimal("0.01")
LINES = {True: 4.0, False: 1.6}  # on average, of a shop's order and of a private customer's
LARGEST_LINE = 6  # times the average
CANCELLED_SHARE = 0.02
OPENS, CLOSES = 9 * 3600, 18 * 3600
Key = tuple[int, int]  # the number of an item and of a warehouse


@dataclass(frozen=True, slots=True)
class DemoLine:
    """So many of an item's smallest quantities at a price per stock unit."""

    item: int
    quantity: int
    price: Decimal


@dataclass(slots=True, eq=False)
class DemoOrder:
    """A customer's order as it comes in."""

    placed_at: datetime
    customer: Customer
    lines: list[DemoLine]
    promotion: Promotion | None = None
    is_cancelled: bool = False
    comes_back: bool = False

    @property
    def warehouse(self) -> int:
        return self.customer.warehouse


class Demand:
    """The market of the demo company; the same seed and last day give the same orders."""

    def __init__(
        self, items: Sequence[DemoItem], *, orders_per_day: float, last_day: date, rng: Random
    ) -> None:
        self.items, self.last_day, self.rng = items, last_day, rng
        self.orders_per_day = orders_per_day
        self.customers = make_customers(rng, orders_per_day)
        self.assortments = [
            [item for item in items if rng.random() < place.assortment_share]
            for place in WAREHOUSES
        ]
        self._weights: dict[date, list[list[float]]] = {}

    def keys(self) -> list[Key]:
        """Return which items are kept in which warehouses."""
        return [
            (item.number, warehouse)
            for warehouse, assortment in enumerate(self.assortments)
            for item in assortment
        ]

    def weights(self, day: date) -> list[list[float]]:
        """Return how the orders of a day fall on each warehouse's assortment."""
        if day not in self._weights:
            by_item = [self.pull(item, day) for item in self.items]
            self._weights[day] = [
                [by_item[item.number] for item in assortment] for assortment in self.assortments
            ]
        return self._weights[day]

    def pull(self, item: DemoItem, day: date) -> float:
        line = item.product.line
        promotion = promotion_on(day, line.category)
        return item.popularity * season(line.season, day) * (promotion.uplift if promotion else 1)

    def expected(self, day: date) -> dict[Key, float]:
        """Return what a usual weekday around this day asks for, in steps, by item and warehouse."""
        mean = sum(intensity(day + timedelta(days=n), self.last_day) for n in range(7)) / 7
        expected = {}
        for warehouse, (place, weights) in enumerate(
            zip(WAREHOUSES, self.weights(day), strict=True)
        ):
            orders = self.orders_per_day * mean * place.order_share / sum(weights)
            for item, weight in zip(self.assortments[warehouse], weights, strict=True):
                taken = (
                    WHOLESALE_SHARE * LINES[True] * item.bulk
                    + (1 - WHOLESALE_SHARE) * LINES[False] * item.retail
                )
                expected[item.number, warehouse] = orders * weight * taken
        return expected

    def orders_of(self, day: date) -> list[DemoOrder]:
        """Return the orders of a day in the order of their times."""
        mean = self.orders_per_day * intensity(day, self.last_day)
        weights = [list(accumulate(row)) for row in self.weights(day)]
        self._weights.clear()
        orders = [self.make_order(day, weights) for _ in range(poisson(self.rng, mean))]
        return sorted(orders, key=lambda order: order.placed_at)

    def make_order(self, day: date, weights: list[list[float]]) -> DemoOrder:
        rng = self.rng
        shares = [place.order_share for place in WAREHOUSES]
        warehouse = rng.choices(range(len(WAREHOUSES)), shares)[0]
        customer = self.customers[warehouse].choose(rng)
        count = 1 + poisson(rng, LINES[customer.is_wholesale] - 1)
        chosen = rng.choices(self.assortments[warehouse], cum_weights=weights[warehouse], k=count)
        lines = [
            self.make_line(item, day, customer)
            for item in {item.number: item for item in chosen}.values()
        ]
        promotions = [
            promotion_on(day, self.items[line.item].product.line.category) for line in lines
        ]
        return DemoOrder(
            placed_at=clock(day, OPENS + rng.randrange(CLOSES - OPENS)),
            customer=customer,
            lines=lines,
            promotion=next(filter(None, promotions), None),
            is_cancelled=rng.random() < CANCELLED_SHARE,
        )

    def make_line(self, item: DemoItem, day: date, customer: Customer) -> DemoLine:
        mean = item.bulk if customer.is_wholesale else item.retail
        quantity = min(1 + int(self.rng.expovariate(1 / max(mean - 0.5, 0.3))), mean * LARGEST_LINE)
        promotion = promotion_on(day, item.product.line.category)
        percent = 100 - (promotion.discount_percent if promotion else 0)
        if customer.is_wholesale:
            percent -= 12
        price = (item.price * percent / 100).quantize(CENT, ROUND_HALF_UP)
        return DemoLine(item.number, int(quantity), price)


def poisson(rng: Random, mean: float) -> int:
    """Return a Poisson number: Knuth's product of uniforms, for large means a rounded normal."""
    if mean > 50:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), rng.random(), 0
    while product > limit:
        product *= rng.random()
        count += 1
    return count


def clock(day: date, seconds: float) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(seconds=seconds)
