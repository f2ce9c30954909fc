"""Goods that arrive: from an order's lines into stock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.db.models import BigIntegerField
from django.utils import timezone

from common.codes import next_code
from common.compiled_queries import CompiledQuery, Given, prepared_cursor
from common.exceptions import InvalidInput
from inventory.exceptions import UnfitLines
from inventory.models import StockMovement
from inventory.services.ledger import apply_stock_changes
from inventory.services.movements import checked_time
from inventory.services.sql_arrays import columns, numbers, texts
from inventory.services.stock_change import StockChange
from purchasing.exceptions import DuplicateDelivery, OverReceipt
from purchasing.models import GoodsReceipt, PurchaseOrder, PurchaseOrderItem
from purchasing.queries import most_receivable, over_receipt_tolerance
from purchasing.services.approval import require_approval
from purchasing.services.landed_costs import LandedCosts, landed_unit_cost
from purchasing.services.lateness import tell_of_late_order
from purchasing.services.transitions import lock_purchase_order, move_order, require_transition

Status = PurchaseOrder.Status
ZERO = Decimal(0)
REFERENCE_TYPE = "purchase_order"

ITEMS = CompiledQuery(
    lambda: PurchaseOrderItem.objects.filter(
        order_id=Given("key", BigIntegerField())
    ).select_related("variation")
)

INSERT_LINES = """
    INSERT INTO purchasing_goodsreceiptline
        (receipt_id, item_id, quantity_accepted, quantity_rejected, goods_amount, charges_amount,
         lot_number, expiration_date)
    SELECT %s::bigint, n.item_id, n.accepted, n.rejected, n.goods, n.charges, n.lot_number,
           n.expiration_date
    FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[],
                %s::text[], %s::date[])
        WITH ORDINALITY AS n(item_id, accepted, rejected, goods, charges, lot_number,
                             expiration_date, line)
    ORDER BY n.line"""

WRITE_RECEIVED = """
    UPDATE purchasing_purchaseorderitem i
    SET quantity_received = n.received, quantity_rejected = n.rejected
    FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[]) AS n(id, received, rejected)
    WHERE i.id = n.id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLine:
    """What arrived of one order line, in the variation's stock unit."""

    item_id: int
    quantity_accepted: Decimal = ZERO
    quantity_rejected: Decimal = ZERO
    lot_number: str = ""
    expiration_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """When goods arrived and the words that go with them; no time means now."""

    occurred_at: datetime | None = None
    delivery_note: str = ""
    notes: str = ""
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """What an accepted line does to stock, and what its goods and their charges cost."""

    change: StockChange
    goods_amount: Decimal
    charges_amount: Decimal


@transaction.atomic
def receive_purchase_order(
    *,
    order: PurchaseOrder,
    lines: Sequence[ReceiptLine] | None = None,
    delivery: Delivery | None = None,
    acting_user: Any,
) -> GoodsReceipt:
    """Post a receipt of these lines, or of all that is outstanding, and return it.

    Accepted goods enter stock at the line's cost with its share of the order's charges (see
    LandedCosts) and are no longer incoming; rejected ones are noted and stay outstanding. One item
    may come in several lines, one a lot. A draft is sent on the way. Locks the order, then the
    balances; the number of statements does not depend on the number of lines. Raises WrongState,
    ApprovalNeeded, DuplicateDelivery, OverReceipt naming every line, InvalidInput, and NotAllowed
    for a past time without the right to it. A quiet delivery raises no alerts.
    """
    return post_receipt(lock_purchase_order(order), lines, delivery or Delivery(), acting_user)


