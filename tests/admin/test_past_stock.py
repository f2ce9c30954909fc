"""Stock on a past day, in the back office."""

from datetime import timedelta
from decimal import Decimal

import pytest

from inventory.admin.past_stock import SHOWN
from inventory.models import Stock
from inventory.models.lot import stock_day
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange
from tests.admin.pages import list_of
from tests.factories.inventory import ProductFactory, VariationFactory

pytestmark = pytest.mark.django_db
PAGE = f"{list_of(Stock)}past/"


def test_what_stock_was_worth_and_how_much_there_was(manager, place):
    today, sku = stock_day(), place.variation.sku_code

    now = manager.get(PAGE, {"day": str(today), "goods": sku})
    before = manager.get(PAGE, {"day": str(today - timedelta(days=400)), "goods": sku})

    assert now.context["worth"] == [(place.own.code, "40.00"), ("In all", "40.00")]
    [row] = now.context["goods"]
    assert (row[0], row[2], row[3].split()[0], row[4]) == (sku, place.own.code, "10", "40.00")
    assert place.foreign.code not in now.content.decode()
    assert before.context["worth"][-1] == ("In all", "0.00")
    assert manager.get(now.context["files"]["Values as CSV"]).status_code == 200
    assert "past/" in manager.get(list_of(Stock)).content.decode()


@pytest.mark.parametrize("day", ["2999-01-01", "tomorrow", ""])
def test_days_that_are_none_are_refused_in_the_form(manager, place, day):
    shown = manager.get(PAGE, {"day": day})

    assert shown.status_code == 200
    assert (shown.context["told"], list(shown.context["form"].errors)) == (None, ["day"])


def test_the_page_opens_with_yesterday(manager, place):
    shown = manager.get(PAGE)

    assert shown.context["day"] == stock_day() - timedelta(days=1)
    assert shown.context["goods"] == []


@pytest.mark.parametrize(("balances", "says"), [(SHOWN, False), (SHOWN + 1, True)])
def test_where_more_is_found_than_is_shown_the_page_says_so(manager, place, balances, says):
    product = ProductFactory(name="Ribbon")
    goods = [VariationFactory(product=product, is_default=not n) for n in range(balances)]
    changes = [
        StockChange(
            variation_id=variation.pk, warehouse_id=place.own.pk, quantity=Decimal(1),
            movement_type="inbound", unit_cost=Decimal(4),
        )
        for variation in goods
    ]  # fmt: skip
    apply_stock_changes(changes, acting_user=None)

    shown = manager.get(PAGE, {"day": str(stock_day()), "goods": "Ribbon"})

    assert len(shown.context["goods"]) == SHOWN
    text = "The first 50; name the goods more closely, or take the file."
    assert (text in shown.content.decode()) == says
