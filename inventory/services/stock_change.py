"""What a caller asks of the ledger, and what a line does to a balance: arithmetic, no SQL."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from common.exceptions import InvalidInput
from inventory.exceptions import (
    InsufficientStock,
    LineProblem,
    ReservationMismatch,
    UnfitLines,
)
from inventory.services.lot_change import LotPart, RunningLot, chain_of, first_expired_first_out
from inventory.units import fits, misfit

ZERO = Decimal(0)
FOUR_PLACES = Decimal("0.0001")
LARGEST_QUANTITY = Decimal("99999999.999")


class Holder(NamedTuple):
    """A document line that holds stock: reference type and the line's primary key."""

    reference_type: str
    line_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StockChange:
    """One line of a posting; quantities in the variation's stock unit, up to 3 places.

    quantity: change of on hand, negative for issues; writes one movement unless 0.
    hold: how much of what is available `holder` would like to reserve; it gets what there is.
    release: how much of its own reservation `holder` gives back; at most what it holds.
    release_beyond: it gives back whatever it then holds beyond this, once the balance is locked.
    incoming: change of what is on its way here.
    unit_cost: of receipts; issues go out at the balance's average cost.
    cost_from: (variation, warehouse) whose average cost a receipt comes in at: of transfers.
    passes_at: of goods that come in and leave again in one posting (lost on their way): both
        lines are worth this much a unit, and the average cost of what stays does not move.
    may_release_others: an issue that has happened anyway (damage, a count): it may take what
        documents reserved; the newest reservations are released first.
    lot_number, expiration_date: of goods that track lots, the lot they belong to. What comes in
        names it; what leaves without it takes the first to expire. Of other goods, words.
    may_be_unavailable: the lot it names may be expired or quarantined (disposals, returns).
    quarantine: sets the lot it names aside in this warehouse (True), or releases it (False).
    """

    variation_id: int
    warehouse_id: int
    quantity: Decimal = ZERO
    hold: Decimal = ZERO
    release: Decimal = ZERO
    release_beyond: Decimal | None = None
    holder: Holder | None = None
    incoming: Decimal = ZERO
    movement_type: str = "adjustment"
    unit_cost: Decimal | None = None
    cost_from: tuple[int, int] | None = None
    passes_at: Decimal | None = None
    reason_code: str = ""
    reason_description: str = ""
    reference_type: str = ""
    reference_code: str = ""
    bin_location: str = ""
    lot_number: str = ""
    expiration_date: date | None = None
    occurred_at: datetime | None = None
    approved_by_id: int | None = None
    notes: str = ""
    may_release_others: bool = False
    may_be_unavailable: bool = False
    quarantine: bool | None = None


@dataclass(slots=True)
class PostedChange:
    """What became of one line; `stock_id` is None where nothing was ever in stock there.

    lots: what it moved of which lot, one movement each; empty for goods that track no lots.
    movement_id: of its (first) movement.
    """

    change: StockChange
    stock_id: int | None
    stock_before: Decimal
    stock_after: Decimal
    unit_cost: Decimal
    held: Decimal = ZERO
    released_from_others: Decimal = ZERO
    movement_id: int | None = None
    recorded_at: datetime | None = None
    occurred_at: datetime | None = None
    lots: Sequence[LotPart] = ()


@dataclass(slots=True)
class RunningBalance:
    """A locked balance while the lines of a posting pass over it."""

    id: int
    variation_id: int
    warehouse_id: int
    on_hand: Decimal
    reserved: Decimal
    unavailable: Decimal
    incoming: Decimal
    average_cost: Decimal
    reorder_point: Decimal | None
    tracks_lots: bool
    tracks_expiry: bool
    decimals: int
    lots: dict[str, RunningLot] = field(default_factory=dict)
    lost_reservations: bool = False
    available_before: Decimal = field(init=False)

    def __post_init__(self) -> None:
        self.available_before = self.available

    @property
    def available(self) -> Decimal:
        return self.on_hand - self.reserved - self.unavailable

    @property
    def has_risen(self) -> bool:
        """Whether there is something that back-orders did not know of: also what was taken back
        from some of them for want of goods, and came in again in the same posting.
        """
        return self.available > 0 and (
            self.lost_reservations or self.available > self.available_before
        )

    @property
    def is_tracked(self) -> bool:
        return self.tracks_lots or self.tracks_expiry

    @property
    def concerns_alerts(self) -> bool:
        """Whether the balance is, or was before this posting, at or below its reorder point.

        So, too, where a lot with a date came, is used up, or expired.
        """
        if any(lot.concerns_alerts for lot in self.lots.values()):
            return True
        if self.reorder_point is None or self.available == self.available_before:
            return False
        return min(self.available, self.available_before) <= self.reorder_point

    def receive(self, quantity: Decimal, unit_cost: Decimal | None) -> Decimal:
        """Add goods and move the average cost; return the cost per unit they came in at.

        Moving average: (on hand x average + received x cost) / (on hand + received).
        """
        cost = self.average_cost if unit_cost is None else unit_cost
        total = self.on_hand + quantity
        value = self.on_hand * self.average_cost + quantity * cost
        self.average_cost = (value / total).quantize(FOUR_PLACES, ROUND_HALF_UP)
        self.on_hand = total
        return cost

    def lot_name(self, change: StockChange) -> str:
        """Return the number of the lot that a line names; goods with a date alone go by it."""
        if change.lot_number or self.tracks_lots or change.expiration_date is None:
            return change.lot_number
        return change.expiration_date.isoformat()

    def lot_of(self, change: StockChange) -> RunningLot | None:
        return self.lots.get(self.lot_name(change)) if self.is_tracked else None

    def move_lots(self, moved: Sequence[tuple[RunningLot, Decimal]]) -> None:
        """Change lots by signed quantities, and with them what is not available."""
        for lot, quantity in moved:
            lot.change(quantity)
            if lot.is_unavailable:
                self.unavailable += quantity

    def set_condition(self, lot: RunningLot, *, quarantined: bool, expired: bool) -> None:
        """Set a lot aside, or make it available again."""
        if (lot.quarantined, lot.expired) == (quarantined, expired):
            return
        self.unavailable -= lot.set_aside
        lot.quarantined, lot.expired, lot.touched = quarantined, expired, True
        self.unavailable += lot.set_aside


