"""Goods go back to their supplier."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from common.codes import next_code
from common.exceptions import InvalidInput
from inventory.exceptions import UnfitLines
from inventory.models import StockMovement
from inventory.services.ledger import apply_stock_changes
from inventory.services.past_stock import require_stock_then
from inventory.services.stock_change import StockChange
from purchasing.exceptions import ReturnExceeded
from purchasing.models import (
    GoodsReceiptLine,
    PurchaseOrder,
    PurchaseOrderItem,
    SupplierReturn,
    SupplierReturnItem,
)
from purchasing.services.receipts import require_time
from purchasing.services.transitions import lock_purchase_order

ZERO = Decimal(0)
REFERENCE_TYPE = "supplier_return"
Lots = Mapping[int, Mapping[str, Decimal]]

COUNT_RETURNED = """
    UPDATE purchasing_purchaseorderitem i
    SET quantity_returned = i.quantity_returned + n.quantity
    FROM unnest(%s::bigint[], %s::numeric[]) AS n(id, quantity)
    WHERE i.id = n.id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLine:
    """What goes back of one order line, in the variation's stock unit.

    credit_amount: in the order's currency; None is what the order's line says that it cost.
    """

    item_id: int
    quantity: Decimal
    reason: str
    lot_number: str = ""
    credit_amount: Decimal | None = None


@transaction.atomic
def return_to_supplier(
    *,
    order: PurchaseOrder,
    lines: Sequence[ReturnLine],
    occurred_at: datetime | None = None,
    notes: str = "",
    acting_user: Any,
) -> SupplierReturn:
    """Send accepted goods of an order back, out of what is available, and return the document.

    They leave at the balance's average cost; what is credited is what the order's lines say, unless
    told. Of goods that came in lots a line names its lot, unless one is left alone; a lot may be
    expired or quarantined. What the order lacks does not grow: goods that shall come again are
    ordered again. Locks the order, then the balances; the number of statements does not depend on
    the number of lines. Raises InvalidInput, ReturnExceeded naming every line of which less came in
    or is left, and InsufficientStock, also where goods were not there yet on a past day.
    """
    order = lock_purchase_order(order)
    if occurred_at is not None:
        require_time(order, occurred_at, acting_user)
    items = {item.pk: item for item in order.items.select_related("variation")}
    require_lines(items, lines)
    refuse_excess(items, lines)
    lots = choose_lots(items, lines, lots_left(order))
    returned = write_return(order, items, lines, lots, occurred_at, notes, acting_user)
    changes = [
        outbound(order, returned, items[line.item_id], line, lot)
        for line, lot in zip(lines, lots, strict=True)
    ]
    try:
        posted = apply_stock_changes(changes, acting_user=acting_user)
    except UnfitLines as error:
        error.at_paths([f"items.{index}." for index in range(len(lines))])
        raise
    require_stock_then(posted)
    return returned


def require_lines(items: Mapping[int, PurchaseOrderItem], lines: Sequence[ReturnLine]) -> None:
    """Raise InvalidInput where lines are missing, unknown, empty or without a known reason."""
    errors: dict[str, list[Any]] = {} if lines else {"items": ["Name what goes back."]}
    for index, line in enumerate(lines):
        if line.item_id not in items:
            errors[f"items.{index}.id"] = ["The order has no such item. Read it again."]
        if line.quantity <= 0:
            errors[f"items.{index}.quantity"] = ["Send a quantity above 0."]
        if line.reason not in SupplierReturnItem.Reason.values:
            known = ", ".join(SupplierReturnItem.Reason.values)
            errors[f"items.{index}.reason"] = [f"Say why: {known}."]
        if line.credit_amount is not None and line.credit_amount < 0:
            errors[f"items.{index}.credit_amount"] = ["Send 0 or more."]
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)


def refuse_excess(items: Mapping[int, PurchaseOrderItem], lines: Sequence[ReturnLine]) -> None:
    """Raise ReturnExceeded naming every line of which more would go back than came."""
    totals: dict[int, Decimal] = defaultdict(Decimal)
    for line in lines:
        totals[line.item_id] += line.quantity
    beyond = [
        {
            "id": key,
            "position": items[key].position,
            "sku": items[key].variation.sku_code,
            "quantity_received": items[key].quantity_received,
            "quantity_returned": items[key].quantity_returned,
            "requested": total,
            "most_returnable": items[key].quantity_returnable,
        }
        for key, total in totals.items()
        if total > items[key].quantity_returnable
    ]
    if beyond:
        raise ReturnExceeded(
            "More should go back than came in and did not go back before.", {"lines": beyond}
        )


