"""The history of the demo company, day by day, in memory."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random

from operations.demo.buying import Buyer, Delivery, arrival
from operations.demo.catalogue import DemoItem
from operations.demo.demand import Demand, DemoOrder, Key, clock
from operations.demo.events import (
    Correction,
    Day,
    GoodsBack,
    Purchase,
    Shipment,
    Transfer,
    WaitingOrder,
)
from operations.demo.shelves import Shelves

WAITS = {True: 0.7, False: 0.25}  # how many shops and private customers wait for goods
SPLIT_SHARE = 0.4
PATIENCE = timedelta(days=20)
RETURN_SHARE = 0.02
RETURN_REASONS = ("unwanted", "unwanted", "wrong_item", "late", "damaged", "defective")
CORRECTIONS_PER_DAY = 0.35
CORRECTION_REASONS = (
    ("damaged", "Dropped while picking", -1),
    ("damaged", "Water damage on the lowest shelf", -1),
    ("found", "Found behind the rack", 1),
    ("count_correction", "Miscounted at the last count", -1),
)
TRANSFER_WEEKDAY = 2
TRANSFER_LINES = 6
MAIN = 0
TRANSFERRED, SHIPPED, RETURNED, CORRECTED = 8 * 3600, 8 * 3600 + 1800, 18.5 * 3600, 19.5 * 3600


class Simulation:
    """A company whose shelves, orders and deliveries follow from a seed."""

    def __init__(
        self,
        items: Sequence[DemoItem],
        demand: Demand,
        buyer: Buyer,
        shelves: Shelves,
        levels: dict[Key, int],
        rng: Random,
    ) -> None:
        self.items, self.demand, self.buyer, self.rng = items, demand, buyer, rng
        self.shelves, self.levels = shelves, levels
        self.open_orders: list[WaitingOrder] = []
        self.open_purchases: list[Purchase] = []
        self._due: dict[date, list[tuple[Purchase, Delivery]]] = defaultdict(list)
        self._returns: dict[date, list[DemoOrder]] = defaultdict(list)

    def run(self, first_day: date, last_day: date) -> Iterator[Day]:
        """Yield every day from the first to the last; each is over once it is yielded."""
        for number in range((last_day - first_day).days + 1):
            yield self.live(Day(first_day + timedelta(days=number)))

    def live(self, day: Day) -> Day:
        self.receive(day)
        self.move_between_warehouses(day)
        self.serve_waiting(day)
        self.sell(day)
        self.take_back(day)
        self.correct(day)
        self.buy(day)
        return day

    def receive(self, day: Day) -> None:
        for purchase, (when, lines) in self._due.pop(day.day, []):
            day.arrivals.append(arrival(purchase, when, lines))
            for position, accepted, _ in lines:
                key = (purchase.lines[position][0], purchase.warehouse)
                purchase.outstanding[position] -= accepted
                self.shelves.incoming[key] -= accepted
                self.shelves.add(key, accepted)
        self.open_purchases = [order for order in self.open_purchases if any(order.outstanding)]

    def move_between_warehouses(self, day: Day) -> None:
        """Once a week the main warehouse helps out the others where they run low."""
        if day.day.weekday() != TRANSFER_WEEKDAY:
            return
        for destination in range(MAIN + 1, len(self.demand.assortments)):
            lines: list[tuple[int, int]] = []
            for item in self.demand.assortments[destination]:
                here, there = (item.number, MAIN), (item.number, destination)
                spare = (self.shelves.free.get(here, 0) - 3 * self.levels.get(here, 0)) // 2
                is_short = self.shelves.free[there] <= self.levels[there]
                if is_short and spare >= self.levels[there] and len(lines) < TRANSFER_LINES:
                    lines.append((item.number, min(spare, 2 * self.levels[there])))
            for number, quantity in lines:
                self.shelves.take((number, MAIN), quantity)
                self.shelves.add((number, destination), quantity)
            if lines:
                when = clock(day.day, TRANSFERRED + 60 * destination)
                day.transfers.append(Transfer(when, MAIN, destination, lines))

    def serve_waiting(self, day: Day) -> None:
        """Ship what has become complete; who waited too long cancels."""
        for number, waiting in enumerate(self.open_orders):
            ready = [place for place, line in enumerate(waiting.lines) if line.is_ready]
            left = sum(not line.is_delivered for line in waiting.lines)
            if ready and (len(ready) == left or waiting.is_split):
                self.ship(day, waiting, ready, clock(day.day, SHIPPED + number))
            elif waiting.order.placed_at + PATIENCE < clock(day.day, 0):
                day.given_up.append(waiting)
        for waiting in day.given_up:
            self.shelves.give_up(waiting)
        self.open_orders = [waiting for waiting in self.open_orders if waiting.is_open]

    def ship(self, day: Day, waiting: WaitingOrder, ready: list[int], when: datetime) -> None:
        day.shipments.append(Shipment(waiting, when, ready))
        for place in ready:
            waiting.lines[place].is_delivered = True
        waiting.is_open = not all(line.is_delivered for line in waiting.lines)

    def sell(self, day: Day) -> None:
        """Deliver what is there; an order that is short waits, shrinks or is lost."""
        held_back = []
        for order in self.demand.orders_of(day.day):
            short = [line for line in order.lines if line.quantity > self.free(order, line.item)]
            if short and not order.is_cancelled:
                if self.rng.random() < WAITS[order.customer.is_wholesale]:
                    held_back.append(order)
                    continue
                order.lines = [line for line in order.lines if line not in short]
            if order.lines:
                self.deliver(day, order)
        for order in held_back:
            self.take_waiting(day, order, is_split=self.rng.random() < SPLIT_SHARE)

    def free(self, order: DemoOrder, item: int) -> int:
        return self.shelves.free[item, order.warehouse]

    def deliver(self, day: Day, order: DemoOrder) -> None:
        day.delivered.append(order)
        if order.is_cancelled:
            return
        for line in order.lines:
            self.shelves.take((line.item, order.warehouse), line.quantity)
        if self.rng.random() < RETURN_SHARE:
            self._returns[day.day + timedelta(days=self.rng.randint(3, 21))].append(order)
            order.comes_back = True

    def take_waiting(self, day: Day, order: DemoOrder, *, is_split: bool) -> WaitingOrder:
        waiting = self.shelves.wait(order, is_split=is_split)
        day.waiting.append(waiting)
        self.open_orders.append(waiting)
        return waiting

    def take_back(self, day: Day) -> None:
        for number, order in enumerate(self._returns.pop(day.day, [])):
            position = self.rng.randrange(len(order.lines))
            line = order.lines[position]
            quantity = self.rng.randint(1, line.quantity)
            reason = self.rng.choice(RETURN_REASONS)
            when = clock(day.day, RETURNED + number)
            day.returns.append(GoodsBack(order, when, position, quantity, reason))
            if reason not in ("damaged", "defective"):
                self.shelves.add((line.item, order.warehouse), quantity)

    def correct(self, day: Day) -> None:
        if self.rng.random() > CORRECTIONS_PER_DAY:
            return
        reason, explanation, sign = self.rng.choice(CORRECTION_REASONS)
        key = self.rng.choice([*self.levels])
        quantity = sign * min(self.rng.randint(1, 4), self.shelves.free[key] if sign < 0 else 4)
        if quantity == 0:
            return
        if quantity < 0:
            self.shelves.take(key, -quantity)
        else:
            self.shelves.add(key, quantity)
        when = clock(day.day, CORRECTED)
        day.corrections.append(Correction(when, key, quantity, reason, explanation))

    def buy(self, day: Day) -> None:
        expected = self.demand.expected(day.day + timedelta(days=14))
        for purchase in self.buyer.review(day.day, self.shelves, expected):
            self.order_goods(day, purchase)

    def order_goods(self, day: Day, purchase: Purchase) -> None:
        """Send an order: unless it is cancelled or a draft, its goods are on their way."""
        day.purchases.append(purchase)
        if purchase.is_cancelled or purchase.is_draft:
            return
        self.open_purchases.append(purchase)
        for item, quantity in purchase.lines:
            self.shelves.incoming[item, purchase.warehouse] += quantity
        for delivery in self.buyer.deliveries(purchase):
            self._due[delivery[0]].append((purchase, delivery))
