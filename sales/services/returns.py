"""Goods come back from a customer."""

from collections.abc import Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Sum
from django.utils import timezone

from common.codes import next_code
from inventory.services.ledger import apply_stock_changes
from inventory.services.sql_arrays import columns
from inventory.services.stock_change import FOUR_PLACES, StockChange
from sales.exceptions import QuantityExceeded
from sales.models import (
    FulfilmentItem,
    SalesOrder,
    SalesOrderItem,
    SalesReturn,
    SalesReturnItem,
)
from sales.services.line_choice import LineRequest, choose_lines
from sales.services.order_rows import sum_by_item
from sales.services.order_state import lock_order
from sales.services.returned_lots import choose_lots

TAKE_BACK = """
    UPDATE sales_salesorderitem i
    SET quantity_returned = i.quantity_returned + n.quantity
    FROM unnest(%s::bigint[], %s::numeric[]) AS n(id, quantity)
    WHERE i.id = n.id"""

Chosen = Sequence[tuple[SalesOrderItem, LineRequest]]


@transaction.atomic
def return_goods(
    *,
    order: SalesOrder,
    lines: Sequence[LineRequest],
    occurred_at: datetime | None = None,
    notes: str = "",
    quiet: bool = False,
    acting_user: Any,
) -> SalesReturn:
    """Take back delivered goods: to stock, at the average cost they left at, or to scrap.

    A line's reason decides where it goes unless the request does. Of goods that track lots a line
    names the lot, unless only one left. Locks the order, then the balances. Raises InvalidInput
    on lines or lots that the order has not, and QuantityExceeded where more would come back than
    left.
    """
    locked = lock_order(order)
    chosen = choose_lines(locked, lines)
    refuse_excess(chosen)
    lots = choose_lots(locked, chosen)
    returned = SalesReturn.objects.create(
        return_number=next_code(SalesReturn, "return_number", "SR-", yearly=True),
        order=locked,
        occurred_at=occurred_at or timezone.now(),
        notes=notes,
        created_by=acting_user,
    )
    items = insert_return_items(returned, chosen, lots)
    apply_stock_changes(
        [
            inbound(locked, returned, item)
            for item in items
            if item.disposition == SalesReturnItem.Disposition.STOCK
        ],
        acting_user=acting_user,
        quiet=quiet,
    )
    return returned


def refuse_excess(chosen: Chosen) -> None:
    exceeded: dict[str, list[Any]] = {}
    totals = sum_by_item((item.pk, request.quantity) for item, request in chosen)
    for index, (item, _) in enumerate(chosen):
        left = item.quantity_fulfilled - item.quantity_returned
        if totals[item.pk] > left:
            exceeded[f"items.{index}.quantity"] = [
                f"{left} of line {item.position} can come back. Send at most that."
            ]
    if exceeded:
        raise QuantityExceeded("More should come back than left.", exceeded)


def insert_return_items(
    returned: SalesReturn, chosen: Chosen, lots: Sequence[str]
) -> list[SalesReturnItem]:
    totals = sum_by_item((item.pk, request.quantity) for item, request in chosen)
    costs = costs_left_at([*totals])
    with connection.cursor() as cursor:
        cursor.execute(TAKE_BACK, columns([*totals.items()], 2))
    return SalesReturnItem.objects.bulk_create(
        SalesReturnItem(
            sales_return=returned,
            order_item=item,
            quantity=request.quantity,
            reason=request.reason,
            disposition=request.disposition or default_disposition(request.reason),
            unit_cost=costs[item.pk],
            lot_number=lot,
        )
        for (item, request), lot in zip(chosen, lots, strict=True)
    )


def default_disposition(reason: str) -> str:
    """Return where goods go that came back for this reason."""
    scrapped = reason in SalesReturnItem.SCRAPPED
    return SalesReturnItem.Disposition.SCRAP if scrapped else SalesReturnItem.Disposition.STOCK


def costs_left_at(item_keys: Sequence[int]) -> dict[int, Decimal]:
    """Return the average cost per unit at which each order line's goods left."""
    sums = (
        FulfilmentItem.objects.filter(order_item__in=item_keys)
        .order_by()
        .values_list("order_item")
        .annotate(value=Sum(F("quantity") * F("unit_cost")), total=Sum("quantity"))
    )
    return {key: (value / total).quantize(FOUR_PLACES, ROUND_HALF_UP) for key, value, total in sums}


def inbound(order: SalesOrder, returned: SalesReturn, item: SalesReturnItem) -> StockChange:
    """Return the ledger line of goods that go back to stock."""
    return StockChange(
        variation_id=item.order_item.variation_id,
        warehouse_id=order.warehouse_id,
        quantity=item.quantity,
        movement_type="inbound",
        unit_cost=item.unit_cost,
        reason_code="return",
        reason_description=item.reason,
        reference_type="sales_return",
        reference_code=returned.return_number,
        lot_number=item.lot_number,
        may_be_unavailable=True,
        occurred_at=returned.occurred_at,
    )
