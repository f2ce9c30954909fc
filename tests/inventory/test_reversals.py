"""A movement that was a mistake is undone by another one, once."""

from functools import partial

import pytest

from inventory.models import MovementReversal, Stock, StockMovement
from inventory.services.lots import set_quarantine
from inventory.services.reversals import reverse_movement
from inventory.services.transfers.receiving import close_transfer
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.transfers import at, make_transfer
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.inventory.lots.postings import lots_left, receive
from tests.threads import run_at_once

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_ledger")]
PATH = "/api/stock-movements/"


@pytest.fixture
def place():
    return WarehouseFactory()


@pytest.fixture
def stock(place):
    return put_in_stock(warehouse=place, quantity=100)


@pytest.fixture
def manager(api, place):
    return api("manager", place)


def posted(client, stock, quantity, movement_type="adjustment", **more):
    body = {"sku": stock.variation.sku_code, "movement_type": movement_type, "quantity": quantity}
    answer = client.post(PATH, {**body, **more})
    assert answer.status_code == 201, answer.content
    return answer.json()["movement_id"]


def reverse(client, code, reason="Wrong shelf"):
    return client.post(f"{PATH}{code}/reverse/", {"reason": reason})


def facts():
    return (
        list(Stock.objects.order_by("pk").values()),
        StockMovement.objects.count(),
        MovementReversal.objects.count(),
    )


@pytest.mark.parametrize(
    ("movement_type", "quantity"),
    [("adjustment", -7), ("adjustment", 7), ("inbound", 5), ("outbound", 5)],
)
def test_the_opposite_is_posted_and_names_what_it_undoes(manager, stock, movement_type, quantity):
    code = posted(manager, stock, quantity, movement_type)
    before = StockMovement.objects.get(pk=int(code[-6:])).__dict__ | {"_state": None}

    answer = reverse(manager, code)

    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert body["new_stock_level"] == 100
    assert (body["movement_type"], body["reason_code"], body["reason_description"]) == (
        "adjustment", "reversal", "Wrong shelf",
    )  # fmt: skip
    assert (body["reference_type"], body["reference_id"]) == ("stock_movement", code)
    assert body["processed_by"] == manager.user.code
    kept = StockMovement.objects.get(pk=before["id"])
    assert kept.__dict__ | {"_state": None} == before
    assert kept.reversal.by_movement.code == body["movement_id"]
    found = manager.get(f"{PATH}?reference={code}").json()["stock_movements"]
    assert [row["movement_id"] for row in found] == [body["movement_id"]]


def test_what_left_comes_back_at_the_cost_it_left_at(manager, stock):
    code = posted(manager, stock, -10)
    posted(manager, stock, 100, "inbound", unit_cost=40)

    body = reverse(manager, code).json()

    assert (body["unit_cost"], body["total_value"]) == (4, 40)


def test_it_comes_back_into_its_lot_quarantined_or_not(api, place):
    boss = api("admin")
    milk = VariationFactory(product__lot_tracking=True)
    receive(milk, place, 6, "ONE")
    receive(milk, place, 6, "TWO")
    receive(milk, place, -2, "TWO")
    set_quarantine(
        lot=milk.lots.get(lot_number="TWO"), warehouses=[place], quarantined=True, reason="Glass",
        acting_user=boss.user,
    )  # fmt: skip
    movement = StockMovement.objects.get(quantity=-2)

    assert reverse(boss, movement.code).status_code == 201

    assert lots_left(milk) == {"ONE": 6, "TWO": 6}
    assert milk.stocks.get().unavailable == 6


def test_a_movement_is_reversed_once_and_a_reversal_not_at_all(manager, stock):
    code = posted(manager, stock, -7)
    undone = reverse(manager, code).json()["movement_id"]
    before = facts()

    again, back = reverse(manager, code), reverse(manager, undone)

    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    assert "was reversed already" in again.json()["message"]
    assert "is a reversal itself" in back.json()["message"]
    assert facts() == before


def test_what_was_reversed_says_so_though_a_second_time_would_not_fit(api, manager, place, stock):
    few, many = posted(manager, stock, 50, "inbound"), posted(manager, stock, 90_000, "inbound")
    for code in (few, many):
        assert reverse(manager, code).status_code == 201
    posted(manager, stock, -100)
    before = facts()

    short, beyond = reverse(manager, few), reverse(api("staff", place), many)

    for answer in (short, beyond):
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
        assert "was reversed already" in answer.json()["message"]
    assert facts() == before


def test_what_the_client_wrote_makes_no_reversal_of_a_movement(manager, stock):
    code = posted(manager, stock, -7, reason_code="reversal", reference_type="stock_movement")

    assert reverse(manager, code).status_code == 201
    assert MovementReversal.objects.get().movement.code == code


def test_what_documents_moved_is_undone_there_but_for_corrections(api, place):
    boss = api("admin")
    transfer = make_transfer(10, status="in_transit", to=place)
    left = StockMovement.objects.get(movement_type="transfer")
    refused = reverse(boss, left.code)
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert refused.json()["message"] == (
        f"Undo {left.code} in {transfer.code} (return the goods or send them back); if it was "
        "posted by hand, put it right by an adjustment."
    )
    close_transfer(transfer=transfer, is_lost=True, note="Gone", acting_user=boss.user)
    lost = StockMovement.objects.get(reason_code="lost_in_transit")

    found = reverse(boss, lost.code, "Stood behind the door")

    assert found.status_code == 201
    assert at(place) == (10, 0)
    assert found.json()["unit_cost"] == 4


def test_goods_that_are_gone_cannot_be_taken_back_and_a_reason_is_needed(manager, stock):
    code = posted(manager, stock, 50, "inbound")
    posted(manager, stock, -120)
    before = facts()

    short, silent = reverse(manager, code), reverse(manager, code, " ")

    assert (short.status_code, short.json()["code"]) == (409, "insufficient_stock")
    assert (silent.status_code, list(silent.json()["details"])) == (400, ["reason"])
    assert facts() == before


def test_beyond_the_limit_of_staff_a_manager_does_it(api, manager, place, stock):
    code = posted(manager, stock, 90_000, "inbound")
    before = facts()

    refused = reverse(api("staff", place), code)

    assert (refused.status_code, refused.json()["code"]) == (403, "beyond_limit")
    assert facts() == before
    assert reverse(manager, code).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_reverses(place):
    """The control: what the others posted is gone, though each of them could have posted it."""
    boss = UserFactory(role="admin")
    stock = put_in_stock(warehouse=place, quantity=100)
    movement = StockMovement.objects.get(stock=stock)
    put_in_stock(stock.variation, place, 500)
    call = partial(reverse_movement, movement=movement, reason="Twice", acting_user=boss)

    outcomes = run_at_once(*[call] * 4)

    assert sum(not isinstance(one, Exception) for one in outcomes) == 1
    assert {getattr(one, "code", "") for one in outcomes if isinstance(one, Exception)} == {
        "wrong_state"
    }
    stock.refresh_from_db()
    assert (stock.on_hand, MovementReversal.objects.count()) == (500, 1)
