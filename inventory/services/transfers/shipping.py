"""Goods that leave the source and are on their way."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from common.codes import next_code
from inventory.exceptions import InsufficientStock, UnfitLines
from inventory.models import TransferLine, TransferRequest
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
    rest_later: bool = False,
    acting_user: Any,
) -> TransferRequest:
    """Ship an approved transfer: all that was asked for, or of the lines named what is `leaving`.

    What of the lines does not leave is dropped, or with `rest_later` stands in a transfer of its
    own, approved as this one was.

    Goods leave the source at its average cost, of the lots chosen or else the first to expire, and
    are incoming at the destination, whose people are told; a transfer with `auto_receive` is
    received at once. Locks the transfer, then the balances. Raises WrongState, NotAllowed,
    InvalidInput, UnfitLines, and InsufficientStock naming every short line by its number.
    """
    transfer = lock_transfer(transfer)
    require_work_in(transfer.from_warehouse, acting_user, "ship its goods")
    ship_locked(transfer, leaving, acting_user, rest_later=rest_later)
    tell_transfer_shipped(transfer, but=[acting_user.pk])
    return transfer


def ship_locked(
    transfer: TransferRequest,
    leaving: Sequence[Leaving] | None,
    acting_user: Any,
    *,
    rest_later: bool = False,
) -> TransferRequest:
    """Ship a locked transfer that is approved."""
    transfer.require_step_to(Status.IN_TRANSIT)
    lines = lines_of(transfer)
    portions = portions_of(lines, leaving)
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
    if rest_later:
        make_rest(transfer, lines.values())
    return transfer


def make_rest(transfer: TransferRequest, lines: Iterable[TransferLine]) -> TransferRequest | None:
    """Make a transfer of what did not leave with a locked one, if anything: approved as it was."""
    short = [line for line in lines if line.quantity_shipped < line.quantity]
    if not short:
        return None
    kept = (
        "from_warehouse", "to_warehouse", "auto_receive", "notes", "requested_by", "decided_by",
        "decided_at", "decision_note",
    )  # fmt: skip
    rest = TransferRequest.objects.create(
        code=next_code(TransferRequest, "code", "TR-", yearly=True),
        status=Status.APPROVED,
        follows=transfer,
        **{name: getattr(transfer, name) for name in kept},
    )
    TransferLine.objects.bulk_create(
        TransferLine(
            transfer=rest,
            position=position,
            variation=line.variation,
            quantity=line.quantity - line.quantity_shipped,
        )
        for position, line in enumerate(short, start=1)
    )
    return rest


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
