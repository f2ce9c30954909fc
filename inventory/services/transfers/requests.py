"""Asking for goods of another warehouse, and the decision."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from common.codes import next_code
from common.exceptions import InvalidInput
from common.second_person import require_second_person
from inventory.models import TransferLine, TransferRequest
from inventory.services.tell import tell_decided, tell_transfer_shipped, tell_transfer_waits
from inventory.services.transfers.leaving import Leaving
from inventory.services.transfers.shipping import ship_locked
from inventory.services.transfers.states import lock_transfer
from inventory.services.wanted_lines import WantedLine, require_wanted
from warehouses.models import Warehouse

Status = TransferRequest.Status


@transaction.atomic
def request_transfer(
    *,
    from_warehouse: Warehouse,
    to_warehouse: Warehouse,
    lines: Sequence[WantedLine],
    notes: str = "",
    auto_receive: bool = False,
    acting_user: Any,
) -> TransferRequest:
    """Ask that goods go from one warehouse to another; who asks works in one of the two.

    Reserves nothing and reads no stock: what the source has is its people's to know. Raises
    InvalidInput naming every bad line.
    """
    require_ends(from_warehouse, to_warehouse, acting_user)
    require_wanted(lines)
    transfer = TransferRequest.objects.create(
        code=next_code(TransferRequest, "code", "TR-", yearly=True),
        from_warehouse=from_warehouse,
        to_warehouse=to_warehouse,
        auto_receive=auto_receive,
        notes=notes,
        requested_by=acting_user,
    )
    TransferLine.objects.bulk_create(
        TransferLine(
            transfer=transfer,
            position=position,
            variation=line.variation,
            quantity=line.quantity,
        )
        for position, line in enumerate(lines, start=1)
    )
    tell_transfer_waits(transfer)
    return transfer


def require_ends(source: Warehouse, destination: Warehouse, acting_user: Any) -> None:
    """Raise InvalidInput unless goods go elsewhere, and from or to where the user works."""
    if source.pk == destination.pk:
        text = "Choose a destination other than the source."
        raise InvalidInput(text, {"to_warehouse": [text]})
    own = Warehouse.objects.member(acting_user).filter(pk__in=[source.pk, destination.pk])
    if not own.exists():
        text = "Name a warehouse that you belong to as the source or the destination."
        raise InvalidInput(text, {"from_warehouse": [text], "to_warehouse": [text]})


@transaction.atomic
def approve_transfer(
    *,
    transfer: TransferRequest,
    note: str = "",
    ship: bool = True,
    leaving: Sequence[Leaving] | None = None,
    rest_later: bool = False,
    acting_user: Any,
) -> TransferRequest:
    """Approve a request and ship it at once, or with `ship=False` let the source ship it later.

    `leaving` says of lines how much leaves where it is less than asked for, and of which lot;
    `rest_later` that the rest stands in a transfer of its own, approved by the same. Tells
    who asked, and the people of the destination. Locks the transfer, then the balances. Raises
    OwnRequest, WrongState, InvalidInput where something is said of what leaves though nothing does
    yet, and what ship_transfer does: then nothing is decided.
    """
    if not ship and (leaving is not None or rest_later):
        text = "Nothing leaves yet. Say what leaves when it is shipped."
        raise InvalidInput(text, {"ship": [text]})
    transfer = lock_transfer(transfer)
    transfer.require_step_to(Status.APPROVED)
    require_second_person(transfer.requested_by_id, acting_user=acting_user)
    decide(transfer, Status.APPROVED, note, acting_user)
    if ship:
        ship_locked(transfer, leaving, acting_user, rest_later=rest_later)
        tell_transfer_shipped(transfer, but=[acting_user.pk, transfer.requested_by_id])
    tell_decided("transfer", transfer, transfer.requested_by_id)
    return transfer


@transaction.atomic
def reject_transfer(*, transfer: TransferRequest, note: str, acting_user: Any) -> TransferRequest:
    """Reject a request and say why. Locks the transfer. Raises WrongState, InvalidInput."""
    if not note.strip():
        raise InvalidInput("Say why you reject it.", {"note": ["Say why you reject it."]})
    transfer = lock_transfer(transfer)
    transfer.require_step_to(Status.REJECTED)
    require_second_person(transfer.requested_by_id, acting_user=acting_user)
    decide(transfer, Status.REJECTED, note, acting_user)
    tell_decided("transfer", transfer, transfer.requested_by_id)
    return transfer


def decide(transfer: TransferRequest, status: str, note: str, acting_user: Any) -> TransferRequest:
    transfer.status, transfer.decision_note = status, note
    transfer.decided_by, transfer.decided_at = acting_user, timezone.now()
    transfer.save(
        update_fields=["status", "decision_note", "decided_by", "decided_at", "updated_at"]
    )
    return transfer
