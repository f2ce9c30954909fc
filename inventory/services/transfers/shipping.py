"""Goods that leave the source and are on their way."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from inventory.exceptions import InsufficientStock, UnfitLines
from inventory.models import TransferRequest
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import PostedChange
from inventory.services.tell import tell_transfer_shipped
from inventory.services.transfers.leaving import Leaving, Portion, name_short_lines, portions_of
from inventory.services.transfers.receiving import receive_locked
from inventory.services.transfers.states import (
    lines_of,
    lock_transfer,
    movement_of,
    require_work_in,
    write_lines,
)
from inventory.services.transfers.transit import note_shipped

Status = TransferRequest.Status


@transaction.atomic
def ship_transfer(
    *,
    transfer: TransferRequest,
    leaving: Sequence[Leaving] | None = None,
    acting_user: Any,
) -> TransferRequest:
    """Ship an approved transfer: all that was asked for, or of the lines named what is `leaving`.

    Goods leave the source at its average cost, of the lots chosen or else the first to expire, and
    are incoming at the destination, whose people are told; a transfer with `auto_receive` is
    received at once. Locks the transfer, then the balances. Raises WrongState, NotAllowed,
    InvalidInput, UnfitLines, and InsufficientStock naming every short line by its number.
    """
    transfer = lock_transfer(transfer)
    require_work_in(transfer.from_warehouse, acting_user, "ship its goods")
    ship_locked(transfer, leaving, acting_user)
    tell_transfer_shipped(transfer, but=[acting_user.pk])
    return transfer


def ship_locked(
    transfer: TransferRequest, leaving: Sequence[Leaving] | None, acting_user: Any
) -> TransferRequest:
    """Ship a locked transfer that is approved."""
    transfer.require_step_to(Status.IN_TRANSIT)
    portions = portions_of(lines_of(transfer), leaving)
    posted = post_leaving(transfer, portions, acting_user)
    for portion, left in zip(portions, posted, strict=True):
        portion.line.quantity_shipped += portion.quantity
        portion.line.unit_cost = left.unit_cost
    note_shipped(
        (portion.line.pk, left.lots) for portion, left in zip(portions, posted, strict=True)
    )
    write_lines({portion.line.pk: portion.line for portion in portions}.values())
    transfer.status = Status.IN_TRANSIT
    transfer.shipped_by, transfer.shipped_at = acting_user, timezone.now()
    transfer.save(update_fields=["status", "shipped_by", "shipped_at", "updated_at"])
    if transfer.auto_receive:
        receive_locked(transfer, None, acting_user)
    return transfer


def post_leaving(
    transfer: TransferRequest, portions: Sequence[Portion], acting_user: Any
) -> list[PostedChange]:
    """Post what leaves the source and is on its way, and return what left, portion by portion."""
    changes = []
    for line, quantity, lot_number, _ in portions:
        changes += [
            movement_of(
                transfer, line, warehouse_id=transfer.from_warehouse_id, quantity=-quantity,
                lot_number=lot_number,
            ),
            movement_of(transfer, line, warehouse_id=transfer.to_warehouse_id, incoming=quantity),
        ]  # fmt: skip
    try:
        return apply_stock_changes(changes, acting_user=acting_user)[::2]
    except InsufficientStock as error:
        name_short_lines(error, portions)
        raise
    except UnfitLines as error:
        error.at_paths([f"items.{portion.place}." for portion in portions for _ in range(2)])
        raise
