"""What happens on a day of the demo company, in the order in which it is posted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from operations.demo.demand import DemoOrder, Key


@dataclass(slots=True, eq=False)
class WaitingLine:
    """A line of an order that was not delivered at once: what it has reserved, what has left."""

    key: Key
    wanted: int
    held: int = 0
    is_delivered: bool = False

    @property
    def is_ready(self) -> bool:
        return not self.is_delivered and self.held == self.wanted


@dataclass(slots=True, eq=False)
class WaitingOrder:
    """An order that reserved what there was and waits for the rest."""

    order: DemoOrder
    lines: list[WaitingLine]
    is_split: bool  # the customer takes what is ready first
    is_open: bool = True


@dataclass(slots=True, eq=False)
class Purchase:
    """An order to a supplier: (item, quantity) lines and what is still to come of each."""

    placed_at: datetime
    supplier: int
    warehouse: int
    lines: list[tuple[int, int]]
    expected_on: date
    outstanding: list[int] = field(default_factory=list)
    is_cancelled: bool = False
    is_draft: bool = False

    def __post_init__(self) -> None:
        self.outstanding = [quantity for _, quantity in self.lines]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Goods of a purchase: (position, accepted, rejected) lines."""

    purchase: Purchase
    arrived_at: datetime
    lines: Sequence[tuple[int, int, int]]

    @property
    def has_rejects(self) -> bool:
        return any(rejected for _, _, rejected in self.lines)


@dataclass(frozen=True, slots=True)
class Transfer:
    """(Item, quantity) lines from one warehouse to another."""

    happened_at: datetime
    source: int
    destination: int
    lines: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Shipment:
    """Positions of a waiting order that leave together."""

    waiting: WaitingOrder
    shipped_at: datetime
    positions: Sequence[int]


@dataclass(frozen=True, slots=True)
class GoodsBack:
    """A customer returns some of a delivered order's line."""

    order: DemoOrder
    returned_at: datetime
    position: int
    quantity: int
    reason: str


@dataclass(frozen=True, slots=True)
class Correction:
    """Somebody found or missed goods."""

    happened_at: datetime
    key: Key
    quantity: int
    reason: str
    explanation: str


@dataclass(slots=True)
class Day:
    """Everything that happened on one day."""

    day: date
    arrivals: list[Arrival] = field(default_factory=list)
    transfers: list[Transfer] = field(default_factory=list)
    shipments: list[Shipment] = field(default_factory=list)
    given_up: list[WaitingOrder] = field(default_factory=list)
    delivered: list[DemoOrder] = field(default_factory=list)
    waiting: list[WaitingOrder] = field(default_factory=list)
    returns: list[GoodsBack] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    purchases: list[Purchase] = field(default_factory=list)
