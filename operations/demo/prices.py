"""What the demo company's goods cost customers beside their usual price."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from inventory.models import ProductVariation
from sales.models import SalesPrice

CENT = Decimal("0.01")
IN_BULK, BULK_FROM, BULK_SHARE = 5, Decimal(10), Decimal("0.92")
ABROAD, CURRENCY_ABROAD, RATE = 7, "EUR", Decimal("0.93")
OFFER_SHARE, OFFER_BEGAN, OFFER_ENDS = Decimal("0.85"), timedelta(days=7), timedelta(days=14)


def list_prices(first_day: date, last_day: date) -> None:
    """Put prices on the list: by quantity, in another currency, and of an offer that ends soon."""
    variations = ProductVariation.objects.select_related("product").order_by("pk")
    SalesPrice.objects.bulk_create(
        price
        for number, variation in enumerate(variations)
        for price in prices_of(variation, number, first_day, last_day)
    )


def prices_of(
    variation: ProductVariation, number: int, first_day: date, last_day: date
) -> Iterator[SalesPrice]:
    """Yield the prices of the variation that has this number."""
    usual, currency = variation.selling_price, variation.product.currency
    if number % IN_BULK == 0:
        yield SalesPrice(
            variation=variation, currency=currency, price=rounded(usual * BULK_SHARE),
            min_quantity=BULK_FROM, valid_from=first_day,
        )  # fmt: skip
    if number % ABROAD == 0:
        yield SalesPrice(
            variation=variation, currency=CURRENCY_ABROAD, price=rounded(usual * RATE),
            valid_from=first_day,
        )  # fmt: skip
    if variation.product.seasonal and number % IN_BULK == 1:
        yield SalesPrice(
            variation=variation, currency=currency, price=rounded(usual * OFFER_SHARE),
            valid_from=last_day - OFFER_BEGAN, valid_until=last_day + OFFER_ENDS,
        )  # fmt: skip


def rounded(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