def post_receipt(
    order: PurchaseOrder,
    lines: Sequence[ReceiptLine] | None,
    delivery: Delivery,
    acting_user: Any,
) -> GoodsReceipt:
    """Post a receipt of a locked order."""
    require_transition(order, Status.PARTIALLY_RECEIVED)
    was_late = order.is_late
    if delivery.occurred_at is not None:
        require_time(order, delivery.occurred_at, acting_user)
    if delivery.delivery_note:
        require_new_note(order, delivery.delivery_note)
    items = {item.pk: item for item in ITEMS.all(key=order.pk)}
    lines = outstanding_lines(items.values()) if lines is None else lines
    require_lines(order, items, lines)
    if order.status == Status.DRAFT:
        move_order(order, Status.SENT, acting_user)
    require_approval(order)
    landed = LandedCosts(order, items.values())
    accepted = {index: line for index, line in enumerate(lines) if line.quantity_accepted}
    arrivals = {
        index: accept_line(order, items[line.item_id], line, delivery, landed)
        for index, line in accepted.items()
    }
    receipt = write_receipt(order, lines, arrivals, delivery, acting_user)
    landed.save()
    count_in(items, lines)
    settle(order, items.values(), receipt, acting_user)
    if was_late:
        tell_of_late_order(order)
    try:
        changes = [arrival.change for arrival in arrivals.values()]
        apply_stock_changes(changes, acting_user=acting_user, quiet=delivery.quiet)
    except UnfitLines as error:
        error.at_paths([f"items.{index}." for index in accepted])
        raise
    return receipt


def require_time(order: PurchaseOrder, occurred_at: datetime, acting_user: Any) -> None:
    """Refuse a delivery in the future, before the order, or in the past without the right."""
    checked_time(occurred_at, acting_user, "occurred_at")
    if occurred_at.date() < order.order_date.date():
        text = "Lies before the order date. Send a later time."
        raise InvalidInput(f"occurred_at: {text}", {"occurred_at": [text]})


def require_new_note(order: PurchaseOrder, delivery_note: str) -> None:
    """Raise DuplicateDelivery where a receipt of the locked order names the same delivery note."""
    earlier = order.receipts.filter(delivery_note__iexact=delivery_note.strip()).first()
    if earlier is not None:
        text = f"{earlier.code} is of the same delivery note. If goods came twice, name another."
        raise DuplicateDelivery(text, {"delivery_note": [text]})


def outstanding_lines(items: Iterable[PurchaseOrderItem]) -> list[ReceiptLine]:
    """Return a line that accepts all that is outstanding of each item."""
    return [
        ReceiptLine(item_id=item.pk, quantity_accepted=item.quantity_outstanding)
        for item in items
        if item.quantity_outstanding
    ]


def require_lines(
    order: PurchaseOrder, items: dict[int, PurchaseOrderItem], lines: Sequence[ReceiptLine]
) -> None:
    """Raise where lines are missing, unknown or empty, or accept more than was ordered."""
    errors: dict[str, list[Any]] = {} if lines else {"items": ["Name what arrived."]}
    totals: dict[int, Decimal] = {}
    for index, line in enumerate(lines):
        if line.item_id not in items:
            errors[f"items.{index}.id"] = ["The order has no such item. Read it again."]
        elif min(line.quantity_accepted, line.quantity_rejected) < 0 or not (
            line.quantity_accepted or line.quantity_rejected
        ):
            errors[f"items.{index}.quantity_accepted"] = ["Send a quantity above 0."]
        totals[line.item_id] = totals.get(line.item_id, ZERO) + line.quantity_accepted
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    refuse_excess(order, items, totals)


def refuse_excess(
    order: PurchaseOrder, items: dict[int, PurchaseOrderItem], totals: dict[int, Decimal]
) -> None:
    """Raise OverReceipt naming every line of which more would be accepted than tolerated.

    The tolerance is read only where something goes beyond the order.
    """
    above = {
        key: accepted
        for key, accepted in totals.items()
        if accepted and items[key].quantity_received + accepted > items[key].quantity_ordered
    }
    if not above:
        return
    percent = over_receipt_tolerance(order)
    beyond = [
        excess(items[key], accepted, most_receivable(items[key], percent))
        for key, accepted in above.items()
        if items[key].quantity_received + accepted > most_receivable(items[key], percent)
    ]
    if beyond:
        raise OverReceipt(
            "More arrived than was ordered. Accept what is outstanding and reject the rest.",
            {"lines": beyond},
        )


