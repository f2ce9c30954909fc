"""What the model is made of: shelves, orders, goods on their way, counts."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

ZERO, FOUR_PLACES = Decimal(0), Decimal("0.0001")


class Refused(Exception):
    """The operation is not lawful; the text is the code of the refusal."""


@dataclass
class Shelf:
    item: int
    place: int
    lots: dict[str, Decimal] = field(default_factory=dict)
    quarantined: set[str] = field(default_factory=set)
    expired: set[str] = field(default_factory=set)
    held: dict[int, Decimal] = field(default_factory=dict)  # by order line, oldest first
    incoming: Decimal = ZERO
    cost: Decimal = ZERO

    @property
    def on_hand(self) -> Decimal:
        return sum(self.lots.values(), ZERO)

    @property
    def reserved(self) -> Decimal:
        return sum(self.held.values(), ZERO)

    @property
    def unavailable(self) -> Decimal:
        return sum((self.lots[lot] for lot in self.lots if self.is_aside(lot)), ZERO)

    @property
    def available(self) -> Decimal:
        return self.on_hand - self.reserved - self.unavailable

    def is_aside(self, lot: str) -> bool:
        return lot in self.quarantined or lot in self.expired

    def put(self, lot: str, quantity: Decimal, cost: Decimal) -> None:
        value = self.on_hand * self.cost + quantity * cost
        self.cost = (value / (self.on_hand + quantity)).quantize(FOUR_PLACES, ROUND_HALF_UP)
        self.lots[lot] = self.lots.get(lot, ZERO) + quantity

    def cover(self) -> bool:
        """Take back the newest reservations that are no longer covered; say whether any was."""
        lost = False
        for line in reversed(list(self.held)):
            missing = -self.available
            if missing <= 0:
                break
            lost = lost or self.held[line] > 0
            self.held[line] -= min(self.held[line], missing)
        return lost


@dataclass
class Line:
    key: int
    item: int
    quantity: Decimal
    delivered: Decimal = ZERO
    cancelled: Decimal = ZERO
    value: Decimal = ZERO  # of what was delivered, at the costs it left at
    returned: Decimal = ZERO
    lots: dict[str, Decimal] = field(default_factory=dict)  # with the customer

    @property
    def outstanding(self) -> Decimal:
        return self.quantity - self.delivered - self.cancelled


@dataclass
class Order:
    key: int
    place: int
    lines: list[Line]
    status: str = "pending"
    priority: int = 2
    is_lapsed: bool = False

    @property
    def is_open(self) -> bool:
        return self.status in ("pending", "partially_fulfilled")

    def lots_of(self, item: int) -> dict[str, Decimal]:
        """Return which lots of an item the customer has, whichever of the lines they left for."""
        lots: dict[str, Decimal] = {}
        for line in self.lines:
            for lot, quantity in line.lots.items() if line.item == item else ():
                lots[lot] = lots.get(lot, ZERO) + quantity
        return lots

    def settle(self) -> None:
        has_left = any(line.delivered for line in self.lines)
        if any(line.outstanding for line in self.lines):
            self.status = "partially_fulfilled" if has_left else "pending"
        else:
            self.status = "fulfilled" if has_left else "cancelled"


@dataclass
class Purchase:
    place: int
    item: int
    outstanding: Decimal
    cost: Decimal
    has_received: bool = False
    is_cancelled: bool = False


@dataclass
class Transit:
    """Goods of one item on their way from a warehouse to the other."""

    item: int
    source: int
    parts: dict[str, Decimal]
    cost: Decimal
    has_arrived: bool = False
    is_over: bool = False

    @property
    def quantity(self) -> Decimal:
        return sum(self.parts.values(), ZERO)


@dataclass
class CountLine:
    """A lot (or all) of an item, and how it was counted."""

    item: int
    lot: str
    counted: Decimal | None = None
    at_scan: Decimal = ZERO  # what the shelf held at the moment of the entry
    cost: Decimal = ZERO
    first: Decimal | None = None
    needs_recount: bool = False

    @property
    def difference(self) -> Decimal:
        return ZERO if self.counted is None else self.counted - self.at_scan


@dataclass
class Count:
    place: int
    lines: list[CountLine]
    status: str = "counting"

    @property
    def is_open(self) -> bool:
        return self.status in ("counting", "submitted")
