"""What goods cost customers, from a file."""

from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from sales.models import SalesPrice
from tests.factories.inventory import ProductFactory, VariationFactory
from tests.factories.sales import list_price, take_order
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db
HEADER = "sku,currency,price,min_quantity,valid_from,valid_until\n"


@pytest.fixture(autouse=True)
def goods():
    return [
        VariationFactory(sku_code="SKU-1", product=ProductFactory(currency="EUR")),
        VariationFactory(sku_code="SKU-2", stock_unit="pieces"),
    ]


def told(report):
    return [(one["line"], one["column"], one["problem"]) for one in report.problems]


def prices():
    rows = SalesPrice.objects.order_by("variation__sku_code", "currency", "min_quantity")
    return list(
        rows.values_list(
            "variation__sku_code", "currency", "price", "min_quantity", "valid_from", "valid_until"
        )
    )


def test_prices_are_written_changed_and_left_alone(bring):
    bring("sales_prices", HEADER + "sku-1,usd,9.5,,2026-01-01,2026-12-31\n"
                                   "SKU-1,,8,2.5,2026-01-01,\n")  # fmt: skip
    day = date(2026, 1, 1)
    assert prices() == [
        ("SKU-1", "EUR", 8, Decimal("2.5"), day, None),
        ("SKU-1", "USD", Decimal("9.5"), 0, day, date(2026, 12, 31)),
    ]
    before = dict(SalesPrice.objects.values_list("currency", "updated_at"))

    report = bring(
        "sales_prices",
        HEADER + "SKU-1,USD,9.75,0,2026-01-01,\nSKU-1,EUR,8,2.5,2026-01-01,\n"
                 "SKU-1,EUR,7,10,2026-01-01,\n",
    )  # fmt: skip

    assert report.lines == {"changed": [[2, 2]], "unchanged": [[3, 3]], "new": [[4, 4]]}
    assert prices() == [
        ("SKU-1", "EUR", 8, Decimal("2.5"), day, None),
        ("SKU-1", "EUR", 7, 10, day, None),
        ("SKU-1", "USD", Decimal("9.75"), 0, day, None),
    ]
    after = SalesPrice.objects.get(currency="EUR", min_quantity=Decimal("2.5"))
    assert after.updated_at == before["EUR"]


def test_columns_that_are_missing_mean_the_products_currency_any_quantity_and_today(bring):
    bring("sales_prices", "sku,price\nSKU-1,5\nSKU-2,6\n")

    today = timezone.now().date()
    assert prices() == [
        ("SKU-1", "EUR", 5, 0, today, None), ("SKU-2", "USD", 6, 0, today, None),
    ]  # fmt: skip
    SalesPrice.objects.filter(currency="EUR").update(valid_until=today)
    assert bring("sales_prices", "sku,price\nSKU-1,5\n").totals["unchanged"] == 1
    assert SalesPrice.objects.get(currency="EUR").valid_until == today


def test_what_is_wrong_is_named_by_line_and_nothing_is_written(bring, goods):
    kept = list_price(goods[0], 3)

    report = bring(
        "sales_prices",
        HEADER + "NO-SUCH,USD,1,,,\nSKU-1,US,1,,,\nSKU-1,AAA,-1,,,\nSKU-1,BBB,1.234,,,\n"
                 "SKU-1,USD,1,,2026-02-01,2026-01-31\nSKU-2,USD,1,1.5,,\nSKU-1,CCC,,,,\n"
                 "SKU-1,GBP,1,5,2026-01-01,\nsku-1,gbp,2,5.0,2026-01-01,\n"
                 "SKU-1,DDD,1,-1,,\nSKU-1,EEE,1,,31.01.2026,\n,USD,1,,,\n",
    )  # fmt: skip

    assert told(report) == [
        (2, "sku", "There is no such SKU. Import the product first."),
        (3, "currency", 'Use the three-letter code of a currency, such as "USD".'),
        (4, "price", "Write a number 0 or more."),
        (5, "price", "Write a number with at most 2 decimals."),
        (6, "valid_until", "Lies before 2026-02-01, when the price begins."),
        (7, "min_quantity", "pieces are measured to 0 decimals. Round it."),
        (8, "price", "Fill this in."),
        (10, "sku", "On line 9 as well. Remove one of the two."),
        (11, "min_quantity", "Write a number 0 or more."),
        (12, "valid_from", "Write the date as 2026-01-31, or name its form (date_format)."),
        (13, "sku", "Fill this in."),
    ]
    assert list(SalesPrice.objects.all()) == [kept]


def test_orders_keep_what_they_were_taken_at(bring, goods):
    order = take_order((goods[1], 2))

    bring("sales_prices", "sku,price\nSKU-2,1\n")

    assert order.items.get().sale_price_per_unit == Decimal("9.99")


def test_the_command_line_and_the_api_take_the_file(api, tmp_path):
    UserFactory(role="admin")
    path = tmp_path / "prices.csv"
    path.write_text("sku;price\nSKU-1;5,25\n")

    call_command("import_sales_prices", str(path), "--commit", "-v0", stdout=StringIO())

    assert SalesPrice.objects.get().price == Decimal("5.25")
    answer = api("viewer").get("/api/sales-prices/export/")
    rows = b"".join(answer.streaming_content).decode().splitlines()
    today = timezone.now().date().isoformat()
    assert rows == [HEADER.strip(), f"SKU-1,EUR,5.25,0,{today},"]
    template = b"".join(api("viewer").get("/api/sales-prices/template/").streaming_content)
    assert template.decode() == HEADER.replace("\n", "\r\n")
