"""From whom a product is bought: by hand, by the company's rule, and what wins."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from common.models import CompanySettings
from inventory.models import ProductSupplier
from inventory.sourcing import preferred_supplier, preferred_suppliers
from tests.admin.pages import filled, page_of
from tests.factories.inventory import VariationFactory
from tests.factories.suppliers import SupplierFactory, SupplierStandingFactory
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db


def rule(name):
    CompanySettings.objects.update_or_create(pk=1, defaults={"preferred_supplier_rule": name})


def offer(variation, supplier=None, *, measured=None, **terms):
    """Let a supplier offer a product; `measured` is its reliability and lead time."""
    supplier = supplier or SupplierFactory()
    if measured:
        SupplierStandingFactory(
            supplier=supplier,
            reliability_score=measured[0] and Decimal(measured[0]),
            average_lead_time_days=measured[1] and Decimal(measured[1]),
        )
    return ProductSupplier.objects.create(product=variation.product, supplier=supplier, **terms)


@pytest.fixture
def variation():
    return VariationFactory(product__currency="USD")


@pytest.fixture
def three(variation):
    """Make a primary supplier, one that is cheaper, and one that is better; all of USD."""
    return (
        offer(variation, is_primary=True, cost_per_unit=10, measured=("80", "9")),
        offer(variation, cost_per_unit=8, measured=("60", "12.5")),
        offer(variation, cost_per_unit=12, measured=("95", "4")),
    )


@pytest.mark.parametrize(
    ("name", "place"), [("manual", 0), ("cheapest", 1), ("most_reliable", 2), ("fastest", 2)]
)
def test_each_rule_chooses_its_own(variation, three, name, place):
    rule(name)

    assert preferred_supplier(variation) == three[place]


@pytest.mark.parametrize("name", ["manual", "cheapest", "most_reliable", "fastest"])
def test_a_locked_supplier_wins_over_every_rule(variation, three, name):
    ProductSupplier.objects.filter(pk=three[0].pk).update(is_locked=True)
    rule(name)

    assert preferred_supplier(variation) == three[0]


@pytest.mark.parametrize("name", ["manual", "cheapest"])
def test_a_locked_supplier_that_is_not_active_leaves_nobody(variation, three, name):
    ProductSupplier.objects.filter(pk=three[0].pk).update(is_locked=True)
    three[0].supplier.status = "inactive"
    three[0].supplier.save()
    rule(name)

    assert preferred_supplier(variation) is None
    assert preferred_suppliers([variation.product_id]) == {variation.product_id: None}


@pytest.mark.parametrize(("name", "place"), [("cheapest", 0), ("most_reliable", 0), ("manual", 0)])
def test_who_is_not_active_is_never_chosen(variation, three, name, place):
    for row in three[1:]:
        row.supplier.status = "pending"
        row.supplier.save()
    rule(name)

    assert preferred_supplier(variation) == three[place]


def test_without_a_primary_supplier_the_next_active_one_is_chosen_by_hand(variation, three):
    three[0].supplier.status = "inactive"
    three[0].supplier.save()

    assert preferred_supplier(variation) == three[1]
    three[2].supplier.preferred = True
    three[2].supplier.save()
    assert preferred_supplier(variation) == three[2]


def test_prices_in_other_currencies_are_not_compared(variation):
    euro = offer(variation, SupplierFactory(currency="EUR"), cost_per_unit=1)
    dollar = offer(variation, cost_per_unit=5)
    offer(variation, is_primary=True)
    rule("cheapest")

    assert preferred_supplier(variation) == dollar
    dollar.delete()
    assert preferred_supplier(variation).is_primary
    assert euro.supplier.currency == "EUR"


def test_a_lead_time_is_the_measured_one_else_that_of_the_offer_else_the_suppliers(variation):
    offer(variation, lead_time_days=1, measured=("50", "30"))
    agreed = offer(variation, lead_time_days=6)
    offer(variation, SupplierFactory(lead_time_days=7))
    rule("fastest")

    assert preferred_supplier(variation) == agreed


def test_nothing_measured_is_worse_than_little(variation):
    offer(variation, is_primary=True)
    measured = offer(variation, measured=("1", None))
    rule("most_reliable")

    assert preferred_supplier(variation) == measured


def test_among_equals_the_primary_one_then_the_older_one(variation):
    first = offer(variation, cost_per_unit=5)
    primary = offer(variation, cost_per_unit=5, is_primary=True)
    rule("cheapest")

    assert preferred_supplier(variation) == primary
    primary.delete()
    offer(variation, cost_per_unit=5)
    assert preferred_supplier(variation) == first


def test_a_product_that_nobody_supplies_is_not_told(variation):
    assert preferred_supplier(variation) is None
    assert preferred_suppliers([variation.product_id]) == {}


@pytest.mark.parametrize("number", [1, 3])
def test_any_number_of_products_takes_two_queries(number, django_assert_num_queries):
    rule("fastest")
    variations = [VariationFactory() for _ in range(number)]
    for one in variations:
        offer(one)
        offer(one, measured=("90", "2"))

    with django_assert_num_queries(2):
        chosen = preferred_suppliers(one.product_id for one in variations)

    assert [chosen[one.product_id].supplier.standing.reliability_score for one in variations] == [
        90
    ] * number


# In the catalogue


def told(client, variation):
    body = client.get(f"/api/products/{variation.product.code}/").json()
    return [(one["is_primary"], one["is_locked"], one["is_preferred"]) for one in body["suppliers"]]


def test_product_tells_who_is_preferred_and_who_is_locked(api, variation, three):
    client = api("manager")
    rule("cheapest")
    assert told(client, variation) == [
        (True, False, False),
        (False, False, True),
        (False, False, False),
    ]

    answer = client.patch(
        f"/api/products/{variation.product.code}/",
        {
            "suppliers": [
                {"supplier_id": three[0].supplier.code, "is_primary": True, "is_locked": True},
                {"supplier_id": three[1].supplier.code, "cost_per_unit": 8},
            ]
        },
    )

    assert answer.status_code == 200, answer.json()
    assert told(client, variation) == [(True, True, True), (False, False, False)]


def test_a_lock_goes_with_the_primary_supplier(api, variation, three):
    ProductSupplier.objects.filter(pk=three[0].pk).update(is_locked=True)

    answer = api("manager").patch(
        f"/api/products/{variation.product.code}/", {"supplier_id": three[1].supplier.code}
    )

    assert answer.status_code == 200
    assert not ProductSupplier.objects.filter(is_locked=True).exists()
    assert ProductSupplier.objects.get(is_primary=True) == three[1]


def test_only_the_primary_supplier_can_be_locked(api, variation, three):
    before = list(ProductSupplier.objects.order_by("pk").values())

    answer = api("manager").patch(
        f"/api/products/{variation.product.code}/",
        {
            "suppliers": [
                {"supplier_id": three[0].supplier.code, "is_primary": True},
                {"supplier_id": three[1].supplier.code, "is_locked": True},
            ]
        },
    )

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == ["suppliers.1.is_locked"]
    assert list(ProductSupplier.objects.order_by("pk").values()) == before


def test_the_database_holds_that_a_lock_is_of_the_primary_supplier(variation, three):
    with pytest.raises(IntegrityError, match="locked_is_primary"), transaction.atomic():
        ProductSupplier.objects.filter(pk=three[1].pk).update(is_locked=True)


def test_the_first_supplier_may_be_locked_without_being_called_primary(api, variation):
    supplier = SupplierFactory()

    answer = api("manager").patch(
        f"/api/products/{variation.product.code}/",
        {"suppliers": [{"supplier_id": supplier.code, "is_locked": True}]},
    )

    assert answer.status_code == 200
    assert told(api("viewer"), variation) == [(True, True, True)]


def test_administrators_set_the_rule(api):
    wanted = {"preferred_supplier_rule": "fastest"}
    assert api("manager").patch("/api/settings/", wanted).status_code == 403
    unknown = api("admin").patch("/api/settings/", {"preferred_supplier_rule": "nearest"})
    assert (unknown.status_code, list(unknown.json()["details"])) == (
        400,
        ["preferred_supplier_rule"],
    )
    assert api("admin").patch("/api/settings/", wanted).status_code == 200
    assert CompanySettings.current().preferred_supplier_rule == "fastest"


def test_admin_shows_the_preferred_supplier_and_locks(client, variation, three):
    client.force_login(UserFactory(role="manager"))
    page = page_of(variation.product)

    answer = client.post(page, filled(client, page, **{"sourcing-0-is_locked": "on"}))

    assert answer.status_code == 302
    assert ProductSupplier.objects.get(is_locked=True) == three[0]
    assert "preferred" in client.get(page).content.decode().lower()
