"""The history of what suppliers asked: written wherever terms change, read in lists."""

import csv
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction

from inventory.models import Product, ProductSupplier, SupplierPrice
from inventory.services.catalogue import delete_product, update_product
from inventory.services.terms import terms_from
from tests.admin.pages import list_of, page_of
from tests.factories.inventory import ProductFactory, VariationFactory
from tests.factories.purchasing import make_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db
TERMS = ("supplier__code", "cost_per_unit", "previous_cost", "currency", "lead_time_days", "source")


def history(product, *names):
    return list(
        SupplierPrice.objects.filter(product=product).order_by("pk").values_list(*(names or TERMS))
    )


def offer(product, supplier, cost="5", **terms):
    return {"supplier": supplier, "cost_per_unit": cost and Decimal(cost), **terms}


def source(product, *lines, user=None):
    update_product(
        product=product,
        values={"sourcing": list(lines)},
        acting_user=user or UserFactory(role="manager"),
    )


@pytest.fixture
def product():
    return VariationFactory().product


def test_every_change_of_terms_is_a_row(product):
    acme = SupplierFactory(code="ACME", currency="EUR")

    source(product, offer(product, acme, "5.00", lead_time_days=7))
    source(product, offer(product, acme, "5.25", lead_time_days=7))
    source(product, offer(product, acme, "5.25", lead_time_days=9))
    source(product, offer(product, acme, None, lead_time_days=9))
    source(product, offer(product, acme, "6", lead_time_days=9))

    assert history(product) == [
        ("ACME", Decimal(5), None, "EUR", 7, "hand"),
        ("ACME", Decimal("5.25"), Decimal(5), "EUR", 7, "hand"),
        ("ACME", Decimal("5.25"), Decimal("5.25"), "EUR", 9, "hand"),
        ("ACME", None, Decimal("5.25"), "EUR", 9, "hand"),
        ("ACME", Decimal(6), Decimal("5.25"), "EUR", 9, "hand"),
    ]


def test_what_stays_as_it_is_leaves_no_row_and_keeps_its_own(product):
    acme, other = SupplierFactory(), SupplierFactory()
    source(product, offer(product, acme, lead_time_days=7), offer(product, other, "4"))
    before, keys = history(product), list(product.sourcing.order_by("pk").values_list("pk"))

    source(
        product,
        offer(product, acme, lead_time_days=7, supplier_product_code="A-1", pack_size=Decimal(6)),
        offer(product, other, "4", is_primary=True),
    )

    assert history(product) == before
    assert list(product.sourcing.order_by("pk").values_list("pk")) == keys
    assert product.sourcing.get(is_primary=True).supplier == other
    assert product.sourcing.get(supplier=acme).supplier_product_code == "A-1"


def test_a_supplier_taken_away_and_put_back_at_the_same_terms_is_no_news(product):
    acme = SupplierFactory()
    source(product, offer(product, acme))
    source(product)
    source(product, offer(product, acme))

    assert len(history(product)) == 1


def test_terms_without_price_and_lead_time_are_no_news(product):
    source(product, offer(product, SupplierFactory(), None))

    assert history(product) == []


def test_another_currency_has_no_previous_cost(product):
    acme = SupplierFactory(code="ACME", currency="EUR")
    source(product, offer(product, acme))
    acme.currency = "USD"
    acme.save(update_fields=["currency"])

    source(product, offer(product, acme, "5", supplier_product_code="X"))

    assert history(product, "cost_per_unit", "previous_cost", "currency") == [
        (Decimal(5), None, "EUR"),
        (Decimal(5), None, "USD"),
    ]


def test_source_is_told_by_whoever_writes_and_forgotten_afterwards(product):
    acme = SupplierFactory()
    row = ProductSupplier.objects.create(product=product, supplier=acme, cost_per_unit=1)

    with terms_from(SupplierPrice.Source.PRICE_LIST, "list.csv"):
        ProductSupplier.objects.filter(pk=row.pk).update(cost_per_unit=2)
    ProductSupplier.objects.filter(pk=row.pk).update(cost_per_unit=3)

    assert history(product, "cost_per_unit", "source", "reference") == [
        (Decimal(1), "hand", ""),
        (Decimal(2), "price_list", "list.csv"),
        (Decimal(3), "hand", ""),
    ]


