from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import BigIntegerField, CharField, F
from django.db.models.signals import post_init
from django.test.utils import CaptureQueriesContext

from common.compiled_queries import CompiledQuery, CompiledRow, Given, maker_of
from inventory.models import ProductVariation
from tests.factories.inventory import VariationFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from warehouses.models import Membership, Warehouse

pytestmark = pytest.mark.django_db

BY_KEY = CompiledQuery(
    lambda: (
        ProductVariation.objects.select_related("product")
        .annotate(margin=F("selling_price") - F("cost_price"))
        .filter(pk=Given("key", BigIntegerField()))
        .order_by()[:1]
    )
)
BY_SKUS = CompiledQuery(
    lambda: (
        ProductVariation.objects.filter(sku_code__any=Given("skus", CharField()))
        .order_by("sku_code")
        .values("sku_code", "attributes", "product__name")
    )
)


def test_instances_are_those_of_the_queryset_with_relations_and_annotations():
    made = VariationFactory(
        attributes={"size": ["L", None]}, cost_price=Decimal("4.5"), selling_price=9
    )
    VariationFactory()

    with CaptureQueriesContext(connection) as queries:
        found = BY_KEY.first(key=made.pk)

        assert (found, found.product) == (made, made.product)
    assert len(queries) == 1
    assert (found.attributes, found.margin) == ({"size": ["L", None]}, Decimal("4.5"))
    assert found._state.db == "default"
    assert not found._state.adding


def test_values_are_those_of_the_queryset():
    made = [VariationFactory(sku_code=f"SKU-{letter}") for letter in "BAC"]

    found = BY_SKUS.all(skus=["SKU-A", "SKU-B", "SKU-X"])

    assert found == [
        {"sku_code": one.sku_code, "attributes": one.attributes, "product__name": one.product.name}
        for one in (made[1], made[0])
    ]


def test_each_run_has_its_own_values_and_an_unknown_one_finds_nothing():
    first, second = VariationFactory(), VariationFactory()

    assert [BY_KEY.first(key=key) for key in (first.pk, second.pk, 0)] == [first, second, None]


def test_text_is_data_whatever_it_holds():
    hostile = "') OR ('1'='1"
    VariationFactory(sku_code="SKU-A")

    assert BY_SKUS.all(skus=[hostile, '"', "\\", "{", "NULL"]) == []


def test_a_value_that_is_not_given_is_an_error():
    with pytest.raises(KeyError, match="key"):
        BY_KEY.all()


def test_made_instances_are_those_of_the_model_in_everything_that_it_keeps():
    made = VariationFactory()
    queryset = ProductVariation.objects.select_related("product").defer("attributes", "barcode")
    query = CompiledQuery(lambda: queryset.filter(pk=Given("key", BigIntegerField())).order_by())

    found, expected = query.first(key=made.pk), queryset.get(pk=made.pk)

    def kept(row):
        return {name: value for name, value in vars(row).items() if name != "_state"}

    assert kept(found) == kept(expected)
    assert kept(found.product) == kept(expected.product)
    assert found.get_deferred_fields() == {"attributes", "barcode"}
    assert found.barcode == made.barcode
    found.barcode = "4711"
    found.save()
    assert ProductVariation.objects.get(pk=made.pk).barcode == "4711"


def test_a_relation_that_is_empty_is_none():
    warehouse = WarehouseFactory(manager=None)
    query = CompiledQuery(lambda: Warehouse.objects.select_related("manager").order_by())

    assert [(one, one.manager) for one in query.all()] == [(warehouse, None)]


def test_whoever_listens_to_new_instances_still_hears_of_them():
    made = VariationFactory()
    heard = []

    def listen(instance, **kwargs):
        heard.append(instance.pk)

    post_init.connect(listen, sender=ProductVariation)
    try:
        make = maker_of(ProductVariation, ["id"])
        assert make([made.pk]) == made
    finally:
        post_init.disconnect(listen, sender=ProductVariation)
    assert heard == [made.pk]
    assert maker_of(ProductVariation, ["id"])([made.pk]) == made
    assert heard == [made.pk]


def test_a_row_is_found_by_code_or_key_among_those_of_the_user():
    own, foreign = WarehouseFactory(code="WH-A"), WarehouseFactory(code="WH-B")
    user, admin = UserFactory(role="staff"), UserFactory(role="admin")
    Membership.objects.create(user=user, warehouse=own)
    row = CompiledRow(lambda user: Warehouse.objects.member(user))

    def found(reference, user):
        return row.find(reference, user)

    assert [found(name, user) for name in ("wh-a", " WH-A ", own.pk, str(own.pk))] == [own] * 4
    assert [found(name, user) for name in ("WH-B", foreign.pk, "WH-X", 0, "", "%")] == [None] * 6
    assert [found(name, admin) for name in ("WH-A", "WH-B", foreign.pk)] == [own, foreign, foreign]
    assert found(2**70, admin) is None


def test_a_code_wins_over_a_key():
    first = WarehouseFactory()
    second = WarehouseFactory(code=str(first.pk))
    row = CompiledRow(lambda user: Warehouse.objects.member(user))

    assert row.find(str(first.pk), UserFactory(role="admin")) == second
