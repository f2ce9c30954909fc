"""The pages on which new documents begin, and the lists that they come to stand in."""

from datetime import timedelta

import pytest
from django.utils import timezone

from common.admin_columns import day
from purchasing.models import PurchaseOrder, PurchaseRequest
from sales.models import SalesOrder
from tests.admin.pages import add_to, list_of
from tests.factories.purchasing import make_order
from tests.factories.sales import take_order

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", [PurchaseOrder, SalesOrder, PurchaseRequest])
def test_a_new_document_begins_where_its_author_works_with_an_empty_line(manager, place, model):
    context = manager.get(add_to(model)).context

    assert context["adminform"].form["warehouse"].value() == place.own.pk
    (lines,) = context["inline_admin_formsets"]
    assert len(lines.formset.forms) == 1
    shown = {str(field["label"]).lower() for field in lines.fields()}
    assert shown.isdisjoint({"received", "left", "returned"})


def test_lists_name_the_place_shortly_and_say_what_is_late(manager, place):
    order = make_order(
        10, warehouse=place.own, status="sent", order_date=timezone.now() - timedelta(days=9),
        expected_delivery_date=timezone.now() - timedelta(days=2),
    )  # fmt: skip
    sale = take_order((place.variation, 2), warehouse=place.own, customer_email="a@example.com")

    bought = manager.get(list_of(PurchaseOrder)).content.decode()
    sold = manager.get(list_of(SalesOrder)).content.decode()

    assert f"{day(order.expected_delivery_date)}, 2 days late" in bought
    assert "25.00 USD" in bought
    assert "19.98 USD" in sold
    assert day(sale.order_date) in sold
    for page in (bought, sold):
        assert place.own.code in page
        assert f"{place.own.code} {place.own.name}" not in page
