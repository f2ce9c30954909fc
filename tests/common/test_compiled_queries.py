from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import BigIntegerField, CharField, F
from django.test.utils import CaptureQueriesContext

from common.compiled_queries import CompiledQuery, Given
from inventory.models import ProductVariation
from tests.factories.inventory import VariationFactory

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
