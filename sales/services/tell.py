"""Telling who took an order that it lost what it had reserved."""

from collections.abc import Collection, Iterable
from typing import Any

from django.utils import timezone

from sales.models import SalesOrder
from users.models import User
from warehouses.services.tell import tell

RESERVATION_EXPIRED = "sales.reservation_expired"
RESERVATION_TAKEN = "sales.reservation_taken"


def tell_reservations_expired(orders: Iterable[SalesOrder]) -> None:
    """Tell who took each order that its reservation is over."""
    for order in orders:
        tell_creator(
            order,
            topic=RESERVATION_EXPIRED,
            payload={"order_id": order.pk},
            title=f"The reservation of {order.order_number} expired",
            moment=order.reservation_expired_at,
        )


def tell_reservation_taken(order: SalesOrder, keys: Collection[int], acting_user: Any) -> None:
    """Tell who took less urgent orders that a more urgent one got their goods."""
    if not keys:
        return
    for loser in SalesOrder.objects.filter(pk__in=keys).order_by("pk"):
        if acting_user is not None and loser.created_by_id == acting_user.pk:
            continue
        tell_creator(
            loser,
            topic=RESERVATION_TAKEN,
            payload={"order_id": loser.pk, "for_order_id": order.pk},
            title=f"{order.order_number} got goods that {loser.order_number} had reserved",
            moment=timezone.now(),
        )


def tell_creator(
    order: SalesOrder, *, topic: str, payload: dict[str, Any], title: str, moment: Any
) -> None:
    tell(
        list(User.objects.active().filter(pk=order.created_by_id)),
        topic=topic,
        payload=payload,
        key=f"sales_order:{order.pk}:{topic}:{int(moment.timestamp() * 1_000_000)}",
        title=title,
        reference=order.order_number,
    )
