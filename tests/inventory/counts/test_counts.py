"""Counts from their opening to the posting: who may do what, and what comes of it."""

from decimal import Decimal

import pytest

from inventory.models import StockCount, StockMovement, StockReservation
from inventory.services.counts.closing import approve_count, submit_count
from inventory.services.counts.entering import Entry, enter_counted
from inventory.services.counts.opening import open_count
from operations.ledger_verification import verify_ledger
from tests.factories.inventory import (
    CategoryFactory,
    ProductFactory,
    VariationFactory,
    put_in_stock,
)
from tests.factories.sales import take_order
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.inventory.counts.steps import enter, lines_by_sku, on_hand, opened, scanned

pytestmark = pytest.mark.django_db
PATH = "/api/stock-counts/"


def test_a_count_from_the_first_scan_to_the_posting(clerk, manager, place, goods):
    code = opened(clerk, warehouse=place.code)

    entered = enter(clerk, code, scanned("G-1", 98), scanned("4002", 50), scanned("BIN-3", 11))

    assert entered.status_code == 201, entered.content
    assert [line["difference"] for line in entered.json()["lines"]] == [-2, 0, 1]
    assert manager.get(f"{PATH}{code}/").json()["progress"] == {
        "lines": 3, "counted": 3, "recount": 0,
    }  # fmt: skip
    submitted = clerk.post(f"{PATH}{code}/submit/").json()
    assert submitted["status"] == "submitted"
    assert (submitted["lines_right"], submitted["lines_counted"]) == (1, 3)
    assert submitted["accuracy_percent"] == 33.33
    assert (submitted["value_expected"], submitted["value_difference"], submitted["value_net"]) == (
        640, 12, -4,
    )  # fmt: skip
    assert submitted["value_accuracy_percent"] == 98.12
    assert [on_hand(one, place) for one in goods] == [100, 50, 10]

    approved = manager.post(f"{PATH}{code}/approve/", {"decision": "approve"})

    assert approved.status_code == 200, approved.content
    assert [on_hand(one, place) for one in goods] == [98, 50, 11]
    movements = StockMovement.objects.filter(reference_code=code).order_by("pk")
    assert [
        (row.quantity, row.reason_code, row.movement_type, row.processed_by, row.approved_by)
        for row in movements
    ] == [
        (-2, "count", "adjustment", clerk.user, manager.user),
        (1, "count", "adjustment", clerk.user, manager.user),
    ]
    assert verify_ledger() == []


def test_a_blind_count_tells_nobody_what_should_be_there(clerk, manager, place, goods):
    code = opened(clerk, warehouse=place.code, blind=True)

    entered = enter(clerk, code, scanned("G-1", 99)).json()["lines"][0]

    hidden = ("expected", "on_hand_at_scan", "difference", "unit_cost")
    assert {entered[name] for name in hidden} == {None}
    for client in (clerk, manager):
        assert {line["expected"] for line in lines_by_sku(client, code).values()} == {None}
        assert client.get(f"{PATH}{code}/lines/?state=differing").status_code == 400
    clerk.post(f"{PATH}{code}/submit/", {"uncounted": "left_out"})
    assert lines_by_sku(manager, code)["G-1"]["difference"] == -1


def test_who_counted_does_not_approve(api, place, goods):
    one, other = api("manager", place), api("manager", place)
    code = opened(one, warehouse=place.code)
    enter(one, code, scanned("G-1", 99))
    other.post(f"{PATH}{code}/submit/", {"uncounted": "left_out"})

    for client in (one, other):
        answer = client.post(f"{PATH}approve/", {"code": code, "decision": "approve"})
        assert (answer.status_code, answer.json()["code"]) == (403, "own_request")
    assert on_hand(goods[0], place) == 100
    third = api("manager", place)
    assert third.post(f"{PATH}approve/", {"id": code, "decision": "approve"}).status_code == 200


def test_a_count_may_be_sent_back_rejected_or_cancelled(clerk, manager, place, goods):
    code = opened(clerk, warehouse=place.code)
    enter(clerk, code, scanned("G-1", 99))
    clerk.post(f"{PATH}{code}/submit/", {"uncounted": "left_out"})
    path = f"{PATH}{code}/approve/"

    assert manager.post(path, {"decision": "recount"}).status_code == 400
    back = manager.post(path, {"decision": "recount", "note": "Look behind the pillar"}).json()
    assert (back["status"], back["progress"]["recount"]) == ("counting", 1)
    assert enter(clerk, code, scanned("G-1", 100)).status_code == 201
    clerk.post(f"{PATH}{code}/submit/", {"uncounted": "left_out"})
    assert manager.post(path, {"decision": "reject", "note": "No."}).json()["status"] == "rejected"
    assert manager.post(path, {"decision": "approve"}).status_code == 409
    assert clerk.post(f"{PATH}{code}/cancel/").status_code == 409
    assert enter(clerk, code, scanned("G-1", 100)).json()["code"] == "wrong_state"
    assert clerk.post(f"{PATH}{opened(clerk, warehouse=place.code)}/cancel/").status_code == 200
    assert StockMovement.objects.filter(movement_type="adjustment").count() == 0