def excess(item: PurchaseOrderItem, accepted: Decimal, most: Decimal) -> dict[str, object]:
    """Say by how much an order line would go beyond what was ordered."""
    return {
        "id": item.pk,
        "position": item.position,
        "sku": item.variation.sku_code,
        "quantity_ordered": item.quantity_ordered,
        "quantity_received": item.quantity_received,
        "quantity_accepted": accepted,
        "most_acceptable": max(most - item.quantity_received, ZERO),
    }


def write_receipt(
    order: PurchaseOrder,
    lines: Sequence[ReceiptLine],
    arrivals: dict[int, Arrival],
    delivery: Delivery,
    acting_user: Any,
) -> GoodsReceipt:
    receipt = GoodsReceipt.objects.create(
        code=next_code(GoodsReceipt, "code", "GR-", yearly=True),
        order=order,
        delivery_note=delivery.delivery_note.strip(),
        notes=delivery.notes,
        occurred_at=delivery.occurred_at or timezone.now(),
        received_by=acting_user,
    )
    rows = [
        (
            line.item_id,
            line.quantity_accepted,
            line.quantity_rejected,
            arrivals[index].goods_amount if index in arrivals else ZERO,
            arrivals[index].charges_amount if index in arrivals else ZERO,
            line.lot_number,
            line.expiration_date,
        )
        for index, line in enumerate(lines)
    ]
    *amounts, lots, dates = columns(rows, 7)
    with prepared_cursor() as cursor:  # the receipt's row has told the audit who writes
        cursor.execute(
            INSERT_LINES, [receipt.pk, *map(numbers, amounts), texts(lots), texts(dates)]
        )
    return receipt


def accept_line(
    order: PurchaseOrder,
    item: PurchaseOrderItem,
    line: ReceiptLine,
    delivery: Delivery,
    landed: LandedCosts,
) -> Arrival:
    """Count an accepted line in on its item; return what it costs and does to stock.

    No more is taken off incoming stock than the item had there. Goods cost the difference of what
    all and what the earlier ones cost, so that the cents of several receipts add up.
    """
    arrived = min(item.quantity_outstanding, line.quantity_accepted)
    charges = landed.take(item, line.quantity_accepted)
    before = item.quantity_received
    item.quantity_received += line.quantity_accepted
    change = StockChange(
        variation_id=item.variation_id,
        warehouse_id=order.warehouse_id,
        quantity=line.quantity_accepted,
        incoming=-arrived,
        movement_type=StockMovement.Type.INBOUND,
        unit_cost=landed_unit_cost(item, line.quantity_accepted, charges),
        reference_type=REFERENCE_TYPE,
        reference_code=order.order_number,
        lot_number=line.lot_number,
        expiration_date=line.expiration_date,
        occurred_at=delivery.occurred_at,
    )
    goods = item.goods_amount(item.quantity_received) - item.goods_amount(before)
    return Arrival(change, goods, charges)


def count_in(items: dict[int, PurchaseOrderItem], lines: Iterable[ReceiptLine]) -> None:
    """Save what was accepted and rejected of the items, in one statement."""
    touched = {line.item_id: items[line.item_id] for line in lines}
    for line in lines:
        items[line.item_id].quantity_rejected += line.quantity_rejected
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE_RECEIVED,
            [
                list(touched),
                [item.quantity_received for item in touched.values()],
                [item.quantity_rejected for item in touched.values()],
            ],
        )


def settle(
    order: PurchaseOrder,
    items: Iterable[PurchaseOrderItem],
    receipt: GoodsReceipt,
    acting_user: Any,
) -> None:
    """Give a locked order the status that its items have reached."""
    items = list(items)
    if not any(item.quantity_outstanding for item in items):
        order.status = Status.RECEIVED
        order.actual_delivery_date = receipt.occurred_at
    elif any(item.quantity_received for item in items):
        order.status = Status.PARTIALLY_RECEIVED
    order.received_by = acting_user
    order.save(
        update_fields=[
            "status", "actual_delivery_date", "received_by", "shipping_carried", "updated_at",
        ]
    )  # fmt: skip
