"""What a supplier's terms permit to be ordered."""

from collections.abc import Sequence
from typing import Any

from common.exceptions import InvalidInput
from inventory.models import ProductSupplier
from purchasing.models import PurchaseOrder
from purchasing.services.order_lines import OrderLine


def require_currency(order: PurchaseOrder) -> None:
    """Raise InvalidInput unless an order is in the currency that its supplier bills in.

    No other currency is accepted, the company's neither: there are no exchange rates.
    """
    if order.currency != order.supplier.currency:
        text = (
            f"Supplier {order.supplier.code} bills in {order.supplier.currency}. Leave the "
            "currency out, or change the supplier's."
        )
        raise InvalidInput(f"currency: {text}", {"currency": [text]})


def require_offered(order: PurchaseOrder, lines: Sequence[OrderLine]) -> None:
    """Raise InvalidInput naming every new line of goods that another supplier alone sells."""
    new = {
        index: line
        for index, line in enumerate(lines)
        if line.item_id is None or order.status == PurchaseOrder.Status.DRAFT
    }
    exclusive = ProductSupplier.objects.filter(
        product__in={line.variation.product_id for line in new.values()}, is_exclusive=True
    ).exclude(supplier=order.supplier_id)
    sold_by = {row.product_id: row.supplier.code for row in exclusive.select_related("supplier")}
    errors: dict[str, list[Any]] = {
        f"items.{index}.product_id": [
            f"{line.variation.sku_code} is bought from {sold_by[line.variation.product_id]} alone. "
            "Order it there."
        ]
        for index, line in new.items()
        if line.variation.product_id in sold_by
    }
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