def test_nothing_is_counted_in_two_counts_at_a_time(clerk, place, goods):
    first = opened(clerk, items=[{"sku": "G-1"}])
    second = opened(clerk, warehouse=place.code)

    assert set(lines_by_sku(clerk, second)) == {"G-2", "G-3"}
    third = clerk.post(PATH, {"items": [{"sku": "G-1"}]})
    assert (third.status_code, third.json()["code"]) == (409, "nothing_to_count")
    assert "not part of" in str(enter(clerk, first, scanned("G-2", 1)).json()["details"])
    clerk.post(f"{PATH}{first}/cancel/")
    assert set(lines_by_sku(clerk, opened(clerk, items=[{"sku": "G-1"}]))) == {"G-1"}


def test_a_foreign_count_looks_like_none(api, clerk, place, goods):
    foreign = WarehouseFactory()
    put_in_stock(goods[0], foreign, 5)
    stranger = api("manager", foreign)
    code = opened(clerk, warehouse=place.code)

    assert stranger.post(PATH, {"warehouse": place.code}).status_code == 400
    assert stranger.get(f"{PATH}{code}/").status_code == 404
    assert stranger.get(f"{PATH}{code}/lines/").status_code == 404
    assert enter(stranger, code, scanned("G-1", 5)).status_code == 404
    assert stranger.get(f"/api/count-plan/?warehouse={place.code}").status_code == 400
    assert stranger.get(PATH).json()["pagination"]["total_items"] == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"abc_class": "D"}, "abc_class"),
        ({"category": "NONE"}, "category"),
        ({"items": [{"sku": "NO-SUCH"}]}, "items.0.sku"),
        ({"recount_tolerance_percent": 101}, "recount_tolerance_percent"),
        ({"abc_class": "A", "items": [{"sku": "G-1"}]}, "category"),
        ({"warehouse": "NOWHERE"}, "warehouse"),
    ],
)
def test_a_count_of_nonsense_is_refused(clerk, goods, body, field):
    answer = clerk.post(PATH, body)

    assert answer.status_code == 400
    assert field in answer.json()["details"]
    assert not StockCount.objects.exists()


def test_a_category_is_counted_with_all_below_it(clerk, place, goods):
    parent = CategoryFactory()
    for variation, category in zip(goods, [parent, CategoryFactory(parent=parent)], strict=False):
        variation.product.category = category
        variation.product.save()

    code = opened(clerk, category=parent.code)

    assert set(lines_by_sku(clerk, code)) == {"G-1", "G-2"}
    assert "not part of" in str(enter(clerk, code, scanned("G-3", 1)).json()["details"])


def test_reserved_goods_that_are_not_there_are_released_and_it_is_said(
    clerk, manager, place, goods
):
    order = take_order((goods[2], 9), warehouse=place)
    code = opened(clerk, items=[{"sku": "G-3"}], recount_tolerance_percent=100)
    enter(clerk, code, scanned("G-3", 6))
    clerk.post(f"{PATH}{code}/submit/")

    body = manager.post(f"{PATH}{code}/approve/", {"decision": "approve"}).json()

    assert body["released_reservations"] == {"G-3": 3}
    assert StockReservation.objects.get(reference_id=order.items.get().pk).quantity == 6
    assert verify_ledger() == []


@pytest.mark.parametrize("count", [1, 3])
def test_query_counts(clerk, place, count, django_assert_num_queries):
    for _ in range(count):
        put_in_stock(warehouse=place)
        code = opened(clerk, warehouse=place.code)

    with django_assert_num_queries(1):
        assert len(clerk.get(PATH).json()["stock_counts"]) == count
    clerk.post(f"{PATH}{code}/cancel/")
    for _ in range(count):
        put_in_stock(warehouse=place)
    code = opened(clerk, warehouse=place.code)
    with django_assert_num_queries(2):
        assert len(clerk.get(f"{PATH}{code}/lines/").json()["lines"]) >= count


@pytest.mark.parametrize("lines", [1, 30])
def test_statements_do_not_depend_on_the_number_of_lines(lines, django_assert_num_queries):
    place, clerk, boss = WarehouseFactory(), UserFactory(role="staff"), UserFactory(role="admin")
    stocks = [put_in_stock(warehouse=place, quantity=10) for _ in range(lines)]
    count = open_count(warehouse=place, acting_user=clerk)
    entries = [Entry(line=line, quantity=Decimal(9)) for line in count.lines.all()]
    assert len(stocks) == len(entries)

    with django_assert_num_queries(6):
        enter_counted(count=count, entries=entries, acting_user=clerk)
    with django_assert_num_queries(9):
        submit_count(count=count, acting_user=clerk)
    with django_assert_num_queries(13):
        approve_count(count=count, acting_user=boss)


@pytest.mark.parametrize("lots", [1, 30])
def test_lots_are_approved_in_as_many_statements_whatever_their_number(
    lots, django_assert_num_queries
):
    """Of half the lots there is more, of the others less."""
    place, clerk, boss = WarehouseFactory(), UserFactory(role="staff"), UserFactory(role="admin")
    milk = VariationFactory(product=ProductFactory(lot_tracking=True))
    for number in range(2 * lots):
        put_in_stock(milk, place, 10, lot_number=f"L-{number}")
    count = open_count(warehouse=place, acting_user=clerk)
    entries = [
        Entry(line=line, quantity=Decimal(9 + 2 * (number % 2)))
        for number, line in enumerate(count.lines.all())
    ]
    enter_counted(count=count, entries=entries, acting_user=clerk)
    submit_count(count=count, acting_user=clerk)

    with django_assert_num_queries(16):
        approve_count(count=count, acting_user=boss)
