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
from sales.services.order_rows import CENT, HUNDRED, ZERO, line_amount, sum_by_item
from sales.services.order_state import lock_order, require_action
from sales.services.returned_lots import choose_lots
from warehouses.models import Warehouse

TAKE_BACK = """
    UPDATE sales_salesorderitem i
    SET quantity_returned = i.quantity_returned + n.quantity,
        credited_amount = i.credited_amount + n.credit
    FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[]) AS n(id, quantity, credit)
    WHERE i.id = n.id"""

Chosen = Sequence[tuple[SalesOrderItem, LineRequest]]
Disposition = SalesReturnItem.Disposition


@transaction.atomic
def return_goods(
    *,
    order: SalesOrder,
    lines: Sequence[LineRequest],
    warehouse: Warehouse | None = None,
    restocking_fee_percent: Decimal = ZERO,
    occurred_at: datetime | None = None,
    notes: str = "",
    quiet: bool = False,
    acting_user: Any,
) -> SalesReturn:
    """Take back delivered goods: to stock, at the average cost they left at, to scrap, or aside.

    They come back to the order's own warehouse unless another is named. A line's reason decides
    where it goes unless the request does; what is quarantined is in no balance until somebody
    decides. Each line is credited what was paid for it, less the fee. Of goods that track lots a
    line names the lot, unless only one left. Locks the order, then the balances. Raises WrongState
    where nothing has left, InvalidInput on lines or lots that the order has not, and
    QuantityExceeded where more would come back than left.
    """
    locked = lock_order(order)
    require_action(locked, "return")
    chosen = choose_lines(locked, lines)
    refuse_excess(chosen)
    lots = choose_lots(locked, chosen)
    returned = SalesReturn.objects.create(
        return_number=next_code(SalesReturn, "return_number", "SR-", yearly=True),
        order=locked,
        warehouse_id=locked.warehouse_id if warehouse is None else warehouse.pk,
        restocking_fee_percent=restocking_fee_percent,
        occurred_at=occurred_at or timezone.now(),
        notes=notes,
        created_by=acting_user,
    )
    items = insert_return_items(returned, chosen, lots)
    apply_stock_changes(
        [
            inbound(returned, item, item.quantity, returned.occurred_at)
            for item in items
            if item.disposition == Disposition.STOCK
        ],
        acting_user=acting_user,
        quiet=quiet,
    )
    return returned


def refuse_excess(chosen: Chosen) -> None:
    exceeded: dict[str, list[Any]] = {}
    totals = sum_by_item((item.pk, request.quantity) for item, request in chosen)
    for index, (item, _) in enumerate(chosen):
        left = item.quantity_returnable
        if totals[item.pk] > left:
            exceeded[f"items.{index}.quantity"] = [
                f"{left.normalize():f} of line {item.position} can come back. Send at most that."
            ]
    if exceeded:
        raise QuantityExceeded("More should come back than left.", exceeded)


def insert_return_items(
    returned: SalesReturn, chosen: Chosen, lots: Sequence[str]
) -> list[SalesReturnItem]:
    """Insert the lines of a return and add them to what came back of the order's lines."""
    totals = sum_by_item((item.pk, request.quantity) for item, request in chosen)
    costs = costs_left_at([*totals])
    credit = credits_of(chosen, returned.restocking_fee_percent)
    credited = sum_by_item((item.pk, one) for (item, _), one in zip(chosen, credit, strict=True))
    with connection.cursor() as cursor:
        rows = [(key, quantity, credited[key]) for key, quantity in totals.items()]
        cursor.execute(TAKE_BACK, columns(rows, 3))
    items = []
    for (item, request), lot, amount in zip(chosen, lots, credit, strict=True):
        disposition = request.disposition or default_disposition(request.reason)
        items.append(
            SalesReturnItem(
                sales_return=returned,
                order_item=item,
                quantity=request.quantity,
                reason=request.reason,
                disposition=disposition,
                quantity_restocked=request.quantity if disposition == Disposition.STOCK else ZERO,
                quantity_scrapped=request.quantity if disposition == Disposition.SCRAP else ZERO,
                credit_amount=amount,
                unit_cost=costs[item.pk],
                lot_number=lot,
            )
        )
    return SalesReturnItem.objects.bulk_create(items)


def credits_of(chosen: Chosen, fee_percent: Decimal) -> list[Decimal]:
    """Return what is credited for each line: what was paid for it, less the fee, to the cent.

    What was paid for so many units is price x (100 - discount) / 100 for all that has come back
    by then, less the same for what had come back before: credits of a line that comes back in
    parts add up to what was paid for it, whatever the rounding. Halves are rounded up.
    """
    returned: dict[int, Decimal] = {}
    amounts = []
    for item, request in chosen:
        before = returned.get(item.pk, item.quantity_returned)
        returned[item.pk] = before + request.quantity
        paid, paid_before = (
            line_amount(quantity, item.sale_price_per_unit, item.discount_percent)
            for quantity in (returned[item.pk], before)
        )
        kept = (HUNDRED - fee_percent) * CENT
        amounts.append(((paid - paid_before) * kept).quantize(CENT, ROUND_HALF_UP))
    return amounts


def default_disposition(reason: str) -> str:
    """Return where goods go that came back for this reason."""
    return Disposition.SCRAP if reason in SalesReturnItem.SCRAPPED else Disposition.STOCK


def costs_left_at(item_keys: Sequence[int]) -> dict[int, Decimal]:
    """Return the average cost per unit at which each order line's goods left."""
    sums = (
        FulfilmentItem.objects.filter(order_item__in=item_keys)
        .order_by()
        .values_list("order_item")
        .annotate(value=Sum(F("quantity") * F("unit_cost")), total=Sum("quantity"))
    )
    return {key: (value / total).quantize(FOUR_PLACES, ROUND_HALF_UP) for key, value, total in sums}


def inbound(
    returned: SalesReturn,
    item: SalesReturnItem,
    quantity: Decimal,
    occurred_at: datetime | None = None,
) -> StockChange:
    """Return the ledger line of goods that go back to stock."""
    return StockChange(
        variation_id=item.order_item.variation_id,
        warehouse_id=returned.warehouse_id,
        quantity=quantity,
        movement_type="inbound",
        unit_cost=item.unit_cost,
        reason_code="return",
        reason_description=item.reason,
        reference_type="sales_return",
        reference_code=returned.return_number,
        lot_number=item.lot_number,
        may_be_unavailable=True,
        occurred_at=occurred_at,
    )
