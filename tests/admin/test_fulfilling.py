"""The page on which goods leave proposes from where, line by line."""

from datetime import date
from decimal import Decimal

import pytest

from inventory.models import Stock, StockMovement
from sales.models import Fulfilment
from sales.services.fulfilment import fulfil_sales_order
from tests.admin.pages import errors_of, step_of
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.sales import take_order
from tests.inventory.lots.postings import receive

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_orders")]


@pytest.fixture
def both(manager, place):
    """A manager who works in both warehouses."""
    manager.user.warehouse_memberships.create(warehouse=place.foreign)
    return manager


def form_of(client, order):
    return client.get(step_of(order, "fulfil")).context["form"]


def proposed(form):
    """Return (SKU, quantity, place) of each row, as the page shows them."""
    return [
        (
            form.rows[key].variation.sku_code,
            form[f"line_{key}"].value(),
            form[f"from_{key}"].value(),
        )
        for key in form.keys
    ]


def posted(form, **change):
    """Return what a browser posts of a form that nobody touched, and what somebody changed."""
    names = [f"{kind}{key}" for key in form.keys for kind in form.kinds]
    return {name: form[name].value() or "" for name in names} | change


def left():
    return sorted(
        StockMovement.objects.filter(reason_code="sale").values_list(
            "variation__sku_code", "warehouse__code", "quantity"
        )
    )


def test_each_line_is_proposed_from_where_it_lies_and_leaves_so(both, place):
    elsewhere, nowhere = VariationFactory(), VariationFactory()
    put_in_stock(elsewhere, place.foreign, 5)
    order = take_order(
        (place.variation, 12), (elsewhere, 3), (nowhere, 2), warehouse=place.own
    )  # 10 of the first lie here, and 10 there

    form = form_of(both, order)

    first, second = place.variation.sku_code, elsewhere.sku_code
    assert proposed(form) == [
        (first, "10", place.own.code),
        (first, "2", place.foreign.code),
        (second, "3", place.foreign.code),
        (nowhere.sku_code, None, place.own.code),
    ]
    page = both.get(step_of(order, "fulfil")).content.decode()
    assert "2 outstanding, 2 of it nowhere" in page
    told = both.post(step_of(order, "fulfil"), posted(form), follow=True)
    assert "have left stock" in errors_of(told)
    assert left() == sorted(
        [
            (first, place.own.code, Decimal(-10)),
            (first, place.foreign.code, Decimal(-2)),
            (second, place.foreign.code, Decimal(-3)),
        ]
    )
    order.refresh_from_db()
    assert order.status == "partially_fulfilled"


def test_what_was_entered_is_kept_though_stock_went_meanwhile(both, place):
    order = take_order((place.variation, 12), warehouse=place.own)
    body = posted(form_of(both, order))
    other = take_order((place.variation, 10), warehouse=place.foreign)
    fulfil_sales_order(order=other, acting_user=both.user)
    before = left(), list(Stock.objects.order_by("pk").values())

    answer = both.post(step_of(order, "fulfil"), body)

    told = answer.content.decode()
    assert f"2 wanted, 0 available in {place.foreign.code}." in told
    assert proposed(answer.context["form"]) == [
        (place.variation.sku_code, "10", place.own.code),
        (place.variation.sku_code, "2", place.foreign.code),
    ]
    assert (left(), list(Stock.objects.order_by("pk").values())) == before


def test_a_line_without_stock_says_so_and_an_empty_page_sends_nothing(manager, place):
    order = take_order((VariationFactory(), 2), warehouse=place.own)

    answer = manager.post(step_of(order, "fulfil"), posted(form_of(manager, order)))

    assert "Enter what leaves of at least one line." in answer.content.decode()
    assert not Fulfilment.objects.exists()


def test_a_lot_is_named_where_goods_track_lots(both, place):
    milk = VariationFactory(product__lot_tracking=True)
    receive(milk, place.own, 5, "EARLY", expires=date(2099, 1, 1))
    receive(milk, place.own, 5, "LATE", expires=date(2099, 6, 1))
    order = take_order((milk, 3), (place.variation, 1), warehouse=place.own)
    form = form_of(both, order)
    assert [*form.columns] == ["Quantity", "Ship from", "Lot"]

    both.post(step_of(order, "fulfil"), posted(form, **{f"lot_{form.keys[0]}": "LATE"}))

    lots = StockMovement.objects.filter(variation=milk, reason_code="sale")
    assert list(lots.values_list("lot__lot_number", "quantity")) == [("LATE", Decimal(-3))]


def test_places_of_others_are_neither_proposed_nor_offered(manager, place):
    order = take_order((place.variation, 12), warehouse=place.own)

    form = form_of(manager, order)

    assert proposed(form) == [(place.variation.sku_code, "10", place.own.code)]
    assert [code for code, _ in form.fields[f"from_{form.keys[0]}"].choices] == [place.own.code]
    assert [*form.columns] == ["Quantity", "Ship from"]
