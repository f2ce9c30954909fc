"""Open orders that were taken elsewhere, taken over many at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from common.exceptions import InvalidInput
from inventory.services.ledger import apply_stock_changes
from sales.models import SalesOrder, SalesOrderItem
from sales.order_states import status_of
from sales.services.cancellation import amount_of
from sales.services.order_rows import ZERO, insert_orders
from sales.services.reservations import default_reserved_until, require_future, wish


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """An unsaved order with its number and date, and its unsaved items.

    What an item says was fulfilled left elsewhere: it is in no stock of ours.
    """

    order: SalesOrder
    items: Sequence[SalesOrderItem]


@transaction.atomic
def take_over_sales_orders(*, orders: Sequence[OpenOrder], acting_user: Any) -> list[SalesOrder]:
    """Save open orders as they stand elsewhere, all or none, and reserve what is available.

    The most urgent orders reserve first, of these the oldest, as back-orders do; the rest waits.
    The statements are as many for one order as for thousands. Locks the balances. Raises
    InvalidInput and DuplicateCode.
    """
    until = default_reserved_until()
    for one in orders:
        prepare(one, acting_user)
        one.order.reserved_until = one.order.reserved_until or until
    insert_orders([one.order for one in orders])
    SalesOrderItem.objects.bulk_create([item for one in orders for item in one.items])
    first = sorted(orders, key=lambda one: (-one.order.priority, one.order.order_date))
    apply_stock_changes(
        [
            wish(one.order, item, item.outstanding)
            for one in first
            for item in one.items
            if item.outstanding
        ],
        acting_user=acting_user,
    )
    return [one.order for one in orders]


def prepare(one: OpenOrder, acting_user: Any) -> None:
    """Judge an order, and compute its total and its status."""
    order = one.order
    require_future(order.reserved_until)
    if not any(item.outstanding for item in one.items):
        text = f"Nothing of {order.order_number} is outstanding: only open orders are taken over."
        raise InvalidInput(text, {"order_number": [text]})
    order.status = status_of(
        has_outstanding=True, has_left=any(item.quantity_fulfilled for item in one.items)
    )
    order.total_amount = sum(map(amount_of, one.items), ZERO)
    order.created_by = acting_user
