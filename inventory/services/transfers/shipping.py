"""Goods that leave the source and are on their way."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from inventory.models import TransferRequest
from inventory.services.ledger import apply_stock_changes
from inventory.services.transfers.receiving import receive_locked
from inventory.services.transfers.states import (
    lines_of,
    lock_transfer,
    movement_of,
    require_work_in,
    write_lines,
)
from inventory.services.transfers.transit import note_shipped
from inventory.services.wanted_lines import granted_quantities

Status = TransferRequest.Status


@transaction.atomic
def ship_transfer(
    *,
    transfer: TransferRequest,
    quantities: Mapping[int, Decimal] | None = None,
    acting_user: Any,
) -> TransferRequest:
    """Ship an approved transfer: all that was asked for, or `quantities` by line key.

    Goods leave the source at its average cost, the first lots to expire, and are incoming at the
    destination; a transfer with `auto_receive` is received at once. Locks the transfer, then the
    balances. Raises WrongState, NotAllowed, InvalidInput, and InsufficientStock naming every
    short line.
    """
    transfer = lock_transfer(transfer)
    require_work_in(transfer.from_warehouse, acting_user, "ship its goods")
    return ship_locked(transfer, quantities, acting_user)


def ship_locked(
    transfer: TransferRequest, quantities: Mapping[int, Decimal] | None, acting_user: Any
) -> TransferRequest:
    """Ship a locked transfer that is approved."""
    transfer.require_step_to(Status.IN_TRANSIT)
    lines = lines_of(transfer)
    leaving = granted_quantities(lines, quantities)
    shipped = [(lines[key], quantity) for key, quantity in leaving.items()]
    changes = []
    for line, quantity in shipped:
        changes += [
            movement_of(
                transfer, line, warehouse_id=transfer.from_warehouse_id, quantity=-quantity
            ),
            movement_of(transfer, line, warehouse_id=transfer.to_warehouse_id, incoming=quantity),
        ]
    posted = apply_stock_changes(changes, acting_user=acting_user)
    for (line, quantity), left in zip(shipped, posted[::2], strict=True):
        line.quantity_shipped, line.unit_cost = quantity, left.unit_cost
    note_shipped({line.pk: left.lots for (line, _), left in zip(shipped, posted[::2], strict=True)})
    write_lines(line for line, _ in shipped)
    transfer.status = Status.IN_TRANSIT
    transfer.shipped_by, transfer.shipped_at = acting_user, timezone.now()
    transfer.save(update_fields=["status", "shipped_by", "shipped_at", "updated_at"])
    if transfer.auto_receive:
        receive_locked(transfer, None, acting_user)
    return transfer
