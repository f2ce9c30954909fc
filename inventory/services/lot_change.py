"""What a line of a posting does to the lots of a balance: arithmetic, no SQL."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(slots=True)
class RunningLot:
    """A lot of a locked balance while the lines of a posting pass over it."""

    id: int
    lot_number: str
    expiration_date: date | None
    on_hand: Decimal
    quarantined: bool
    expired: bool
    touched: bool = False
    on_hand_before: Decimal = field(init=False)
    expired_before: bool = field(init=False)

    def __post_init__(self) -> None:
        self.on_hand_before, self.expired_before = self.on_hand, self.expired

    @property
    def concerns_alerts(self) -> bool:
        """Whether a lot with a date came, is used up, or expired."""
        if self.expiration_date is None:
            return False
        came_or_went = bool(self.on_hand) != bool(self.on_hand_before)
        return came_or_went or self.expired != self.expired_before

    @property
    def is_unavailable(self) -> bool:
        return self.quarantined or self.expired

    @property
    def set_aside(self) -> Decimal:
        """How much of it the balance's `unavailable` holds."""
        return self.on_hand if self.is_unavailable else ZERO

    @property
    def condition(self) -> str:
        """Why it is not available, in a word; empty where it is."""
        return "expired" if self.expired else "quarantined" if self.quarantined else ""

    def expires_by(self, day: date) -> bool:
        return self.expiration_date is not None and self.expiration_date < day

    def change(self, quantity: Decimal) -> None:
        self.on_hand += quantity
        self.touched = True


@dataclass(slots=True)
class LotPart:
    """How much of one lot a line moved, and the movement that says so."""

    lot_id: int
    lot_number: str
    expiration_date: date | None
    quantity: Decimal
    stock_before: Decimal
    stock_after: Decimal
    movement_id: int | None = None


def first_expired_first_out(
    lots: Iterable[RunningLot], wanted: Decimal
) -> list[tuple[RunningLot, Decimal]]:
    """Choose what an issue takes of which lot: the next to expire first, then the oldest lot.

    Expired and quarantined lots give nothing; the caller knows that the others have enough.
    """
    chosen = []
    sellable = [lot for lot in lots if lot.on_hand and not lot.is_unavailable]
    for lot in sorted(sellable, key=lambda lot: (lot.expiration_date or date.max, lot.id)):
        taken = min(lot.on_hand, wanted)
        chosen.append((lot, taken))
        wanted -= taken
        if not wanted:
            return chosen
    raise AssertionError(f"the lots lack {wanted} of what their balance has")


def chain_of(before: Decimal, moved: Iterable[tuple[RunningLot, Decimal]]) -> list[LotPart]:
    """Return the movements of a line that moved (lot, signed quantity), from a balance's level."""
    parts = []
    for lot, quantity in moved:
        after = before + quantity
        parts.append(LotPart(lot.id, lot.lot_number, lot.expiration_date, quantity, before, after))
        before = after
    return parts
