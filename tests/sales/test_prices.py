"""What goods cost: by currency, day and quantity; a line without a price anywhere is refused."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from common.exceptions import InvalidInput
from sales.models import SalesOrder, SalesPrice
from sales.services.prices import AskedLine, price_lines
from tests.factories.inventory import ProductFactory, VariationFactory
from tests.factories.sales import figures, list_price, take_order

pytestmark = pytest.mark.django_db
ORDERS, PRICES = "/api/sales-orders/", "/api/sales-prices/"
MARCH = datetime(2026, 3, 15, 12, tzinfo=UTC)


@pytest.fixture
def variation():
    return VariationFactory()


def cost(variation, quantity=1, currency="USD", ordered_at=MARCH):
    asked = [AskedLine(variation, Decimal(quantity))]
    return price_lines(asked, currency=currency, ordered_at=ordered_at)[0].sale_price_per_unit


def test_listed_price_goes_before_the_selling_price(variation):
    assert cost(variation) == Decimal("9.99")

    list_price(variation, "8.50")

    assert cost(variation) == Decimal("8.50")


def test_each_currency_has_its_own_price(variation):
    list_price(variation, "7.25", "EUR")

    assert (cost(variation), cost(variation, currency="EUR")) == (Decimal("9.99"), Decimal("7.25"))
    with pytest.raises(InvalidInput) as refusal:
        cost(variation, currency="GBP")
    assert refusal.value.details == {
        "items.0.sale_price_per_unit": [
            f"{variation.sku_code} has no price in GBP on 2026-03-15. "
            "Send a price, or add one to the price list."
        ]
    }


@pytest.mark.parametrize(
    ("day", "price"),
    [(28, "9.99"), (1, "5.00"), (9, "5.00"), (10, "6.00"), (20, "6.00"), (21, "5.00"),
     (31, "5.00")],
)  # fmt: skip
def test_price_is_the_latest_to_begin_of_those_valid_on_the_day_of_the_order(variation, day, price):
    list_price(variation, 5, valid_from=date(2026, 3, 1))
    list_price(variation, 6, valid_from=date(2026, 3, 10), valid_until=date(2026, 3, 20))
    month = 2 if day == 28 else 3

    when = datetime(2026, month, day, 23, 59, tzinfo=UTC)

    assert cost(variation, ordered_at=when) == Decimal(price)


@pytest.mark.parametrize(
    ("quantity", "price"), [("9.999", "5.00"), ("10", "4.50"), ("99", "4.50"), ("100", "4.00")]
)
def test_larger_quantities_have_their_own_price(variation, quantity, price):
    list_price(variation, 5)
    list_price(variation, "4.5", min_quantity=10)
    list_price(variation, 4, min_quantity=100, valid_from=date(2020, 1, 1))
    list_price(variation, 6, valid_from=date(2026, 1, 1), valid_until=date(2026, 1, 31))

    assert cost(variation, quantity) == Decimal(price)


@pytest.mark.parametrize("lines", [1, 40])
def test_all_lines_are_priced_in_one_query_and_none_where_all_have_prices(lines):
    variations = VariationFactory.create_batch(lines)
    asked = [AskedLine(variation, Decimal(1)) for variation in variations]

    with CaptureQueriesContext(connection) as queries:
        price_lines(asked, currency="USD")
        price_lines([line._replace(price=Decimal(1)) for line in asked], currency="EUR")

    assert len(queries) == 1


def test_order_lines_take_listed_prices_and_discounts_and_totals_are_computed(manager, stock):
    list_price(stock.variation, "7.25", "EUR")
    items = [
        {"sku": stock.variation.sku_code, "quantity": 3, "discount_percent": 10},
        {"sku": stock.variation.sku_code, "quantity": 1, "sale_price_per_unit": 5},
    ]

    answer = manager.post(ORDERS, {"currency": "EUR", "items": items, "total_amount": 1})

    body = answer.json()
    assert (answer.status_code, body["currency"], body["total_amount"]) == (201, "EUR", 24.58)
    assert [line["sale_price_per_unit"] for line in body["items"]] == [7.25, 5]
    assert [line["line_total"] for line in body["items"]] == [19.58, 5]


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "total"),
    [
        ("3", "9.99", "33.33", "19.98"),
        ("1", "0.05", "50", "0.03"),
        ("0.333", "10.01", "0", "3.33"),
        ("99999999.999", "999999999.99", "0.01", "99989999999000100.00"),
        ("7", "19.99", "100", "0.00"),
    ],
)
def test_line_totals_are_the_same_in_python_and_in_the_database(
    stock, quantity, price, discount, total
):
    asked = AskedLine(stock.variation, Decimal(quantity), Decimal(price), Decimal(discount))
    line = price_lines([asked], currency="USD")[0]
    order = take_order((stock.variation, 1), warehouse=stock.warehouse)

    order.items.update(
        quantity=line.quantity,
        sale_price_per_unit=line.sale_price_per_unit,
        discount_percent=line.discount_percent,
    )

    stored = order.items.get().line_total
    assert line.total == stored
    assert total.startswith("9998") or stored == Decimal(total)


def test_lines_in_a_currency_without_a_price_are_named_and_nothing_is_ordered(manager, stock):
    foreign = VariationFactory(product=ProductFactory(currency="EUR"))
    items = [
        {"sku": stock.variation.sku_code, "quantity": 1},
        {"sku": foreign.sku_code, "quantity": 1},
        {"sku": foreign.sku_code, "quantity": 1, "sale_price_per_unit": 3},
    ]

    answer = manager.post(ORDERS, {"items": items})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert list(answer.json()["details"]) == ["items.1.sale_price_per_unit"]
    assert SalesOrder.objects.count() == 0
    assert figures(stock) == (10, 0)


def test_replaced_lines_are_priced_in_the_currency_and_on_the_day_of_the_order(manager, stock):
    list_price(stock.variation, "7.25", "EUR", valid_until=date(2020, 12, 31))
    order = take_order(
        (stock.variation, 1),
        warehouse=stock.warehouse,
        currency="EUR",
        order_date=datetime(2020, 6, 1, tzinfo=UTC),
    )
    path, items = f"{ORDERS}{order.order_number}/", [
        {"sku": stock.variation.sku_code, "quantity": 2}
    ]  # fmt: skip

    changed = manager.patch(path, {"items": items})
    late = manager.patch(path, {"items": items, "order_date": "2021-01-01T00:00:00Z"})

    assert changed.json()["total_amount"] == 14.5
    assert list(late.json()["details"]) == ["items.0.sale_price_per_unit"]


def test_currency_changes_with_the_prices_alone(manager, stock):
    order = take_order((stock.variation, 2), warehouse=stock.warehouse)
    path = f"{ORDERS}{order.order_number}/"

    refused = manager.patch(path, {"currency": "EUR"})
    items = [{"sku": stock.variation.sku_code, "quantity": 2, "sale_price_per_unit": 8}]
    changed = manager.patch(path, {"currency": "EUR", "items": items})

    assert (refused.status_code, list(refused.json()["details"])) == (400, ["currency"])
    assert (changed.json()["currency"], changed.json()["total_amount"]) == ("EUR", 16)


def test_price_is_kept_changed_and_deleted_over_http(manager, variation):
    made = manager.post(
        PRICES,
        {"sku": variation.sku_code.lower(), "currency": "eur", "price": 7.5, "min_quantity": 10,
         "valid_from": "2026-01-01", "valid_until": "2026-12-31"},
    )  # fmt: skip

    body = made.json()
    assert (made.status_code, body["message"]) == (201, "Price created successfully")
    assert {name: body[name] for name in (
        "product_id", "product_name", "sku", "currency", "price", "min_quantity", "valid_from",
        "valid_until",
    )} == {
        "product_id": variation.product.code,
        "product_name": variation.product.name,
        "sku": variation.sku_code,
        "currency": "EUR",
        "price": 7.5,
        "min_quantity": 10,
        "valid_from": "2026-01-01",
        "valid_until": "2026-12-31",
    }  # fmt: skip
    path = f"{PRICES}{body['id']}/"
    whole = manager.get(path).json()
    changed = manager.put(path, {**whole, "price": 8})
    assert (changed.status_code, changed.json()["price"]) == (200, 8)
    assert "price" in changed.json()["updated_fields"]
    assert manager.delete(path).status_code == 204
    assert SalesPrice.objects.count() == 0


def test_product_names_its_default_variation_and_gives_its_currency(manager, variation):
    made = manager.post(PRICES, {"product_id": variation.product.code, "price": 7})

    assert (made.json()["sku"], made.json()["currency"]) == (variation.sku_code, "USD")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sku": "NOPE-1"}, "sku"),
        ({"price": -1}, "price"),
        ({"price": "NaN"}, "price"),
        ({"price": None}, "price"),
        ({"currency": "EURO"}, "currency"),
        ({"min_quantity": -1}, "min_quantity"),
        ({"valid_from": "soon"}, "valid_from"),
        ({"valid_from": "2026-02-01", "valid_until": "2026-01-31"}, "valid_until"),
    ],
)
def test_bad_prices_are_refused_by_field(manager, variation, change, field):
    answer = manager.post(PRICES, {"sku": variation.sku_code, "price": 7, **change})

    assert (answer.status_code, list(answer.json()["details"])) == (400, [field])
    assert SalesPrice.objects.count() == 0


def test_half_pieces_have_no_price_of_their_own(manager):
    whole = VariationFactory(stock_unit="pieces")

    answer = manager.post(PRICES, {"sku": whole.sku_code, "price": 7, "min_quantity": 1.5})

    assert (answer.status_code, list(answer.json()["details"])) == (400, ["min_quantity"])


def test_one_price_for_a_day_and_quantity(manager, variation):
    body = {"sku": variation.sku_code, "price": 7, "valid_from": "2026-01-01"}
    assert manager.post(PRICES, body).status_code == 201

    answer = manager.post(PRICES, body)

    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate")
    assert SalesPrice.objects.count() == 1


def test_price_stays_with_its_goods(manager, variation):
    row = list_price(variation, 7)

    answer = manager.patch(f"{PRICES}{row.pk}/", {"sku": VariationFactory().sku_code})

    assert (answer.status_code, list(answer.json()["details"])) == (400, ["sku"])


@pytest.mark.parametrize(
    ("query", "number"),
    [("", 3), ("?currency=eur", 1), ("?sku={sku}", 2), ("?product_id={product}", 2),
     ("?valid_on=2026-06-01", 2), ("?search={sku}", 2), ("?ordering=-price", 3)],
)  # fmt: skip
def test_list_is_filtered(manager, variation, query, number):
    list_price(variation, 7)
    list_price(variation, 8, "EUR", valid_until=date(2025, 12, 31))
    list_price(VariationFactory(), 9)
    query = query.format(sku=variation.sku_code, product=variation.product.code)

    rows = manager.get(f"{PRICES}{query}").json()["sales_prices"]

    assert len(rows) == number


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_one_query(api, rows):
    for _ in range(rows):
        list_price(VariationFactory(), 7)
    client = api("admin")

    with CaptureQueriesContext(connection) as queries:
        answer = client.get(PRICES)

    assert len(answer.json()["sales_prices"]) == rows
    assert len(queries) == 1


@pytest.mark.parametrize(
    "values",
    [{"price": -1}, {"min_quantity": -1}, {"valid_until": date(2019, 1, 1)}],
)
def test_database_refuses_impossible_prices(variation, values):
    row = list_price(variation, 7)

    with pytest.raises(IntegrityError), transaction.atomic():
        SalesPrice.objects.filter(pk=row.pk).update(**values)
