"""Orders of the past, taken and delivered in one go."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from inventory.services.ledger import apply_stock_changes
from sales.models import SalesOrder
from sales.services.fulfilment import outbound
from sales.services.order_rows import (
    Delivery,
    OrderLine,
    insert_items,
    insert_orders,
    record_fulfilments,
    total_of,
)


@dataclass(frozen=True, slots=True)
class PastOrder:
    """An unsaved order with its number, date and lines; a cancelled one never left."""

    order: SalesOrder
    lines: Sequence[OrderLine]
    is_cancelled: bool = False


@transaction.atomic
def replay_sales_orders(*, orders: Sequence[PastOrder], acting_user: Any) -> list[SalesOrder]:
    """Save orders as delivered at their own dates, all or none.

    Posts one outbound movement a line, quietly: neither alerts nor mails. The statements are as
    many for one order as for hundreds, and for one line as for thousands. Locks the balances.
    Raises DuplicateCode, and InsufficientStock whose lines carry the index in the whole batch.
    """
    for past in orders:
        past.order.status = (
            SalesOrder.Status.CANCELLED if past.is_cancelled else SalesOrder.Status.FULFILLED
        )
        past.order.total_amount = Decimal(0) if past.is_cancelled else total_of(past.lines)
        past.order.created_by = acting_user
    insert_orders([past.order for past in orders])
    _insert_undelivered([past for past in orders if past.is_cancelled])
    _deliver([past for past in orders if not past.is_cancelled], acting_user)
    return [past.order for past in orders]


def _numbered(orders: Sequence[PastOrder]) -> list[tuple[int, int, OrderLine]]:
    return [
        (past.order.pk, position, line)
        for past in orders
        for position, line in enumerate(past.lines, 1)
    ]


def _insert_undelivered(orders: Sequence[PastOrder]) -> None:
    if orders:
        insert_items(_numbered(orders), cancelled=True)


def _deliver(orders: Sequence[PastOrder], acting_user: Any) -> None:
    if not orders:
        return
    numbered = _numbered(orders)
    keys = insert_items(numbered, fulfilled=True)
    posted = apply_stock_changes(
        [
            outbound(past.order, line.variation_id, line.quantity, past.order.order_date)
            for past in orders
            for line in past.lines
        ],
        acting_user=acting_user,
        quiet=True,
    )
    deliveries = [
        Delivery(order_id, key, change.change.warehouse_id, line.quantity, change.unit_cost)
        for (order_id, _, line), key, change in zip(numbered, keys, posted, strict=True)
    ]
    times = [(past.order.pk, past.order.order_date) for past in orders]
    record_fulfilments(times, deliveries, acting_user)
