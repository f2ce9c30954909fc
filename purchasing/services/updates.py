"""One request that may change details, lines and status of an order and receive goods."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from common.exceptions import InvalidInput, NotAllowed
from common.permissions import Can
from purchasing.exceptions import ReceiptCannotShrink
from purchasing.models import PurchaseOrder, PurchaseOrderItem
from purchasing.services.charges import ChargeLine
from purchasing.services.order_lines import OrderLine
from purchasing.services.orders import change_locked
from purchasing.services.packs import in_stock_units
from purchasing.services.receipts import (
    Delivery,
    ReceiptLine,
    outstanding_lines,
    post_receipt,
)
from purchasing.services.tell import mail_order
from purchasing.services.transitions import lock_purchase_order, move_order, require_transition

Status = PurchaseOrder.Status
BY_RECEIVING = (Status.PARTIALLY_RECEIVED, Status.RECEIVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUpdate:
    """What a request wants an order to be; what it already is counts as not asked for.

    reason: of a change of an order that is no draft any more.
    received: the quantity accepted in all, by item; the difference is a receipt.
    delivered_at: when the goods of this request arrived, or the delivery date of a received order.
    """

    details: Mapping[str, Any] = field(default_factory=dict)
    lines: Sequence[OrderLine] | None = None
    charges: Sequence[ChargeLine] | None = None
    reason: str = ""
    status: str | None = None
    received: Mapping[int, Decimal] = field(default_factory=dict)
    delivered_at: datetime | None = None


@transaction.atomic
def update_purchase_order(
    *, order: PurchaseOrder, update: OrderUpdate, acting_user: Any
) -> PurchaseOrder:
    """Bring an order to what an update says: details and lines, then status, then receipts.

    Status `received` accepts all that is outstanding. Who may only receive goods may do nothing
    else here. Locks the order, then the balances. Raises NotAllowed, InvalidInput, WrongState,
    ApprovalNeeded, AlreadyReceived, ChargeCarried, OverReceipt, ReceiptCannotShrink and
    SupplierNotActive.
    """
    order = lock_purchase_order(order)
    items = list(order.items.select_related("variation"))
    status = None if update.status == order.status else update.status
    arrived = arriving_lines(items, update.received, status)
    details = changed_details(order, update, receives=bool(arrived))
    lines = changed_lines(order, items, update.lines)
    charges = changed_charges(order, update.charges)
    if lines is not None and arrived:
        text = "Change the lines first, then receive them in a second request."
        raise InvalidInput(text, {"items": [text]})
    step = status if status and status not in BY_RECEIVING else None
    changes = bool(details) or lines is not None or charges is not None
    if (changes or step) and not acting_user.can(Can.MANAGE_PURCHASE_ORDERS):
        raise NotAllowed("You may receive goods of this order, but not change it. Ask a manager.")
    if changes:
        change_locked(order, details, lines, acting_user, charges=charges, reason=update.reason)
    if step:
        move_order(order, step, acting_user)
        if step == Status.SENT:
            mail_order(order, acting_user)
    elif status:
        require_transition(order, status)
    if arrived:
        delivery = Delivery(occurred_at=update.delivered_at)
        post_receipt(order, arrived, delivery, acting_user)
    return order


def changed_details(order: PurchaseOrder, update: OrderUpdate, *, receives: bool) -> dict[str, Any]:
    """Return the details that differ from what the order says."""
    wanted = dict(update.details)
    if update.delivered_at is not None and not receives:
        wanted["actual_delivery_date"] = update.delivered_at
    return {name: value for name, value in wanted.items() if getattr(order, name) != value}


def changed_lines(
    order: PurchaseOrder, items: Sequence[PurchaseOrderItem], lines: Sequence[OrderLine] | None
) -> list[OrderLine] | None:
    """Return lines in stock units, or nothing where they describe the items as they are."""
    if lines is None:
        return None
    told = in_stock_units(order.supplier, lines)
    present = [
        (item.variation_id, item.quantity_ordered, item.unit_cost, item.packs, item.pack_cost,
         item.notes)
        for item in items
    ]  # fmt: skip
    same = present == [
        (line.variation.pk, line.quantity_ordered, line.unit_cost, line.packs, line.pack_cost,
         line.notes)
        for line in told
    ]  # fmt: skip
    return None if same else told


def changed_charges(
    order: PurchaseOrder, charges: Sequence[ChargeLine] | None
) -> Sequence[ChargeLine] | None:
    """Return charges, or nothing where the order has the very same."""
    if charges is None:
        return None
    present = [(one.pk, one.kind, one.amount, one.spread, one.notes) for one in order.charges.all()]
    wanted = [(one.charge_id, one.kind, one.amount, one.spread, one.notes) for one in charges]
    return None if present == wanted else charges


def arriving_lines(
    items: Sequence[PurchaseOrderItem], received: Mapping[int, Decimal], status: str | None
) -> list[ReceiptLine]:
    """Return the receipt that leads from what was accepted to what is said to be.

    Raises ReceiptCannotShrink for less than before, and InvalidInput where the quantities do not
    fit a status that is to be reached by receiving.
    """
    require_growth(items, received)
    arrived = [
        ReceiptLine(item_id=item.pk, quantity_accepted=received[item.pk] - item.quantity_received)
        for item in items
        if received.get(item.pk, item.quantity_received) > item.quantity_received
    ]
    if status == Status.RECEIVED:
        require_complete(items, received)
        arrived += outstanding_lines(item for item in items if item.pk not in received)
    if status == Status.PARTIALLY_RECEIVED and not arrived:
        text = "Say what arrived: quantity_received of each item."
        raise InvalidInput(text, {"items": [text]})
    return arrived


def require_growth(items: Iterable[PurchaseOrderItem], received: Mapping[int, Decimal]) -> None:
    smaller = [
        {
            "id": item.pk,
            "position": item.position,
            "sku": item.variation.sku_code,
            "quantity_received": item.quantity_received,
            "requested": received[item.pk],
        }
        for item in items
        if received.get(item.pk, item.quantity_received) < item.quantity_received
    ]
    if smaller:
        raise ReceiptCannotShrink(
            "More was received before. Post a stock adjustment to correct a receipt.",
            {"lines": smaller},
        )


def require_complete(items: Iterable[PurchaseOrderItem], received: Mapping[int, Decimal]) -> None:
    short = [
        item
        for item in items
        if received.get(item.pk, item.quantity_ordered) < item.quantity_ordered
    ]
    if short:
        text = 'Not everything is in. Use "partially_received" or leave the status out.'
        raise InvalidInput(text, {"status": [text]})
