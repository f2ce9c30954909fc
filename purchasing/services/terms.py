"""What a supplier's terms permit to be ordered."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField

from common.compiled_queries import CompiledQuery, Given
from common.exceptions import InvalidInput
from inventory.models import ProductSupplier
from purchasing.models import PurchaseOrder
from purchasing.services.order_lines import OrderLine
from suppliers.models import Supplier

EXCLUSIVE = CompiledQuery(
    lambda: (
        ProductSupplier.objects.filter(
            product__any=Given("products", ArrayField(BigIntegerField())), is_exclusive=True
        )
        .select_related("supplier")
        .order_by()
    )
)


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
    refuse_sold_elsewhere(order, new, exclusive_suppliers(new.values()))


def exclusive_suppliers(lines: Iterable[OrderLine]) -> dict[int, Supplier]:
    """Return by product who alone sells the goods of lines, in one query."""
    products = {line.variation.product_id for line in lines}
    if not products:
        return {}
    return {row.product_id: row.supplier for row in EXCLUSIVE.all(products=[*products])}


def refuse_sold_elsewhere(
    order: PurchaseOrder, lines: Mapping[int, OrderLine], sellers: Mapping[int, Supplier]
) -> None:
    """Raise InvalidInput naming every line, by its index, that another supplier alone sells."""
    sold_by = {
        product: supplier.code
        for product, supplier in sellers.items()
        if supplier.pk != order.supplier_id
    }
    errors: dict[str, list[Any]] = {
        f"items.{index}.product_id": [
            f"{line.variation.sku_code} is bought from {sold_by[line.variation.product_id]} alone. "
            "Order it there."
        ]
        for index, line in lines.items()
        if line.variation.product_id in sold_by
    }
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
