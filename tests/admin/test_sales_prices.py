"""Prices in the admin site, and orders that are priced by them."""

from decimal import Decimal

import pytest

from sales.models import SalesOrder, SalesPrice
from tests.admin.pages import (
    add_to,
    deletion_of,
    errors_of,
    filled,
    lines,
    list_of,
    page_of,
)
from tests.factories.sales import list_price

pytestmark = pytest.mark.django_db


def new_sale(place, row, **fields):
    when = {"order_date_0": "2026-01-05", "order_date_1": "10:00"}
    return {"warehouse": place.own.pk, "priority": "2", **when, **fields, **lines("items", row)}


def test_line_without_a_price_has_the_one_of_the_price_list(manager, place):
    list_price(place.variation, "7.25", "EUR")
    row = {"variation": place.variation.pk, "quantity": "4"}

    manager.post(add_to(SalesOrder), new_sale(place, row, currency="EUR"))
    refused = manager.post(add_to(SalesOrder), new_sale(place, row, currency="GBP"))

    assert SalesOrder.objects.get().total_amount == Decimal(29)
    assert "has no price in GBP" in errors_of(refused)


def test_prices_are_kept_in_the_back_office(manager, place):
    body = {"variation": place.variation.pk, "price": "7.25", "min_quantity": "0",
            "valid_from": "2026-01-01"}  # fmt: skip
    manager.post(add_to(SalesPrice), body)
    row = SalesPrice.objects.get()
    assert (row.currency, row.price) == ("USD", Decimal("7.25"))

    again = manager.post(add_to(SalesPrice), body)
    assert "There is a price" in errors_of(again)
    late = filled(manager, page_of(row), valid_until="2025-12-31")
    assert "Lies before" in errors_of(manager.post(page_of(row), late))
    manager.post(page_of(row), filled(manager, page_of(row), price="8"))

    row.refresh_from_db()
    assert row.price == 8
    assert manager.get(list_of(SalesPrice), {"valid": "today"}).status_code == 200
    manager.post(deletion_of(row), {"post": "yes"})
    assert SalesPrice.objects.count() == 0
