"""What becomes of goods on their way: they arrive, arrive damaged, are lost, or go back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from common.exceptions import InvalidInput
from inventory.exceptions import MoreThanShipped
from inventory.models import StockMovement, TransferLine, TransferRequest
from inventory.services.correction_limits import require_within_limit
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange
from inventory.services.tell import tell_discrepancy
from inventory.services.transfers.states import (
    ZERO,
    lines_of,
    lock_transfer,
    movement_of,
    require_work_in,
    write_lines,
)
from inventory.services.transfers.transit import Part, Transit
from inventory.services.units import require_fit
from inventory.services.wanted_lines import require_known

Status = TransferRequest.Status
DAMAGED, LOST, SENT_BACK = "damaged", "lost_in_transit", "sent_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What arrived of one line, in the stock unit, and what was wrong with it.

    Of goods that track lots it may name the lot; else the first to expire arrive first.
    """

    line_id: int
    received: Decimal = ZERO
    damaged: Decimal = ZERO
    discrepancy: str = ""
    lot_number: str = ""


@transaction.atomic
def receive_transfer(
    *,
    transfer: TransferRequest,
    arrivals: Sequence[Arrival] | None = None,
    acting_user: Any,
) -> TransferRequest:
    """Receive what arrived, or all that is in transit; what is short stays in transit.

    Good units enter the destination at the cost at which they left; damaged ones enter and are
    written off in the same posting, so that their value shows. More than was shipped is refused.
    Locks the transfer, then the balances. Raises WrongState, NotAllowed, BeyondLimit (more damage
    than one may write off alone), InvalidInput and MoreThanShipped naming every line.
    """
    transfer = lock_transfer(transfer)
    require_work_in(transfer.to_warehouse, acting_user, "receive its goods")
    return receive_locked(transfer, arrivals, acting_user)


def receive_locked(
    transfer: TransferRequest, arrivals: Sequence[Arrival] | None, acting_user: Any
) -> TransferRequest:
    """Receive goods of a locked transfer."""
    transfer.require_step_to(Status.RECEIVED)
    lines = lines_of(transfer)
    if arrivals is None:
        arrivals = [
            Arrival(line_id=line.pk, received=line.quantity_in_transit)
            for line in lines.values()
            if line.quantity_in_transit
        ]
    require_arrivals(lines, arrivals)
    transit = Transit(transfer)
    changes: list[StockChange] = []
    for index, arrival in enumerate(arrivals):
        line = lines[arrival.line_id]
        changes += arriving(transfer, line, arrival, transit, index)
        line.quantity_received += arrival.received
        line.quantity_damaged += arrival.damaged
        line.discrepancy = arrival.discrepancy or line.discrepancy
    posted = apply_stock_changes(changes, acting_user=acting_user)
    damaged = [line for line in posted if line.change.reason_code == DAMAGED]
    if damaged:
        require_within_limit(damaged, acting_user)
    transit.save()
    write_lines({arrival.line_id: lines[arrival.line_id] for arrival in arrivals}.values())
    rest = any(line.quantity_in_transit for line in lines.values())
    transfer.status = Status.PARTIALLY_RECEIVED if rest else Status.RECEIVED
    transfer.received_by, transfer.received_at = acting_user, timezone.now()
    transfer.save(update_fields=["status", "received_by", "received_at", "updated_at"])
    if wrong := discrepancy_of(arrivals):
        tell_discrepancy(transfer, wrong, acting_user)
    return transfer


def discrepancy_of(arrivals: Sequence[Arrival]) -> str:
    """Say what was wrong with an arrival; nothing where nothing was said to be."""
    damaged = sum((arrival.damaged for arrival in arrivals), ZERO)
    if damaged:
        return f"{damaged.normalize():f} arrived damaged"
    return next((arrival.discrepancy for arrival in arrivals if arrival.discrepancy), "")


def require_arrivals(lines: Mapping[int, TransferLine], arrivals: Sequence[Arrival]) -> None:
    """Raise where arrivals are missing, unknown, twice or empty, or more than is on its way."""
    require_known(lines, [arrival.line_id for arrival in arrivals])
    errors: dict[str, list[Any]] = {} if arrivals else {"items": ["Name what arrived."]}
    seen: set[tuple[int, str]] = set()
    totals: dict[int, Decimal] = {}
    for index, arrival in enumerate(arrivals):
        total = arrival.received + arrival.damaged
        if min(arrival.received, arrival.damaged) < 0 or not total:
            errors[f"items.{index}.quantity_received"] = ["Send a quantity above 0."]
        if (arrival.line_id, arrival.lot_number) in seen:
            errors[f"items.{index}.id"] = ["This line is named twice. Send the sum."]
        seen.add((arrival.line_id, arrival.lot_number))
        totals[arrival.line_id] = totals.get(arrival.line_id, ZERO) + total
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    require_fit(
        (lines[arrival.line_id].variation, quantity, f"items.{index}.{name}")
        for index, arrival in enumerate(arrivals)
        for name, quantity in (
            ("quantity_received", arrival.received),
            ("quantity_damaged", arrival.damaged),
        )
    )
    beyond = [
        surplus(lines[key], total)
        for key, total in totals.items()
        if total > lines[key].quantity_in_transit
    ]
    if beyond:
        raise MoreThanShipped(
            "More arrived than is on its way. Receive what was shipped; post what is over as an "
            "adjustment, or send it back.",
            {"lines": beyond},
        )


