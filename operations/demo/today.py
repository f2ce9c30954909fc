"""The last day of the demo company: what waits for somebody when they first sign in."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from operations.demo.buying import NOTORIOUSLY_LATE
from operations.demo.catalogue import DemoItem
from operations.demo.demand import DemoLine, DemoOrder
from operations.demo.events import Day, Purchase, WaitingOrder
from operations.demo.partners import SUPPLIERS
from operations.demo.simulation import MAIN, Simulation

POPULAR = 1.0
RUSH_LINES = 3
LEFT_AFTER_RUSH = 0.6  # of the level at which an alert is raised
MORE_THAN_THERE_IS = 6
PENDING_ORDERS = 6
OVERDUE = timedelta(days=6)
ORDERED_LINES = 4
CARTONS = 4
LATE_SUPPLIER = next(
    number for number, supplier in enumerate(SUPPLIERS) if supplier.late_share > NOTORIOUSLY_LATE
)


class Today:
    """Adds the open work of a day to a simulation; its times lie in the day's passed part."""

    def __init__(self, simulation: Simulation, now: datetime) -> None:
        self.simulation = simulation
        self.midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        self.passed = now - self.midnight
        self.day = Day(now.date())

    def live(self) -> Iterator[Day]:
        """Yield the morning, which leaves items low and orders waiting, and what follows it."""
        popular = self.nearly_low()
        rush, last, plenty = popular[:RUSH_LINES], popular[RUSH_LINES], popular[-1]
        self.rush(rush)
        short = self.sell_out(last, plenty)
        self.take_pending()
        yield self.day
        self.day = Day(self.day.day)
        self.simulation.ship(self.day, short, [1], self.at(0.9))
        self.draft([*rush, last])
        self.send(last.supplier, self.at(0.95))
        if not self.has_overdue():
            lead = timedelta(days=SUPPLIERS[LATE_SUPPLIER].lead_time_days)
            self.send(LATE_SUPPLIER, self.midnight - lead - OVERDUE)
        yield self.day

    def at(self, share: float) -> datetime:
        """Return when this share of the passed part of the day was over."""
        return self.midnight + self.passed * share

    def nearly_low(self) -> list[DemoItem]:
        """Return popular items of the main warehouse that are not low, the nearest to it first.

        Those of which a single one is already low come last.
        """
        free, levels = self.simulation.shelves.free, self.simulation.levels
        items = [
            item for item in self.simulation.items if item.popularity >= POPULAR and item.step == 1
        ]
        cover = {item.number: free[item.number, MAIN] / levels[item.number, MAIN] for item in items}
        items = [item for item in items if cover[item.number] > 1]
        return sorted(items, key=lambda item: (levels[item.number, MAIN] < 2, cover[item.number]))

    def order(self, lines: list[DemoLine], when: datetime) -> DemoOrder:
        customer = self.simulation.demand.customers[MAIN].wholesale[0]
        return DemoOrder(placed_at=when, customer=customer, lines=lines)

    def rush(self, items: Sequence[DemoItem]) -> None:
        """Deliver an order that leaves its items below their alert levels."""
        lines = []
        for item in items:
            key = (item.number, MAIN)
            left = max(1, int(self.simulation.levels[key] * LEFT_AFTER_RUSH))
            quantity = self.simulation.shelves.free[key] - left
            lines.append(DemoLine(item.number, quantity, item.price))
        order = self.order(lines, self.at(0.3))
        self.simulation.deliver(self.day, order)

    def sell_out(self, last: DemoItem, plenty: DemoItem) -> WaitingOrder:
        """Take an order for more than there is of one item, and for some of another."""
        there_is = self.simulation.shelves.free[last.number, MAIN]
        lines = [
            DemoLine(last.number, there_is + MORE_THAN_THERE_IS, last.price),
            DemoLine(plenty.number, 1, plenty.price),
        ]
        order = self.order(lines, self.at(0.4))
        return self.simulation.take_waiting(self.day, order, is_split=True)

    def take_pending(self) -> None:
        """Take orders of the day that nobody has packed yet."""
        orders = self.simulation.demand.orders_of(self.day.day)
        pending = [order for order in orders if not order.is_cancelled][:PENDING_ORDERS]
        for number, order in enumerate(pending):
            order.placed_at = self.at(0.5 + 0.05 * number)
            self.simulation.take_waiting(self.day, order, is_split=False)

    def draft(self, items: Sequence[DemoItem]) -> None:
        """Prepare an order, not sent yet, at each supplier of these items."""
        for supplier in dict.fromkeys(item.supplier for item in items):
            lines = [
                (item.number, item.carton * CARTONS) for item in items if item.supplier == supplier
            ]
            self.place(supplier, lines, self.at(0.8), is_draft=True)

    def send(self, supplier: int, when: datetime) -> None:
        """Order the supplier's best sellers."""
        offered = [item for item in self.simulation.items if item.supplier == supplier]
        offered.sort(key=lambda item: -item.popularity)
        lines = [(item.number, item.carton * CARTONS) for item in offered[:ORDERED_LINES]]
        self.place(supplier, lines, when, is_draft=False)

    def place(
        self, supplier: int, lines: list[tuple[int, int]], when: datetime, *, is_draft: bool
    ) -> None:
        due = when + timedelta(days=SUPPLIERS[supplier].lead_time_days)
        purchase = Purchase(when, supplier, MAIN, lines, due.date(), is_draft=is_draft)
        self.simulation.order_goods(self.day, purchase)

    def has_overdue(self) -> bool:
        return any(
            purchase.expected_on < self.day.day for purchase in self.simulation.open_purchases
        )
