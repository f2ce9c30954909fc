"""Which lots are on their way with which line, and which of them an arrival takes."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from common.exceptions import InvalidInput
from inventory.models import TransferLine, TransferLot, TransferRequest
from inventory.services.lot_change import LotPart

ZERO = Decimal(0)
WRITE_LOTS = """
    UPDATE inventory_transferlot t SET quantity_in_transit = n.quantity
    FROM unnest(%s::bigint[], %s::numeric[]) AS n(id, quantity) WHERE t.id = n.id"""


class Part(NamedTuple):
    """A quantity of one lot; of goods that track no lots the number is empty."""

    lot_number: str
    quantity: Decimal


class Transit:
    """The lots that are on their way with the lines of a locked transfer."""

    def __init__(self, transfer: TransferRequest) -> None:
        rows = TransferLot.objects.filter(line__transfer=transfer, quantity_in_transit__gt=0)
        self.by_line: dict[int, list[TransferLot]] = {}
        self.taken: dict[int, TransferLot] = {}
        for row in sorted(rows.select_related("lot"), key=first_to_expire):
            self.by_line.setdefault(row.line_id, []).append(row)

    def take(
        self, line: TransferLine, quantity: Decimal, lot_number: str = "", index: int = 0
    ) -> list[Part]:
        """Take a quantity of a line, of the lot named or else of the first to expire.

        Raises InvalidInput where less of the lot named is on its way.
        """
        rows = self.by_line.get(line.pk, [])
        if not rows and not lot_number:
            return [Part("", quantity)] if quantity else []
        if lot_number:
            rows = [row for row in rows if row.lot.lot_number == lot_number]
            there = sum((row.quantity_in_transit for row in rows), ZERO)
            if quantity > there:
                text = f"Of lot {lot_number[:50]}, {there.normalize():f} are on their way."
                raise InvalidInput(text, {f"items.{index}.lot_number": [text]})
        return list(self._parts(rows, quantity))

    def _parts(self, rows: Iterable[TransferLot], quantity: Decimal) -> Iterable[Part]:
        for row in rows:
            part = min(row.quantity_in_transit, quantity)
            if part:
                row.quantity_in_transit -= part
                quantity -= part
                self.taken[row.pk] = row
                yield Part(row.lot.lot_number, part)

    def save(self) -> None:
        """Write what was taken, in one statement."""
        if self.taken:
            with connection.cursor() as cursor:
                quantities = [row.quantity_in_transit for row in self.taken.values()]
                cursor.execute(WRITE_LOTS, [list(self.taken), quantities])


def first_to_expire(row: TransferLot) -> tuple[date, int]:
    return row.lot.expiration_date or date.max, row.lot_id


def note_shipped(parts: Iterable[tuple[int, Iterable[LotPart]]]) -> None:
    """Note which lots left with which line, by the lines' keys, each lot of a line once."""
    sums: dict[tuple[int, int], Decimal] = {}
    for line_id, left in parts:
        for part in left:
            key = (line_id, part.lot_id)
            sums[key] = sums.get(key, ZERO) - part.quantity
    rows = [
        TransferLot(
            line_id=line_id, lot_id=lot_id, quantity_shipped=total, quantity_in_transit=total
        )
        for (line_id, lot_id), total in sums.items()
    ]
    if rows:
        TransferLot.objects.bulk_create(rows)
