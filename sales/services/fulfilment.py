"""Goods leave for a customer."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from inventory.exceptions import InsufficientStock, UnfitLines
from inventory.services.ledger import apply_stock_changes
from inventory.services.past_stock import require_stock_then
from inventory.services.stock_change import Holder, PostedChange, StockChange
from sales.models import LINE_HOLDER, Fulfilment, SalesOrder, SalesOrderItem
from sales.services.customer_mail import mail_customer
from sales.services.holds import Kept, released
from sales.services.line_choice import (
    LineRequest,
    Wanted,
    outstanding_lines,
    requested_lines,
)
from sales.services.order_rows import Delivery, deliver_items, record_fulfilments, sum_by_item
from sales.services.order_state import lock_order, require_action


@transaction.atomic
def fulfil_sales_order(
    *,
    order: SalesOrder,
    lines: Sequence[LineRequest] | None = None,
    occurred_at: datetime | None = None,
    quiet: bool = False,
    acting_user: Any,
) -> Fulfilment:
    """Deliver all that is outstanding, or the given quantities, wholly or not at all.

    The customer gets a mail where the company's settings say so, unless it is quiet.

    Posts one outbound movement a line: first out of what the line has reserved, then out of what
    is available. A line may leave another warehouse than the order's own, where nothing is
    reserved for it; what it then wants no more at home is released in the same posting. Goods that
    track lots leave first-expired-first-out, or from the lot that a line names. Locks the order,
    then the balances. Raises WrongState, QuantityExceeded, InvalidInput on lines the order has
    not, and InsufficientStock that names every short line by its number in the order, and where;
    or the day, where goods left before they came.
    """
    locked = lock_order(order)
    require_action(locked, "fulfill")
    wanted = outstanding_lines(locked) if lines is None else requested_lines(locked, lines)
    # Before the posting: whoever is served by what it frees sees what these lines still want.
    locked.status = deliver_items(locked, ((item.pk, quantity) for item, quantity, *_ in wanted))
    posted = _post(locked, wanted, occurred_at, acting_user, quiet)
    require_stock_then(posted)
    deliveries = [
        Delivery(locked.pk, item.pk, line.change.warehouse_id, quantity, line.unit_cost)
        for (item, quantity, *_), line in zip(wanted, posted, strict=True)
    ]
    [fulfilment] = record_fulfilments([(locked.pk, occurred_at)], deliveries, acting_user)
    if not quiet:
        mail_customer(locked, fulfilment.pk)
    return fulfilment


def outbound(
    order: SalesOrder,
    variation_id: int,
    quantity: Decimal,
    occurred_at: datetime | None,
    *,
    warehouse_id: int | None = None,
    holder: Holder | None = None,
    lot_number: str = "",
) -> StockChange:
    """Return the ledger line of goods that leave for an order."""
    return StockChange(
        variation_id=variation_id,
        warehouse_id=warehouse_id or order.warehouse_id,
        quantity=-quantity,
        holder=holder,
        movement_type="outbound",
        reason_code="sale",
        reference_type="sales_order",
        reference_code=order.order_number,
        lot_number=lot_number,
        occurred_at=occurred_at,
    )


def _post(
    order: SalesOrder,
    wanted: Sequence[Wanted],
    occurred_at: datetime | None,
    acting_user: Any,
    quiet: bool,
) -> list[PostedChange]:
    """Post what leaves, and release at the order's own warehouse what leaves elsewhere instead."""
    leaving = [
        outbound(
            order, item.variation_id, quantity, occurred_at,
            warehouse_id=place, holder=_holder(order, item, place), lot_number=lot,
        )
        for item, quantity, lot, place in wanted
    ]  # fmt: skip
    freed = released(order, _wanted_no_more(order, wanted))
    try:
        posted = apply_stock_changes([*leaving, *freed], acting_user=acting_user, quiet=quiet)
    except InsufficientStock as error:
        for short in error.details["lines"]:  # known by index; people know an order's numbers
            short["line"] = wanted[short["line"]].item.position
        raise
    except UnfitLines as error:
        error.at_paths([f"items.{index}." for index in range(len(wanted))])
        raise
    return posted[: len(leaving)]


def _holder(order: SalesOrder, item: SalesOrderItem, place: int | None) -> Holder | None:
    """Return who uses up a reservation: a line has one in the order's own warehouse alone."""
    return Holder(LINE_HOLDER, item.pk) if place in (None, order.warehouse_id) else None


def _wanted_no_more(order: SalesOrder, wanted: Sequence[Wanted]) -> list[Kept]:
    """Return what lines of which goods leave elsewhere may still hold."""
    left = sum_by_item((item.pk, quantity) for item, quantity, *_ in wanted)
    elsewhere = {
        line.item.pk: line.item
        for line in wanted
        if line.warehouse_id not in (None, order.warehouse_id)
    }
    return [
        (key, item.variation_id, item.outstanding - left[key]) for key, item in elsewhere.items()
    ]