class Shortage(NamedTuple):
    """A line that wants more than there is."""

    line: int
    change: StockChange
    requested: Decimal
    available: Decimal
    lot: RunningLot | None = None


class Posting:
    """The lines of one posting applied in their order to locked balances, in memory."""

    def __init__(
        self,
        balances: dict[tuple[int, int], RunningBalance],
        holds: dict[tuple[Holder, int], Decimal],
    ) -> None:
        self.balances, self.holds = balances, holds
        self.touched_holds: dict[tuple[Holder, int], None] = {}  # in the order they were made
        self.shortages: list[Shortage] = []
        self.posted: list[PostedChange] = []

    def apply(self, changes: Iterable[StockChange]) -> None:
        """Apply every line; raise InsufficientStock that names all short lines, or InvalidInput."""
        changes = list(changes)
        self._require_fit(changes)
        for index, change in enumerate(changes):
            balance = self.balances.get((change.variation_id, change.warehouse_id))
            if balance is None:
                wanted = max(-change.quantity, ZERO)
                if wanted or change.release or change.incoming < 0:
                    self.shortages.append(Shortage(index, change, wanted, ZERO))
                self.posted.append(PostedChange(change, None, ZERO, ZERO, ZERO))
                continue
            self._apply_one(index, change, balance)
        if self.shortages:
            raise InsufficientStock(
                remedy(self.shortages), {"lines": [describe(short) for short in self.shortages]}
            )

    def _require_fit(self, changes: Sequence[StockChange]) -> None:
        """Raise UnfitLines for quantities with more decimals than the goods' unit allows.

        A correction may take away what never fitted.
        """
        problems = []
        for index, change in enumerate(changes):
            balance = self.balances.get((change.variation_id, change.warehouse_id))
            quantity = change.quantity or change.hold or change.incoming
            if balance is None or fits(quantity, balance.decimals):
                continue
            mends = change.may_release_others and fits(balance.on_hand + quantity, balance.decimals)
            if not mends:
                text = misfit(abs(quantity), "These goods", balance.decimals)
                problems.append(LineProblem(index, "quantity", text))
        if problems:
            raise UnfitLines(problems)

    def _apply_one(self, index: int, change: StockChange, balance: RunningBalance) -> None:
        before = balance.on_hand
        cost = balance.average_cost
        moved: Sequence[tuple[RunningLot, Decimal]] = ()
        if change.quarantine is not None:
            self._set_aside(change, balance)
        if change.release or change.release_beyond is not None:
            self._release(change, balance)
        if change.quantity > 0:
            cost = self._come_in(change, balance)
            moved = self._arriving_lots(change, balance)
        elif change.quantity < 0:
            cost = cost if change.passes_at is None else change.passes_at
            moved = self._issue(index, change, balance)
        balance.move_lots(moved)
        held = self._hold(change, balance) if change.hold > 0 else ZERO
        balance.incoming += change.incoming
        self._check_range(index, balance)
        self.posted.append(
            PostedChange(
                change, balance.id, before, balance.on_hand, cost, held=held,
                lots=chain_of(before, moved) if moved else (),
            )
        )  # fmt: skip

    def _release(self, change: StockChange, balance: RunningBalance) -> None:
        held = self._held(change, balance)
        released = change.release
        if change.release_beyond is not None:
            released = max(held - change.release_beyond, ZERO)
        if released > held:
            raise ReservationMismatch(
                f"{released} should be released where {held} is reserved. Read it again."
            )
        if released:
            self._set_hold(change, balance, held - released)

    def _come_in(self, change: StockChange, balance: RunningBalance) -> Decimal:
        """Add what comes in to a balance and return the cost per unit it came in at."""
        if change.passes_at is not None:
            balance.on_hand += change.quantity
            return change.passes_at
        source = self.balances.get(change.cost_from) if change.cost_from else None
        return balance.receive(change.quantity, source.average_cost if source else change.unit_cost)

    def _arriving_lots(
        self, change: StockChange, balance: RunningBalance
    ) -> Sequence[tuple[RunningLot, Decimal]]:
        """Return what comes in of which lot."""
        if not balance.is_tracked:
            return ()
        return [(balance.lots[balance.lot_name(change)], change.quantity)]

    def _issue(
        self, index: int, change: StockChange, balance: RunningBalance
    ) -> Sequence[tuple[RunningLot, Decimal]]:
        """Take goods off a balance and say of which lots, or note that they fall short."""
        wanted = -change.quantity
        lot = balance.lot_of(change)
        own = min(self._held(change, balance), wanted) if change.holder else ZERO
        if change.may_release_others:
            usable = balance.on_hand - balance.unavailable
        else:
            usable = balance.available + own
        if lot is not None and lot.is_unavailable:
            own, usable = ZERO, lot.on_hand if change.may_be_unavailable else ZERO
        elif lot is not None:
            usable = min(usable, lot.on_hand)
        if wanted > usable:
            self.shortages.append(Shortage(index, change, wanted, max(usable, ZERO), lot))
            return ()
        if own:
            self._set_hold(change, balance, self._held(change, balance) - own)
        balance.on_hand -= wanted
        if not balance.is_tracked:
            return ()
        chosen = [(lot, wanted)] if lot else first_expired_first_out(balance.lots.values(), wanted)
        return [(taken, -quantity) for taken, quantity in chosen]

    def _set_aside(self, change: StockChange, balance: RunningBalance) -> None:
        lot = balance.lots[balance.lot_name(change)]
        balance.set_condition(lot, quarantined=bool(change.quarantine), expired=lot.expired)

    def _hold(self, change: StockChange, balance: RunningBalance) -> Decimal:
        granted = min(change.hold, max(balance.available, ZERO))
        if granted:
            self._set_hold(change, balance, self._held(change, balance) + granted)
        return granted

    def _held(self, change: StockChange, balance: RunningBalance) -> Decimal:
        if change.holder is None:
            raise ValueError("a line that holds or releases names its holder")
        return self.holds.get((change.holder, balance.id), ZERO)

    def _set_hold(self, change: StockChange, balance: RunningBalance, held: Decimal) -> None:
        assert change.holder is not None
        self.set_hold(change.holder, balance, held)

    def note_release(self, stock_id: int, quantity: Decimal) -> None:
        """Say on the last line that drew on a balance how much it took from reservations."""
        for posted in reversed(self.posted):
            if posted.stock_id == stock_id and posted.change.may_release_others:
                posted.released_from_others += quantity
                return

    def set_hold(self, holder: Holder, balance: RunningBalance, held: Decimal) -> None:
        """Set what a holder has of a balance and keep the balance's total equal to the sum."""
        key = (holder, balance.id)
        balance.reserved += held - self.holds.get(key, ZERO)
        self.holds[key] = held
        self.touched_holds[key] = None

    def _check_range(self, index: int, balance: RunningBalance) -> None:
        if max(balance.on_hand, balance.incoming) > LARGEST_QUANTITY:
            text = f"A balance cannot exceed {LARGEST_QUANTITY}. Check the quantity."
            raise InvalidInput(text, {"quantity": [text]})
        if balance.incoming < 0:
            raise ReservationMismatch(
                f"Line {index + 1} receives more than is on its way. Read the order again."
            )


def remedy(shortages: Sequence[Shortage]) -> str:
    """Say what to do about lines that fall short."""
    for _, change, _, _, lot in shortages:
        if lot is not None and lot.condition and not change.may_be_unavailable:
            state = f"expired on {lot.expiration_date}" if lot.expired else f"is {lot.condition}"
            text = f"Lot {lot.lot_number} {state}. Name another lot, or none"
            return f"{text}; an adjustment that names the lot disposes of it."
    return "Less is available than asked for. Reduce the quantity or wait for stock."


def describe(shortage: Shortage) -> dict[str, object]:
    """Say which line is short of how much, in ids; the caller adds codes."""
    lot = shortage.lot
    named = {} if lot is None else {"lot_number": lot.lot_number, "lot_condition": lot.condition}
    return {
        "line": shortage.line,
        "variation_id": shortage.change.variation_id,
        "warehouse_id": shortage.change.warehouse_id,
        "requested": shortage.requested,
        "available": shortage.available,
        **named,
    }
