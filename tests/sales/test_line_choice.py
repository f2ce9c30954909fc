"""Which lines of an order a request means."""

from decimal import Decimal
from types import SimpleNamespace

import pytest

from common.exceptions import InvalidInput
from sales.models import SalesOrderItem
from sales.services.line_choice import LineRequest, choose_lines, lines_by_name, lines_meant
from tests.factories.inventory import VariationFactory
from tests.factories.sales import take_order


def item(pk, position, sku, variation_id, product="P", product_id=7):
    made = SalesOrderItem(pk=pk, position=position)
    made._state.fields_cache["variation"] = SimpleNamespace(
        pk=variation_id,
        sku_code=sku,
        product=SimpleNamespace(code=product),
        product_id=product_id,
    )
    return made


FIRST = item(11, 1, "A-1", 101)
SECOND = item(12, 2, "B-2", 102, "Q", 8)
NUMBERED = item(13, 3, "101", 103, "8", 9)  # its codes are the keys of others
LINES = lines_by_name([FIRST, SECOND, NUMBERED])


@pytest.mark.parametrize(
    ("key", "reference", "meant"),
    [
        ("id", "12", [SECOND]),
        ("id", "A-1", []),
        ("line", " 3 ", [NUMBERED]),
        ("line", "03", [NUMBERED]),
        ("sku", "b-2", [SECOND]),
        ("sku_code", "102", [SECOND]),
        ("product_variation", "101", [FIRST, NUMBERED]),  # one by its key, one by its code
        ("product_id", "q", [SECOND]),
        ("product_id", "8", [SECOND, NUMBERED]),
        ("product_id", "none", []),
    ],
)
def test_lines_are_found_by_each_of_their_names(key, reference, meant):
    request = LineRequest(key=key, reference=reference, quantity=Decimal(1))

    assert list(lines_meant(LINES, request)) == meant


@pytest.mark.django_db
def test_a_refusal_names_a_few_of_very_many_lines():
    variation = VariationFactory()
    order = take_order(*[(variation, 1)] * 25)

    with pytest.raises(InvalidInput) as refused:
        choose_lines(order, [LineRequest("sku", variation.sku_code, Decimal(1))])

    first = ", ".join(str(number) for number in range(1, 21))
    assert refused.value.details == {
        "items.0.sku": [f"Lines {first} and 5 more are for this. Name one of them by `line`."]
    }
