"""Returned goods that were set aside: back to stock, or to scrap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from common.exceptions import InvalidInput
from inventory.services.ledger import apply_stock_changes
from sales.exceptions import QuantityExceeded
from sales.models import SalesReturn, SalesReturnItem
from sales.services.order_rows import sum_by_item
from sales.services.order_state import lock_order
from sales.services.returns import inbound

STOCK = SalesReturnItem.Disposition.STOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspected:
    """So much of a line of a return turned out to be good, or not."""

    item_id: int
    quantity: Decimal
    disposition: str


@transaction.atomic
def inspect_returned_goods(
    *, sales_return: SalesReturn, lines: Sequence[Inspected], acting_user: Any
) -> SalesReturn:
    """Decide about goods in quarantine: they go to stock at the cost they left at, or to scrap.

    One posting, all or nothing. Locks the return's order, then the balances. Raises InvalidInput
    on lines the return has not, and QuantityExceeded where less is in quarantine.
    """
    lock_order(sales_return.order)
    found = sales_return.items.select_related("order_item").order_by("pk")
    items = {item.pk: item for item in found}
    require_known(items, lines)
    refuse_excess(items, lines)
    for line in lines:
        item = items[line.item_id]
        if line.disposition == STOCK:
            item.quantity_restocked += line.quantity
        else:
            item.quantity_scrapped += line.quantity
    decided = {line.item_id: items[line.item_id] for line in lines}
    SalesReturnItem.objects.bulk_update(
        decided.values(), ["quantity_restocked", "quantity_scrapped"]
    )
    apply_stock_changes(
        [
            inbound(sales_return, items[line.item_id], line.quantity)
            for line in lines
            if line.disposition == STOCK
        ],
        acting_user=acting_user,
    )
    return sales_return


def require_known(items: Mapping[int, SalesReturnItem], lines: Sequence[Inspected]) -> None:
    errors: dict[str, list[Any]] = {
        f"items.{index}.id": ["The return has no such line. Read it again."]
        for index, line in enumerate(lines)
        if line.item_id not in items
    }
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)


def refuse_excess(items: Mapping[int, SalesReturnItem], lines: Sequence[Inspected]) -> None:
    totals = sum_by_item((line.item_id, line.quantity) for line in lines)
    exceeded: dict[str, list[Any]] = {}
    for index, line in enumerate(lines):
        waiting = items[line.item_id].quantity_in_inspection
        if totals[line.item_id] > waiting:
            exceeded[f"items.{index}.quantity"] = [
                f"{waiting.normalize():f} of this line are in quarantine. Send at most that."
            ]
    if exceeded:
        raise QuantityExceeded("More should be decided about than is in quarantine.", exceeded)
