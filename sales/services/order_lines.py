"""The lines that somebody orders: which goods, at what price."""

from collections.abc import Mapping, Sequence
from typing import Any

from common.exceptions import InvalidInput
from inventory.lookup import find_variations, named_by
from inventory.models import Product, ProductVariation
from sales.services.order_rows import ZERO, OrderLine


def sellable_lines(
    items: Sequence[Mapping[str, Any]],
) -> tuple[list[OrderLine], Sequence[ProductVariation]]:
    """Return order lines and their variations for items with a reference, quantity and price.

    A line without `sale_price_per_unit` costs the variation's selling price. Raises InvalidInput
    that names every line with an unknown product, or else every line with one that is not sold.
    """
    variations = find_variations(items)
    errors: dict[str, list[Any]] = {}
    for index, (item, variation) in enumerate(zip(items, variations, strict=True)):
        if not is_sold(variation):
            errors[f"items.{index}.{named_by(item)[0]}"] = [
                f"{variation.sku_code} is not sold (any more). Take the line out."
            ]
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    lines = [
        OrderLine(
            variation.pk,
            item["quantity"],
            item.get("sale_price_per_unit", variation.selling_price),
            item.get("discount_percent", ZERO),
        )
        for item, variation in zip(items, variations, strict=True)
    ]
    return lines, variations


def is_sold(variation: ProductVariation) -> bool:
    return variation.is_active and variation.product.status == Product.Status.ACTIVE
