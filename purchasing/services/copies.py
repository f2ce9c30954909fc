"""Ordering the same again."""

from typing import Any

from django.db import transaction

from common.exceptions import InvalidInput
from purchasing.models import PurchaseOrder, PurchaseOrderItem
from purchasing.services.order_lines import OrderLine, not_orderable
from purchasing.services.orders import create_purchase_order


@transaction.atomic
def copy_purchase_order(*, order: PurchaseOrder, acting_user: Any) -> PurchaseOrder:
    """Draft an order of the same goods from the same supplier for the same warehouse.

    Quantities, or packs, are those of the order; costs are those of today, what the supplier asks
    now. Number, dates and people are new; tax, shipping, charges and notes were of that delivery.
    Raises InvalidInput naming every line of goods that are not bought any more, and what
    create_purchase_order raises.
    """
    items = list(order.items.select_related("variation__product"))
    errors: dict[str, list[Any]] = {
        f"items.{index}.product_id": [reason]
        for index, item in enumerate(items)
        if (reason := not_orderable(item.variation))
    }
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    return create_purchase_order(
        supplier=order.supplier,
        warehouse=order.warehouse,
        lines=[line_of(item) for item in items],
        shipping_address=order.shipping_address,
        acting_user=acting_user,
    )


def line_of(item: PurchaseOrderItem) -> OrderLine:
    """Return the same line at the cost of today."""
    if item.packs is not None:
        return OrderLine(variation=item.variation, packs=item.packs, notes=item.notes)
    return OrderLine(
        variation=item.variation, quantity_ordered=item.quantity_ordered, notes=item.notes
    )