def test_a_bulk_load_writes_its_history_in_the_same_statement(django_assert_num_queries):
    acme = SupplierFactory()
    rows = [
        ProductSupplier(product=ProductFactory(), supplier=acme, cost_per_unit=number + 1)
        for number in range(3)
    ]

    with django_assert_num_queries(1):
        ProductSupplier.objects.bulk_create(rows)

    assert [one.cost_per_unit for one in SupplierPrice.objects.order_by("pk")] == [1, 2, 3]


def test_an_order_at_another_price_is_news_and_one_at_the_same_is_not():
    acme = SupplierFactory(code="ACME", currency="USD")
    variation, known = VariationFactory(), VariationFactory()
    source(known.product, offer(known.product, acme, "2.5"))  # what make_order pays
    day = datetime(2025, 3, 4, tzinfo=UTC)

    make_order(1, 2, variations=[variation, known], supplier=acme, status="draft", order_date=day)
    assert history(variation.product) == []
    make_order(1, 2, variations=[variation, known], supplier=acme, status="sent", order_date=day)
    make_order(5, variations=[variation], supplier=acme, status="received")

    assert history(variation.product, *TERMS, "variation", "valid_from", "reference") == [
        ("ACME", Decimal("2.5"), None, "USD", None, "order", variation.pk, day, "")
    ]
    assert len(history(known.product)) == 1


def test_an_order_changes_no_terms_and_a_later_save_of_the_same_terms_is_no_news():
    acme = SupplierFactory(currency="USD")
    variation = VariationFactory()
    source(variation.product, offer(variation.product, acme, "9"))

    make_order(1, variations=[variation], supplier=acme, status="sent")
    source(variation.product, offer(variation.product, acme, "9", supplier_product_code="X"))

    assert variation.product.sourcing.get().cost_per_unit == 9
    assert history(variation.product, "cost_per_unit", "previous_cost", "source") == [
        (Decimal(9), None, "hand"),
        (Decimal("2.5"), Decimal(9), "order"),
    ]


def test_history_cannot_be_changed(product):
    source(product, offer(product, SupplierFactory()))

    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        SupplierPrice.objects.update(cost_per_unit=1)

    assert SupplierPrice.objects.get().cost_per_unit == 5


def test_history_goes_with_its_product(product):
    source(product, offer(product, SupplierFactory()))

    assert delete_product(product=product, acting_user=UserFactory(role="manager"))
    assert not SupplierPrice.objects.exists()
    assert not Product.objects.exists()


def test_a_refused_change_of_the_product_writes_no_history(product, api):
    acme = SupplierFactory()

    answer = api("manager").patch(
        f"/api/products/{product.code}/",
        {
            "suppliers": [{"supplier_id": acme.code, "cost_per_unit": 3}],
            "inventory": {"reserved_stock": 5},
        },
    )

    assert answer.status_code == 409
    assert history(product) == []


def test_api_tells_who_changed_what(product, api):
    acme = SupplierFactory(code="ACME", company_name="Acme", currency="EUR")
    client = api("manager")
    for cost in (8, 10):
        body = {"suppliers": [{"supplier_id": "ACME", "cost_per_unit": cost, "lead_time_days": 5}]}
        assert client.patch(f"/api/products/{product.code}/", body).status_code == 200

    rows = client.get(f"/api/products/{product.code}/supplier-prices/").json()["prices"]

    newest = SupplierPrice.objects.latest("pk")
    assert rows[0] == {
        "id": newest.pk,
        "product_id": product.code,
        "product_name": product.name,
        "sku": None,
        "supplier_id": "ACME",
        "supplier_name": "Acme",
        "cost_per_unit": 10,
        "previous_cost": 8,
        "change_percent": 25,
        "currency": "EUR",
        "lead_time_days": 5,
        "valid_from": newest.valid_from.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "source": "hand",
        "reference": "",
        "changed_by": rows[0]["changed_by"],
    }
    assert [(row["cost_per_unit"], row["change_percent"]) for row in rows] == [(10, 25), (8, None)]
    assert acme.prices.count() == 2


