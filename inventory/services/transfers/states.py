"""What every step of a transfer begins with."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import connection

from common.exceptions import NotAllowed
from inventory.models import StockMovement, TransferLine, TransferRequest
from inventory.services.stock_change import StockChange
from warehouses.models import Warehouse

REFERENCE_TYPE = "transfer"
ZERO = Decimal(0)

WRITE_LINES = """
    UPDATE inventory_transferline l
    SET quantity_shipped = n.shipped, quantity_received = n.received,
        quantity_damaged = n.damaged, quantity_lost = n.lost, quantity_returned = n.returned,
        unit_cost = n.unit_cost, discrepancy = n.discrepancy
    FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[],
                %s::numeric[], %s::numeric[], %s::text[])
        AS n(id, shipped, received, damaged, lost, returned, unit_cost, discrepancy)
    WHERE l.id = n.id"""
WRITTEN = (
    "pk", "quantity_shipped", "quantity_received", "quantity_damaged", "quantity_lost",
    "quantity_returned", "unit_cost", "discrepancy",
)  # fmt: skip


def lock_transfer(transfer: TransferRequest) -> TransferRequest:
    """Lock a transfer's row until the transaction ends and return it as it is now.

    Every step of a transfer comes through here, and locks balances only after it.
    """
    locked: TransferRequest = (
        TransferRequest.objects.select_for_update(no_key=True, of=("self",))
        .select_related("from_warehouse", "to_warehouse")
        .get(pk=transfer.pk)
    )
    return locked


def lines_of(transfer: TransferRequest) -> dict[int, TransferLine]:
    """Return the lines of a locked transfer by their keys."""
    return {line.pk: line for line in transfer.lines.select_related("variation__product")}


def require_work_in(warehouse: Warehouse, acting_user: Any, deed: str) -> None:
    """Raise NotAllowed unless somebody works in the warehouse where goods are handled."""
    if not Warehouse.objects.member(acting_user).filter(pk=warehouse.pk).exists():
        raise NotAllowed(f"Only people of {warehouse.code} {deed}. Ask one of them.")


def movement_of(transfer: TransferRequest, line: TransferLine, **change: Any) -> StockChange:
    """Return a change of stock that refers to a transfer."""
    known: dict[str, Any] = {
        "variation_id": line.variation_id,
        "movement_type": StockMovement.Type.TRANSFER,
        "reference_type": REFERENCE_TYPE,
        "reference_code": transfer.code,
        "approved_by_id": transfer.decided_by_id,
    }
    return StockChange(**known | change)


def write_lines(lines: Iterable[TransferLine]) -> None:
    """Save what became of lines, in one statement for any number of them."""
    rows = list(lines)
    with connection.cursor() as cursor:
        cursor.execute(WRITE_LINES, [[getattr(line, name) for line in rows] for name in WRITTEN])
