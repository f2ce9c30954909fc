"""What left with a fulfilment and what is still to come, as customers are told of it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from common.exceptions import InvalidInput, WrongState
from sales.models import Fulfilment, FulfilmentItem, SalesOrder, SalesOrderItem

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ShipmentLine:
    """An order line: what left now, and what was still to come when it did."""

    item: SalesOrderItem
    shipped: Decimal
    to_come: Decimal


def find_fulfilment(order: SalesOrder, reference: str) -> Fulfilment:
    """Return the fulfilment of a code such as FUL-000123 or a key, or the newest of an order.

    Raises InvalidInput (fulfilment) where the order has no such, WrongState where it has none.
    """
    fulfilments = Fulfilment.objects.filter(order=order).select_related("order__warehouse")
    if not reference:
        newest: Fulfilment | None = fulfilments.order_by("-pk").first()
        if newest is None:
            text = f"Nothing of {order.order_number} has left yet. Fulfil it first."
            raise WrongState(text, {"fulfilment": [text]})
        return newest
    found: Fulfilment | None = fulfilments.by_reference(reference).first()
    if found is None:
        text = f"{order.order_number} has no fulfilment {reference[:50]!r}. Read the order again."
        raise InvalidInput(text, {"fulfilment": [text]})
    return found


def shipment_lines(fulfilment: Fulfilment) -> list[ShipmentLine]:
    """Return the lines that left or were still to come, in two queries."""
    shipped: dict[int, Decimal] = {}
    so_far: dict[int, Decimal] = {}
    left = (
        FulfilmentItem.objects.filter(
            fulfilment__order=fulfilment.order_id, fulfilment__lte=fulfilment.pk
        )
        .order_by()
        .values_list("order_item", "fulfilment")
        .annotate(quantity=Sum("quantity"))
    )
    for item, key, quantity in left:
        so_far[item] = so_far.get(item, ZERO) + quantity
        if key == fulfilment.pk:
            shipped[item] = quantity
    items: Any = fulfilment.order.items.select_related("variation__product")
    lines = [
        ShipmentLine(
            item,
            shipped.get(item.pk, ZERO),
            max(item.quantity - item.quantity_cancelled - so_far.get(item.pk, ZERO), ZERO),
        )
        for item in items
    ]
    return [line for line in lines if line.shipped or line.to_come]