def lots_left(order: PurchaseOrder) -> Lots:
    """Return by order line and lot what came in of it and did not go back."""
    left: dict[int, dict[str, Decimal]] = defaultdict(dict)
    came = GoodsReceiptLine.objects.filter(receipt__order=order, quantity_accepted__gt=0)
    for key, lot, quantity in sums_by_lot(came, "quantity_accepted"):
        left[key][lot] = quantity
    went = SupplierReturnItem.objects.filter(supplier_return__order=order)
    for key, lot, quantity in sums_by_lot(went, "quantity"):
        left[key][lot] = left[key].get(lot, ZERO) - quantity
    return {
        key: {lot: quantity for lot, quantity in lots.items() if quantity > 0}
        for key, lots in left.items()
    }


def sums_by_lot(rows: Any, column: str) -> Any:
    named = rows.exclude(lot_number="").order_by()
    return named.values_list("item", "lot_number").annotate(total=Sum(column))


def choose_lots(
    items: Mapping[int, PurchaseOrderItem], lines: Sequence[ReturnLine], left: Lots
) -> list[str]:
    """Return the lot of each line; empty for goods that came without one.

    Raises InvalidInput where a lot is missing, did not come with the order, or is not left in
    that quantity.
    """
    errors: dict[str, list[Any]] = {}
    taken: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    lots = []
    for index, line in enumerate(lines):
        known = left.get(line.item_id, {})
        lot = line.lot_number or (next(iter(known)) if len(known) == 1 else "")
        lots.append(lot)
        taken[line.item_id, lot] += line.quantity
        if known and lot not in known:
            names = ", ".join(sorted(known))
            errors[f"items.{index}.lot_number"] = [f"Name a lot that came with the order: {names}."]
        elif known and taken[line.item_id, lot] > known[lot]:
            text = f"{known[lot].normalize():f} of lot {lot} can go back. Send at most that."
            errors[f"items.{index}.quantity"] = [text]
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    return lots


def write_return(
    order: PurchaseOrder,
    items: Mapping[int, PurchaseOrderItem],
    lines: Sequence[ReturnLine],
    lots: Sequence[str],
    occurred_at: datetime | None,
    notes: str,
    acting_user: Any,
) -> SupplierReturn:
    """Write the document of a locked order, and count on its lines what goes back."""
    credits = credits_of(items, lines)
    returned = SupplierReturn.objects.create(
        return_number=next_code(SupplierReturn, "return_number", "RTS-", yearly=True),
        order=order,
        occurred_at=occurred_at or timezone.now(),
        credit_amount=sum(credits, ZERO),
        notes=notes,
        created_by=acting_user,
    )
    SupplierReturnItem.objects.bulk_create(
        SupplierReturnItem(
            supplier_return=returned,
            item_id=line.item_id,
            quantity=line.quantity,
            reason=line.reason,
            lot_number=lot,
            unit_cost=items[line.item_id].unit_cost,
            credit_amount=credit,
        )
        for line, lot, credit in zip(lines, lots, credits, strict=True)
    )
    totals: dict[int, Decimal] = defaultdict(Decimal)
    for line in lines:
        totals[line.item_id] += line.quantity
    with connection.cursor() as cursor:
        cursor.execute(COUNT_RETURNED, [list(totals), list(totals.values())])
    return returned


def credits_of(
    items: Mapping[int, PurchaseOrderItem], lines: Sequence[ReturnLine]
) -> list[Decimal]:
    """Return what is credited for each line: as told, else what its goods cost without charges.

    That is what all of the order's line that went back by then cost, less what the same had cost
    before: credits of a line that goes back in parts add up to what it cost, to the cent.
    """
    returned = {key: item.quantity_returned for key, item in items.items()}
    credits = []
    for line in lines:
        item, before = items[line.item_id], returned[line.item_id]
        returned[line.item_id] = before + line.quantity
        cost = item.goods_amount(returned[line.item_id]) - item.goods_amount(before)
        credits.append(cost if line.credit_amount is None else line.credit_amount)
    return credits


def outbound(
    order: PurchaseOrder,
    returned: SupplierReturn,
    item: PurchaseOrderItem,
    line: ReturnLine,
    lot: str,
) -> StockChange:
    """Return the ledger line of goods that go back."""
    return StockChange(
        variation_id=item.variation_id,
        warehouse_id=order.warehouse_id,
        quantity=-line.quantity,
        movement_type=StockMovement.Type.OUTBOUND,
        reason_code="supplier_return",
        reason_description=line.reason,
        reference_type=REFERENCE_TYPE,
        reference_code=returned.return_number,
        lot_number=lot,
        may_be_unavailable=bool(lot),
        occurred_at=returned.occurred_at,
    )
