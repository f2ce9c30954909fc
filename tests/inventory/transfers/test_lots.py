"""Goods that track lots leave in the lots that somebody chose, else the first to expire."""

from datetime import date
from decimal import Decimal

import pytest

from common.exceptions import InvalidInput
from inventory.exceptions import InsufficientStock, UnfitLines
from inventory.services.lots import set_quarantine
from inventory.services.transfers.leaving import Leaving
from inventory.services.transfers.requests import approve_transfer
from inventory.services.transfers.shipping import ship_transfer
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.transfers import at, make_transfer, transfer_facts
from tests.factories.warehouses import WarehouseFactory
from tests.inventory.lots.postings import lots_left, receive

pytestmark = pytest.mark.django_db
SOON, LATER = date(2090, 1, 1), date(2091, 1, 1)


@pytest.fixture
def source():
    return WarehouseFactory()


@pytest.fixture
def milk(source):
    variation = VariationFactory(product=ProductFactory(lot_tracking=True))
    receive(variation, source, 6, "SOON", SOON)
    receive(variation, source, 6, "LATER", LATER)
    return variation


@pytest.fixture
def plain(source):
    return put_in_stock(warehouse=source, quantity=100).variation


def approved(source, quantity, *variations):
    quantities = [quantity] * len(variations)
    return make_transfer(*quantities, source=source, status="approved", variations=variations)


def chosen(line, quantity, lot_number=""):
    return Leaving(line_id=line.pk, quantity=Decimal(quantity), lot_number=lot_number)


def in_transit(transfer):
    line = transfer.lines.first()
    rows = line.lots.order_by("lot__lot_number")
    return dict(rows.values_list("lot__lot_number", "quantity_in_transit"))


def test_without_a_choice_the_first_to_expire_leave(source, milk, boss):
    transfer = approved(source, 8, milk)

    ship_transfer(transfer=transfer, acting_user=boss)

    assert in_transit(transfer) == {"LATER": 2, "SOON": 6}


def test_chosen_lots_leave_and_the_rest_takes_none_of_them(source, milk, boss):
    transfer = approved(source, 9, milk)
    line = transfer.lines.get()

    ship_transfer(
        transfer=transfer, leaving=[chosen(line, 4), chosen(line, 5, "LATER")], acting_user=boss
    )

    line.refresh_from_db()
    assert (line.quantity_shipped, in_transit(transfer)) == (9, {"LATER": 5, "SOON": 4})
    assert lots_left(milk) == {"LATER": 1, "SOON": 2}
    assert at(transfer.to_warehouse) == (0, 9)


def test_what_is_left_of_a_chosen_lot_may_leave_after_the_first_to_expire(source, milk, boss):
    transfer = approved(source, 12, milk)
    line = transfer.lines.get()

    ship_transfer(
        transfer=transfer, leaving=[chosen(line, 2, "LATER"), chosen(line, 10)], acting_user=boss
    )

    assert in_transit(transfer) == {"LATER": 6, "SOON": 6}


def test_an_approval_that_ships_at_once_takes_chosen_lots_too(source, milk, boss):
    transfer = make_transfer(5, source=source, variations=[milk], auto_receive=True)
    line = transfer.lines.get()

    approve_transfer(transfer=transfer, leaving=[chosen(line, 5, "LATER")], acting_user=boss)

    here = milk.stocks.get(warehouse=transfer.to_warehouse)
    assert list(here.lots.values_list("lot__lot_number", "on_hand")) == [("LATER", 5)]


@pytest.mark.parametrize(
    ("entries", "field", "text"),
    [
        ([(3, "SOON"), (3, "SOON")], "items.1", "named twice"),
        ([(5, "SOON"), (6, "LATER")], "items.0.quantity", "Only 10 were asked for"),
        ([(-1, "SOON"), (3, "LATER")], "items.0.quantity", "at least 0"),
    ],
)
def test_choices_that_make_no_sense_are_refused_whole(source, milk, boss, entries, field, text):
    transfer = approved(source, 10, milk)
    line = transfer.lines.get()
    before = transfer_facts(transfer)

    with pytest.raises(InvalidInput, match=text) as refused:
        ship_transfer(
            transfer=transfer, leaving=[chosen(line, *entry) for entry in entries], acting_user=boss
        )

    assert list(refused.value.details) == [field]
    assert transfer_facts(transfer) == before


def test_a_lot_of_goods_without_lots_is_refused(source, plain, boss):
    transfer = approved(source, 5, plain)

    with pytest.raises(InvalidInput, match="not tracked by lot") as refused:
        ship_transfer(
            transfer=transfer, leaving=[chosen(transfer.lines.get(), 5, "X")], acting_user=boss
        )

    assert list(refused.value.details) == ["items.0.lot_number"]


def test_unknown_short_and_quarantined_lots_are_refused_by_line(source, milk, plain, boss):
    transfer = approved(source, 7, plain, milk)
    line = transfer.lines.get(variation=milk)
    set_quarantine(
        lot=milk.lots.get(lot_number="SOON"), warehouses=[source], quarantined=True,
        reason="Smells", acting_user=boss,
    )  # fmt: skip
    before = transfer_facts(transfer)

    def ship(quantity, lot_number):
        entries = [chosen(line, quantity, lot_number)]
        ship_transfer(transfer=transfer, leaving=entries, acting_user=boss)

    with pytest.raises(UnfitLines, match="No lot") as unknown:
        ship(1, "NONE")
    with pytest.raises(InsufficientStock) as short:
        ship(7, "LATER")
    with pytest.raises(InsufficientStock, match="is quarantined"):
        ship(1, "SOON")

    assert list(unknown.value.details) == ["items.0.lot_number"]
    [missing] = short.value.details["lines"]
    assert (missing["line"], missing["lot_number"], missing["available"]) == (2, "LATER", 6)
    assert transfer_facts(transfer) == before


def test_lots_are_chosen_over_http(api, source, milk):
    transfer = approved(source, 8, milk)
    clerk = api("staff", source)

    answer = clerk.post(f"/api/transfer-requests/{transfer.code}/ship/", {"items": [
        {"sku": milk.sku_code, "quantity": 3, "lot_number": "LATER"},
        {"line": 1, "quantity": 2, "lot_number": "SOON"},
    ]})  # fmt: skip

    assert answer.status_code == 200, answer.content
    [item] = answer.json()["items"]
    assert (item["quantity_shipped"], item["quantity"]) == (5, 8)
    assert {lot["lot_number"]: lot["quantity_shipped"] for lot in item["lots"]} == {
        "LATER": 3, "SOON": 2,
    }  # fmt: skip
    unknown = clerk.post(f"/api/transfer-requests/{transfer.code}/ship/", {"items": [{"line": 9}]})
    assert unknown.status_code == 400