def test_actor_is_the_one_who_sent_the_request(product, client):
    user = UserFactory(role="manager")
    client.force_login(user)
    acme = SupplierFactory()

    answer = client.patch(
        f"/api/products/{product.code}/",
        {"suppliers": [{"supplier_id": acme.code, "cost_per_unit": 3}]},
        content_type="application/json",
    )

    assert answer.status_code == 200, answer.content
    rows = client.get(f"/api/suppliers/{acme.code}/prices/").json()["prices"]
    assert [row["changed_by"] for row in rows] == [user.code]


def test_lists_are_of_their_product_or_supplier_and_filter(api):
    acme, other = SupplierFactory(code="ACME"), SupplierFactory(code="OTHER")
    one, two = VariationFactory(product__code="ONE"), VariationFactory(product__code="TWO")
    source(one.product, offer(one.product, acme, "1"), offer(one.product, other, "2"))
    source(two.product, offer(two.product, acme, "3"))
    make_order(
        1,
        variations=[two],
        supplier=acme,
        status="sent",
        order_date=datetime(2025, 1, 31, 12, tzinfo=UTC),
    )
    client = api("viewer")

    def costs(path):
        return [row["cost_per_unit"] for row in client.get(path).json()["prices"]]

    assert costs("/api/products/ONE/supplier-prices/") == [2, 1]
    assert costs("/api/products/one/supplier-prices/?supplier_id=acme") == [1]
    assert costs("/api/suppliers/ACME/prices/") == [2.5, 3, 1]
    assert costs("/api/suppliers/ACME/prices/?product_id=TWO&source=hand") == [3]
    assert costs("/api/suppliers/ACME/prices/?end_date=2025-01-31") == [2.5]
    assert costs("/api/suppliers/ACME/prices/?start_date=2025-02-01&ordering=cost_per_unit") == [
        1,
        3,
    ]
    assert costs(f"/api/products/TWO/supplier-prices/?sku={two.sku_code}") == [2.5]
    assert costs("/api/suppliers/ACME/prices/?search=two") == [2.5, 3]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/products/NOPE/supplier-prices/", 404),
        ("/api/suppliers/NOPE/prices/", 404),
        ("/api/suppliers/ACME/prices/?source=guess", 400),
        ("/api/suppliers/ACME/prices/?product_id=NOPE", 400),
        ("/api/suppliers/ACME/prices/?start_date=soon", 400),
        ("/api/suppliers/ACME/prices/?colour=red", 400),
    ],
)
def test_what_is_unknown_is_refused(api, path, status):
    SupplierFactory(code="ACME")

    assert api("viewer").get(path).status_code == status


def test_export_is_of_what_the_filters_select(api):
    acme = SupplierFactory(code="ACME")
    for cost in ("1", "2"):
        item = VariationFactory()
        source(item.product, offer(item.product, acme, cost))

    answer = api("viewer").get("/api/suppliers/ACME/prices/?format=csv&ordering=cost_per_unit")

    rows = list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))
    assert [(row["supplier_id"], row["cost_per_unit"]) for row in rows] == [
        ("ACME", "1"),
        ("ACME", "2"),
    ]


@pytest.mark.parametrize("count", [1, 3])
def test_lists_take_two_queries(api, django_assert_num_queries, count):
    acme = SupplierFactory(code="ACME")
    for number in range(count):
        item = VariationFactory()
        source(item.product, offer(item.product, acme, f"{number + 1}"))
    client = api("viewer")

    with django_assert_num_queries(2):  # the supplier, the page
        rows = client.get("/api/suppliers/ACME/prices/").json()["prices"]

    assert len(rows) == count


def test_admin_shows_history_on_the_product_and_by_itself(client, product):
    client.force_login(UserFactory(role="manager"))
    source(product, offer(product, SupplierFactory(code="ACME"), "7.7325"))

    assert "7.7325" in client.get(page_of(product)).content.decode()
    assert "7.7325" in client.get(list_of(SupplierPrice)).content.decode()
    assert client.get(page_of(SupplierPrice.objects.get())).status_code == 200


def test_the_trigger_stands_behind_plain_sql(product):
    acme = SupplierFactory()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inventory_productsupplier (product_id, supplier_id, is_primary,"
            " supplier_product_code, cost_per_unit) VALUES (%s, %s, false, '', 3)",
            [product.pk, acme.pk],
        )

    assert history(product, "cost_per_unit", "source") == [(Decimal(3), "hand")]
