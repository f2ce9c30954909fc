"""Reservations end: by the clock, for orders whose time is over."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from inventory.services.ledger import apply_stock_changes
from sales.models import SalesOrder, SalesOrderItem
from sales.services.holds import released
from sales.services.order_rows import ZERO
from sales.services.tell import tell_reservations_expired

AT_ONCE = 100


def release_expired_reservations() -> int:
    """Release what orders hold whose reservation is over; return how many orders that concerned.

    Works through batches, each a transaction of its own. An order that somebody works on at the
    moment is left to the next run.
    """
    moment, last, concerned = timezone.now(), 0, 0
    while keys := lapsing_keys(moment, after=last):
        concerned += expire_orders(keys, moment)
        last = keys[-1]
    return concerned


def lapsing_keys(moment: datetime, after: int) -> list[int]:
    """Return the keys of the next orders whose time is over."""
    lapsing = SalesOrder.objects.lapsing(moment).filter(pk__gt=after)
    return list(lapsing.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic
def expire_orders(keys: list[int], moment: datetime) -> int:
    """Let orders wait for nothing any more and release what they hold; return how many.

    They stay open; what is free again goes to who waits, in the same posting. Their creators are
    told. Locks the orders in the order of their keys, then the balances.
    """
    orders = {order.pk: order for order in lock_lapsing(keys, moment)}
    for order in orders.values():
        order.reservation_expired_at = order.updated_at = moment
    SalesOrder.objects.bulk_update(orders.values(), ["reservation_expired_at", "updated_at"])
    items = SalesOrderItem.objects.filter(order__in=orders).order_by("order", "position")
    changes = [
        change
        for item in items
        if item.outstanding
        for change in released(orders[item.order_id], [(item.pk, item.variation_id, ZERO)])
    ]
    apply_stock_changes(changes, acting_user=None)
    tell_reservations_expired(orders.values())
    return len(orders)


def lock_lapsing(keys: list[int], moment: datetime) -> list[SalesOrder]:
    """Lock those of some orders whose time is over still, without waiting for anybody."""
    rows = SalesOrder.objects.lapsing(moment).filter(pk__in=keys).order_by("pk")
    return list(rows.select_for_update(no_key=True, skip_locked=True))
