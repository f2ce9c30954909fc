"""The same order once more."""

from typing import Any

from django.db import transaction

from common.exceptions import InvalidInput
from sales.models import SalesOrder
from sales.services.order_lines import is_sold
from sales.services.order_rows import ZERO
from sales.services.orders import create_sales_order
from sales.services.prices import AskedLine, price_lines

OF_THE_CUSTOMER = ("warehouse", "customer_email", "customer_id", "channel", "region", "currency")


@transaction.atomic
def copy_sales_order(*, order: SalesOrder, acting_user: Any) -> SalesOrder:
    """Take an order of the same goods for the same customer, at the prices of today.

    Quantities are those that were ordered, cancelled ones included. Discounts are taken over,
    unless a promotion gave them. What is available is reserved. Locks the balances. Raises
    InvalidInput naming every line that is not sold any more, or else that has no price.
    """
    items = list(order.items.select_related("variation__product"))
    errors: dict[str, list[Any]] = {
        f"items.{index}.sku": [f"{item.variation.sku_code} is not sold (any more)."]
        for index, item in enumerate(items)
        if not is_sold(item.variation)
    }
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    lines = price_lines(
        [
            AskedLine(
                item.variation,
                item.quantity,
                discount_percent=ZERO if order.promotion_applied else item.discount_percent,
            )
            for item in items
        ],
        currency=order.currency,
    )
    copy = SalesOrder(**{name: getattr(order, name) for name in OF_THE_CUSTOMER})
    return create_sales_order(order=copy, lines=lines, acting_user=acting_user)