def surplus(line: TransferLine, arrived: Decimal) -> dict[str, object]:
    """Say by how much an arrival goes beyond what is on its way."""
    return {
        "id": line.pk,
        "position": line.position,
        "sku": line.variation.sku_code,
        "quantity_shipped": line.quantity_shipped,
        "quantity_in_transit": line.quantity_in_transit,
        "quantity_arrived": arrived,
    }


def arriving(
    transfer: TransferRequest, line: TransferLine, arrival: Arrival, transit: Transit, index: int
) -> list[StockChange]:
    """Return what an arrival does to the destination's stock."""
    changes = [
        movement_of(
            transfer,
            line,
            warehouse_id=transfer.to_warehouse_id,
            quantity=part.quantity,
            incoming=-part.quantity,
            unit_cost=line.unit_cost,
            lot_number=part.lot_number,
        )
        for part in transit.take(line, arrival.received, arrival.lot_number, index)
    ]
    for part in transit.take(line, arrival.damaged, arrival.lot_number, index):
        changes += write_off(transfer, line, part, DAMAGED, arrival.discrepancy)
    return changes


def write_off(
    transfer: TransferRequest, line: TransferLine, part: Part, reason: str, words: str
) -> list[StockChange]:
    """Return the two movements that let goods in transit end at the destination: in, and out."""
    passing: dict[str, Any] = {
        "warehouse_id": transfer.to_warehouse_id,
        "passes_at": line.unit_cost,
        "lot_number": part.lot_number,
        "may_be_unavailable": True,
    }
    return [
        movement_of(transfer, line, quantity=part.quantity, incoming=-part.quantity, **passing),
        movement_of(
            transfer,
            line,
            quantity=-part.quantity,
            movement_type=StockMovement.Type.ADJUSTMENT,
            reason_code=reason,
            reason_description=words,
            may_release_others=True,
            **passing,
        ),
    ]


def send_back(
    transfer: TransferRequest, line: TransferLine, part: Part, reason: str, words: str
) -> list[StockChange]:
    """Return what lets goods in transit go back to the source at the cost they left at."""
    return [
        movement_of(transfer, line, warehouse_id=transfer.to_warehouse_id, incoming=-part.quantity),
        movement_of(
            transfer,
            line,
            warehouse_id=transfer.from_warehouse_id,
            quantity=part.quantity,
            unit_cost=line.unit_cost,
            lot_number=part.lot_number,
            reason_code=reason,
            reason_description=words,
        ),
    ]


@transaction.atomic
def close_transfer(
    *, transfer: TransferRequest, is_lost: bool, note: str, acting_user: Any
) -> TransferRequest:
    """End a transfer of which not all arrived: the rest is lost, or went back to the source.

    Lost goods are written off at the destination at the cost they left at, by movements with a
    reason. Locks the transfer, then the balances. Raises WrongState, NotAllowed, InvalidInput.
    """
    if not note.strip():
        raise InvalidInput("Say what happened.", {"note": ["Say what happened to the goods."]})
    transfer = lock_transfer(transfer)
    transfer.require_step_to(Status.CLOSED)
    if is_lost:
        require_work_in(transfer.to_warehouse, acting_user, "write its goods off")
        end_transit(transfer, "quantity_lost", write_off, LOST, note, acting_user)
    else:
        require_work_in(transfer.from_warehouse, acting_user, "take its goods back")
        end_transit(transfer, "quantity_returned", send_back, SENT_BACK, note, acting_user)
    finish(transfer, Status.CLOSED, note, acting_user)
    what = "the rest is lost" if is_lost else "the rest went back"
    tell_discrepancy(transfer, f"{what}: {note}", acting_user)
    return transfer


@transaction.atomic
def cancel_transfer(
    *, transfer: TransferRequest, note: str = "", acting_user: Any
) -> TransferRequest:
    """Cancel a transfer of which nothing arrived; goods on their way go back to the source.

    Locks the transfer, then the balances. Raises WrongState and NotAllowed.
    """
    transfer = lock_transfer(transfer)
    transfer.require_step_to(Status.CANCELLED)
    if transfer.is_on_the_way:
        require_work_in(transfer.from_warehouse, acting_user, "take its goods back")
        end_transit(transfer, "quantity_returned", send_back, SENT_BACK, note, acting_user)
    return finish(transfer, Status.CANCELLED, note, acting_user)


def end_transit(
    transfer: TransferRequest,
    counted_as: str,
    changes_of: Callable[..., list[StockChange]],
    reason: str,
    words: str,
    acting_user: Any,
) -> None:
    """Let all that is in transit of a locked transfer end, and count it so on its lines."""
    lines = [line for line in lines_of(transfer).values() if line.quantity_in_transit]
    transit = Transit(transfer)
    changes: list[StockChange] = []
    for line in lines:
        quantity = line.quantity_in_transit
        for part in transit.take(line, quantity):
            changes += changes_of(transfer, line, part, reason, words)
        setattr(line, counted_as, getattr(line, counted_as) + quantity)
        line.discrepancy = line.discrepancy or words
    apply_stock_changes(changes, acting_user=acting_user)
    transit.save()
    write_lines(lines)


def finish(transfer: TransferRequest, status: str, note: str, acting_user: Any) -> TransferRequest:
    transfer.status, transfer.closing_note = status, note
    transfer.closed_by, transfer.closed_at = acting_user, timezone.now()
    transfer.save(update_fields=["status", "closing_note", "closed_by", "closed_at", "updated_at"])
    return transfer
