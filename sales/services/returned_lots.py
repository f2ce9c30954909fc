"""Which lot goods that come back are of: one that left for the order."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from common.exceptions import InvalidInput
from inventory.models import StockMovement
from sales.exceptions import QuantityExceeded
from sales.models import SalesOrder, SalesOrderItem, SalesReturnItem
from sales.services.line_choice import LineRequest

Chosen = Sequence[tuple[SalesOrderItem, LineRequest]]
Remaining = dict[int, dict[str, Decimal]]


def choose_lots(order: SalesOrder, chosen: Chosen) -> list[str]:
    """Return the lot of each line that comes back; empty for goods that left without one.

    Raises InvalidInput where a lot is missing or did not leave for the order, QuantityExceeded
    where less of it left.
    """
    remaining = lots_with_the_customer(order)
    errors: dict[str, list[Any]] = {}
    exceeded: dict[str, list[Any]] = {}
    lots = []
    for index, (item, request) in enumerate(chosen):
        left = remaining.get(item.variation_id, {})
        lot = request.lot_number or (next(iter(left)) if len(left) == 1 else "")
        lots.append(lot)
        if not left and not lot:
            continue
        if lot not in left:
            errors[f"items.{index}.lot_number"] = [explain(lot, left)]
            continue
        left[lot] -= request.quantity
        if left[lot] < 0:
            most = (left[lot] + request.quantity).normalize()
            exceeded[f"items.{index}.quantity"] = [
                f"{most:f} of lot {lot} can come back. Send at most that."
            ]
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    if exceeded:
        raise QuantityExceeded("More should come back than left.", exceeded)
    return lots


def explain(lot: str, left: dict[str, Decimal]) -> str:
    if not left:
        return f"No lots of these goods left for this order. Leave {lot} out."
    known = ", ".join(sorted(left))
    if not lot:
        return f"Of several lots that left, name the one that came back: {known}."
    return f"Lot {lot} did not leave for this order. Lots that did: {known}."


def lots_with_the_customer(order: SalesOrder) -> Remaining:
    """Return by variation and lot what left for an order and has not come back."""
    remaining: Remaining = defaultdict(dict)
    left = (
        StockMovement.objects.filter(
            reference_type="sales_order", reference_code=order.order_number, lot__isnull=False
        )
        .order_by("lot")
        .values_list("variation", "lot_number")
        .annotate(total=Sum("quantity"))
    )
    for variation, lot, total in left:
        remaining[variation][lot] = -total
    back = SalesReturnItem.objects.filter(order_item__order=order).exclude(lot_number="")
    for variation, lot, quantity in back.values_list(
        "order_item__variation", "lot_number", "quantity"
    ):
        if lot in remaining[variation]:
            remaining[variation][lot] -= quantity
    return remaining
