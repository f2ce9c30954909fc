"""What stock should be: the rules in plain Python, without a database or the ledger's code.

A shelf is one item in one warehouse. Each operation either changes the world or raises Refused
and changes nothing (the machine works on a copy).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.properties.things import (
    FOUR_PLACES,
    ZERO,
    Count,
    Line,
    Order,
    Purchase,
    Refused,
    Shelf,
    Transit,
)
from tests.properties.transit import GoodsInTransit

NO_LOT = ""
Key = tuple[int, int]  # item, warehouse


@dataclass
class World(GoodsInTransit):
    """Everything there is; `tracked` are the items that go by lots, `whole` those without parts.

    late: the day that is being recorded, where it is not today. moved: what each day changed.
    """

    tracked: frozenset[int]
    today: date
    whole: frozenset[int] = frozenset()
    late: date | None = None
    moved: dict[Key, dict[date, Decimal]] = field(default_factory=dict)
    dates: dict[tuple[int, str], date | None] = field(default_factory=dict)
    shelves: dict[Key, Shelf] = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)
    purchases: list[Purchase] = field(default_factory=list)
    transits: list[Transit] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)

    def shelf(self, item: int, place: int, *, make: bool = False) -> Shelf:
        key = item, place
        if make:
            return self.shelves.setdefault(key, Shelf(*key))
        return self.shelves.get(key, Shelf(*key))

    @contextmanager
    def posting(self, *keys: Key) -> Iterator[None]:
        """Judge lots by the day, let the body work, cover reservations, serve back-orders."""
        shelves = [self.shelves[key] for key in dict.fromkeys(keys) if key in self.shelves]
        before = {id(shelf): shelf.available for shelf in shelves}
        there = {id(shelf): shelf.on_hand for shelf in shelves}
        lost = {id(shelf): self.judge(shelf) for shelf in shelves}
        yield
        for shelf in shelves:
            days = self.moved.setdefault((shelf.item, shelf.place), {})
            day = self.late or date.min  # the database's clock, which no test sets, runs before
            days[day] = days.get(day, ZERO) + shelf.on_hand - there[id(shelf)]
            lost[id(shelf)] = shelf.cover() or lost[id(shelf)]
            rose = shelf.available > max(before[id(shelf)], ZERO)
            if shelf.available > 0 and (rose or lost[id(shelf)]):
                self.serve(shelf)

    def at_the_end_of(self, day: date, key: Key) -> Decimal:
        """Return what there was at the end of a day, by when things happened."""
        moved = self.moved.get(key, {})
        return sum((quantity for one, quantity in moved.items() if one <= day), ZERO)

    def judge(self, shelf: Shelf) -> bool:
        shelf.expired = {lot for lot in shelf.lots if self.is_over(shelf.item, lot)}
        return shelf.cover()

    def is_over(self, item: int, lot: str) -> bool:
        last_day = self.dates.get((item, lot))
        return last_day is not None and last_day < self.today

    def put(self, shelf: Shelf, lot: str, quantity: Decimal, cost: Decimal) -> None:
        if self.is_over(shelf.item, lot):
            shelf.expired.add(lot)
        shelf.put(lot, quantity, cost)

    def serve(self, shelf: Shelf) -> None:
        for line, _ in self.waiting(shelf):
            self.hold(shelf, line, line.outstanding - shelf.held.get(line.key, ZERO))

    def waiting(self, shelf: Shelf) -> list[tuple[Line, Order]]:
        """Return the lines that want goods of a shelf, in the order in which they get them."""
        return [
            (line, order)
            for order in sorted(self.orders, key=lambda order: (-order.priority, order.key))
            for line in order.lines
            if order.is_open and not order.is_lapsed
            and (line.item, order.place) == (shelf.item, shelf.place)
            and line.outstanding > shelf.held.get(line.key, ZERO)
        ]  # fmt: skip

    def hold(self, shelf: Shelf, line: Line, wanted: Decimal) -> None:
        granted = min(wanted, max(shelf.available, ZERO))
        if granted > 0:
            shelf.held[line.key] = shelf.held.get(line.key, ZERO) + granted

    def take(
        self,
        shelf: Shelf,
        wanted: Decimal,
        lot: str = NO_LOT,
        line: Line | None = None,
        *,
        correction: bool = False,
    ) -> dict[str, Decimal]:
        """Take goods off a shelf; return how much of which lot."""
        if (shelf.item, shelf.place) not in self.shelves:
            raise Refused("insufficient_stock")
        self.require_fit(shelf.item, wanted)
        if shelf.item in self.tracked and lot and (shelf.item, lot) not in self.dates:
            raise Refused("invalid")
        named = lot if shelf.item in self.tracked else NO_LOT
        own = min(shelf.held.get(line.key, ZERO), wanted) if line else ZERO
        usable = shelf.on_hand - shelf.unavailable if correction else shelf.available + own
        if named and shelf.is_aside(named):
            own, usable = ZERO, shelf.lots.get(named, ZERO) if correction else ZERO
        elif named:
            usable = min(usable, shelf.lots.get(named, ZERO))
        if wanted > usable:
            raise Refused("insufficient_stock")
        if line and own:
            shelf.held[line.key] -= own
        taken = {named: wanted} if named else self.next_to_expire(shelf, wanted)
        for one, quantity in taken.items():
            shelf.lots[one] -= quantity
        return taken

    def require_fit(self, item: int, quantity: Decimal) -> None:
        if item in self.whole and quantity % 1:
            raise Refused("invalid")

    def next_to_expire(self, shelf: Shelf, wanted: Decimal) -> dict[str, Decimal]:
        if shelf.item not in self.tracked:
            return {NO_LOT: wanted}
        fit = [lot for lot in shelf.lots if shelf.lots[lot] and not shelf.is_aside(lot)]
        fit.sort(key=lambda lot: self.age(shelf.item, lot))
        taken = {}
        for lot in fit:
            taken[lot] = min(shelf.lots[lot], wanted)
            wanted -= taken[lot]
            if not wanted:
                break
        return taken

    def age(self, item: int, lot: str) -> tuple[date, int]:
        """Return what lots leave by: their date, then the order in which they first came in."""
        if not lot:
            return date.max, 0
        return self.dates[item, lot] or date.max, list(self.dates).index((item, lot))

    def name_lot(self, item: int, lot: str, expires: date | None, *, fresh: bool) -> str:
        """Return the lot that goods come in with; refuse what does not fit."""
        if item not in self.tracked:
            return NO_LOT
        if not lot:
            raise Refused("invalid")
        if (item, lot) in self.dates and expires not in (None, self.dates[item, lot]):
            raise Refused("invalid")
        known = self.dates.setdefault((item, lot), expires)
        if fresh and known and known < (self.late or self.today):
            raise Refused("invalid")
        return lot

    # What people do

    def receive(
        self, key: Key, quantity: Decimal, lot: str, expires: date | None, cost: Decimal
    ) -> None:
        self.require_fit(key[0], quantity)
        shelf = self.shelf(*key, make=True)
        with self.posting(key):
            self.put(shelf, self.name_lot(key[0], lot, expires, fresh=True), quantity, cost)

    def receive_late(self, day: date, *receipt: Any) -> None:
        self.late = day
        self.receive(*receipt)
        self.late = None

    def issue_late(self, day: date, key: Key, quantity: Decimal, lot: str) -> None:
        """Issue as of a past day, on which and after which there must be enough of it."""
        self.late = day
        self.issue(key, quantity, lot)
        self.late = None
        days = [one for one in self.moved[key] if one >= day]
        if any(self.at_the_end_of(one, key) < 0 for one in days):
            raise Refused("insufficient_stock")

    def issue(self, key: Key, quantity: Decimal, lot: str) -> None:
        with self.posting(key):
            self.take(self.shelf(*key), quantity, lot)

    def adjust(
        self, key: Key, quantity: Decimal, lot: str, expires: date | None, cost: Decimal
    ) -> None:
        if quantity > 0:
            self.require_fit(key[0], quantity)
        shelf = self.shelf(*key, make=quantity > 0)
        with self.posting(key):
            if quantity > 0:
                self.put(shelf, self.name_lot(key[0], lot, expires, fresh=False), quantity, cost)
            else:
                self.take(shelf, -quantity, lot, correction=True)

    def take_order(self, order: Order) -> None:
        self.orders.append(order)
        keys = [(line.item, order.place) for line in order.lines]
        for key in keys:
            self.shelf(*key, make=True)
        with self.posting(*keys):
            for line in order.lines:
                self.hold(self.shelf(line.item, order.place), line, line.quantity)

    def fulfil(self, order: Order, wanted: Sequence[tuple[Any, ...]]) -> None:
        """Deliver (line, quantity, lot), from the order's place or from another fourth."""
        if not order.is_open:
            raise Refused("wrong_state")
        if any(
            sum(one[1] for one in wanted if one[0] is line) > line.outstanding
            for line, *_ in wanted
        ):
            raise Refused("quantity_exceeded")
        legs = [(*leg, order.place)[:4] for leg in wanted]
        home = [(line.item, order.place) for line, *_ in legs]
        with self.posting(*[(line.item, place) for line, _, _, place in legs], *home):
            for line, quantity, lot, place in legs:
                shelf = self.shelf(line.item, place)
                holder = line if place == order.place else None
                for taken, part in self.take(shelf, quantity, lot, holder).items():
                    line.lots[taken] = line.lots.get(taken, ZERO) + part
                line.delivered += quantity
                line.value += quantity * shelf.cost
            for line, _, _, place in legs:
                held = self.shelf(line.item, order.place).held
                if place != order.place and held.get(line.key, ZERO) > line.outstanding:
                    held[line.key] = line.outstanding
            order.settle()

    def cancel(self, order: Order, wanted: Sequence[tuple[Line, Decimal]]) -> None:
        if not order.is_open:
            raise Refused("wrong_state")
        if any(quantity > line.outstanding for line, quantity in wanted):
            raise Refused("quantity_exceeded")
        for line, quantity in wanted:
            line.cancelled += quantity
        order.settle()
        with self.posting(*[(line.item, order.place) for line, _ in wanted]):
            for line, _ in wanted:
                held = self.shelf(line.item, order.place).held
                if held.get(line.key, ZERO) > line.outstanding:
                    held[line.key] = line.outstanding

    def lapse(self, order: Order) -> None:
        if not order.is_open or order.is_lapsed:
            return
        order.is_lapsed = True
        lines = [line for line in order.lines if line.outstanding]
        with self.posting(*[(line.item, order.place) for line in lines]):
            for line in lines:
                held = self.shelf(line.item, order.place).held
                if held.get(line.key):
                    held[line.key] = ZERO

    def reserve(self, order: Order) -> None:
        if not order.is_open:
            raise Refused("wrong_state")
        order.is_lapsed = False
        keys = dict.fromkeys((line.item, order.place) for line in order.lines if line.outstanding)
        shelves = [self.shelf(*key, make=True) for key in keys]
        served = [one for one in shelves if one.available > 0 and self.waiting(one)]
        with self.posting(*[(one.item, one.place) for one in served]):
            for shelf in served:
                self.serve(shelf)

    def allocate(self, order: Order) -> None:
        if not order.is_open or order.is_lapsed:
            raise Refused("wrong_state")
        short = []
        for line in order.lines:
            if line.outstanding:
                shelf = self.shelf(line.item, order.place, make=True)
                wanted = line.outstanding - shelf.held.get(line.key, ZERO)
                short += [(shelf, line, wanted)] if wanted > 0 else []
        kept = self.kept_by_others(order, short)
        with self.posting(*[(shelf.item, shelf.place) for shelf, _, _ in short]):
            for shelf, key, most in kept:
                shelf.held[key] = min(shelf.held[key], most)
            for shelf, line, wanted in short:
                self.hold(shelf, line, wanted)

    def kept_by_others(
        self, order: Order, short: Sequence[tuple[Shelf, Line, Decimal]]
    ) -> list[tuple[Shelf, int, Decimal]]:
        """Return what lines of less urgent orders may keep, by shelf."""
        kept = []
        for key in dict.fromkeys((shelf.item, shelf.place) for shelf, _, _ in short):
            shelf = self.shelves[key]
            missing = sum((wanted for one, _, wanted in short if one is shelf), ZERO)
            missing -= max(shelf.available, ZERO)
            for other in sorted(self.orders, key=lambda one: (one.priority, -one.key)):
                for line in other.lines[::-1]:
                    held = shelf.held.get(line.key, ZERO)
                    if other.priority < order.priority and held > 0 and missing > 0:
                        given = min(held, missing)
                        missing -= given
                        kept.append((shelf, line.key, held - given))
        return kept

    def give_back(
        self, order: Order, line: Line, quantity: Decimal, lot: str, *, scrap: bool
    ) -> None:
        if quantity > line.delivered - line.returned:
            raise Refused("quantity_exceeded")
        if line.item in self.tracked:
            left = order.lots_of(line.item)
            lot = lot or (next(iter(left)) if len(left) == 1 else NO_LOT)
            if lot not in left:
                raise Refused("invalid")
            if quantity > left[lot]:
                raise Refused("quantity_exceeded")
        elif lot:
            raise Refused("invalid")
        line.returned += quantity
        line.lots[lot] = line.lots.get(lot, ZERO) - quantity
        if scrap:
            return
        key = line.item, order.place
        self.late = self.today  # by the clock of the test, where others have the database's
        with self.posting(key):
            cost = (line.value / line.delivered).quantize(FOUR_PLACES, ROUND_HALF_UP)
            self.put(self.shelf(*key), lot, quantity, cost)
        self.late = None

    def set_aside(self, key: Key, lot: str, *, quarantined: bool) -> None:
        shelf = self.shelf(*key)
        if key not in self.shelves or (lot in shelf.quarantined) == quarantined:
            raise Refused("wrong_state")
        with self.posting(key):
            (shelf.quarantined.add if quarantined else shelf.quarantined.discard)(lot)

    def correct_date(self, item: int, lot: str, expires: date) -> None:
        self.dates[item, lot] = expires
        keys = [key for key, shelf in self.shelves.items() if key[0] == item and lot in shelf.lots]
        with self.posting(*keys):
            pass

    def nightly(self) -> None:
        late = [
            key
            for key, shelf in self.shelves.items()
            if any(
                quantity and self.is_over(key[0], lot) != (lot in shelf.expired)
                for lot, quantity in shelf.lots.items()
            )
        ]
        with self.posting(*late):
            pass

    def buy(self, purchase: Purchase) -> None:
        self.purchases.append(purchase)
        key = purchase.item, purchase.place
        shelf = self.shelf(*key, make=True)
        with self.posting(key):
            shelf.incoming += purchase.outstanding

    def unload(self, purchase: Purchase, quantity: Decimal, lot: str, expires: date | None) -> None:
        if purchase.is_cancelled or not purchase.outstanding:
            raise Refused("wrong_state")
        if quantity > purchase.outstanding:
            raise Refused("over_receipt")
        key = purchase.item, purchase.place
        shelf = self.shelf(*key)
        with self.posting(key):
            self.put(
                shelf,
                self.name_lot(purchase.item, lot, expires, fresh=True),
                quantity,
                purchase.cost,
            )
            shelf.incoming -= quantity
        purchase.outstanding -= quantity
        purchase.has_received = True

    def call_off(self, purchase: Purchase) -> None:
        if purchase.is_cancelled or purchase.has_received:
            raise Refused("wrong_state")
        purchase.is_cancelled = True
        key = purchase.item, purchase.place
        with self.posting(key):
            self.shelf(*key).incoming -= purchase.outstanding
