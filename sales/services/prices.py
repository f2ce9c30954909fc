"""Prices kept, and what lines of an order cost by them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import transaction

from common.duplicates import refuse_duplicates
from common.exceptions import InvalidInput
from inventory.models import ProductVariation
from inventory.models.lot import stock_day
from inventory.services.units import require_fit
from sales.models import SalesPrice
from sales.queries import prices_on
from sales.services.order_rows import ZERO, OrderLine

FIELDS = ("currency", "price", "min_quantity", "valid_from", "valid_until")
TAKEN = "There is a price in this currency from this day and quantity on. Change that one."


class AskedLine(NamedTuple):
    """What somebody orders; without a price it costs what the price list says."""

    variation: ProductVariation
    quantity: Decimal
    price: Decimal | None = None
    discount_percent: Decimal = ZERO


def price_lines(
    asked: Sequence[AskedLine], *, currency: str, ordered_at: datetime | None = None
) -> list[OrderLine]:
    """Return order lines with their prices in a currency on the day of the order, in UTC.

    A line without a price has the one that is valid for its quantity: of the largest minimum that
    it reaches, and of these the latest to begin; else the variation's selling price, if that is in
    the currency. One query, where a line has no price. Raises InvalidInput naming every line that
    has no price at all.
    """
    day = stock_day() if ordered_at is None else ordered_at.astimezone(UTC).date()
    unpriced = [index for index, line in enumerate(asked) if line.price is None]
    listed = prices_on(
        [(asked[i].variation.pk, asked[i].quantity) for i in unpriced], currency, day
    )
    prices = dict(zip(unpriced, listed, strict=True))
    errors: dict[str, list[Any]] = {}
    lines = []
    for index, line in enumerate(asked):
        price = line.price if line.price is not None else prices[index]
        if price is None and line.variation.product.currency == currency:
            price = line.variation.selling_price
        if price is None:
            errors[f"items.{index}.sale_price_per_unit"] = [missing(line.variation, currency, day)]
            continue
        lines.append(OrderLine(line.variation.pk, line.quantity, price, line.discount_percent))
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)
    return lines


def missing(variation: ProductVariation, currency: str, day: date) -> str:
    return (
        f"{variation.sku_code} has no price in {currency} on {day}. "
        "Send a price, or add one to the price list."
    )


@transaction.atomic
def create_sales_price(*, variation: ProductVariation, values: dict[str, Any]) -> SalesPrice:
    """Add a price to the list; raises InvalidInput and DuplicateCode."""
    row = SalesPrice(variation=variation, currency=variation.product.currency)
    return write_price(row, values)


@transaction.atomic
def change_sales_price(*, row: SalesPrice, values: dict[str, Any]) -> SalesPrice:
    """Change a price; orders keep what they were taken at. Raises InvalidInput, DuplicateCode."""
    return write_price(row, values)


@transaction.atomic
def delete_sales_price(*, row: SalesPrice) -> None:
    """Take a price off the list; orders keep what they were taken at."""
    row.delete()


def write_price(row: SalesPrice, values: dict[str, Any]) -> SalesPrice:
    for name in FIELDS:
        setattr(row, name, values.get(name, getattr(row, name)))
    if row.valid_until is not None and row.valid_until < row.valid_from:
        text = f"Lies before {row.valid_from}, when the price begins."
        raise InvalidInput(text, {"valid_until": [text]})
    require_fit([(row.variation, row.min_quantity, "min_quantity")])
    with refuse_duplicates({"sales_price_once": "valid_from"}, TAKEN):
        row.save()
    return row
