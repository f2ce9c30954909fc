"""The lines that somebody orders: which goods, at what price."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from common.exceptions import InvalidInput
from inventory.lookup import find_variations, named_by
from inventory.models import Product, ProductVariation
from sales.services.order_rows import ZERO, OrderLine
from sales.services.prices import AskedLine, price_lines


def sellable_lines(
    items: Sequence[Mapping[str, Any]],
    *,
    currency: str | None = None,
    ordered_at: datetime | None = None,
) -> tuple[list[OrderLine], str]:
    """Return order lines for items with a reference, quantity and price, and their currency.

    Without a currency it is the first product's. A line without `sale_price_per_unit` costs what
    the price list says. Raises InvalidInput that names every line with an unknown product, or else
    every line with one that is not sold, or else every line without a price.
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
    currency = currency or variations[0].product.currency
    asked = [
        AskedLine(
            variation,
            item["quantity"],
            item.get("sale_price_per_unit"),
            item.get("discount_percent", ZERO),
        )
        for item, variation in zip(items, variations, strict=True)
    ]
    return price_lines(asked, currency=currency, ordered_at=ordered_at), currency


def is_sold(variation: ProductVariation) -> bool:
    return variation.is_active and variation.product.status == Product.Status.ACTIVE
