"""Counts while trading goes on: each line is compared with the ledger at its own moment."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone

from inventory.abc_classes import due_to_count, variations_of_class
from inventory.models import Stock, StockCount, StockCountLine, StockMovement, StockReservation
from inventory.services.counts import closing
from inventory.services.counts.closing import approve_count, submit_count
from inventory.services.counts.entering import Entry, enter_counted
from inventory.services.counts.opening import open_count
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange
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
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db
PATH = "/api/stock-counts/"


@pytest.fixture
def place():
    return WarehouseFactory()


@pytest.fixture
def goods(place):
    """Three SKUs: 100, 50 and 10 in stock at 4 each, in bins 1, 2 and 3."""
    found = []
    for number, quantity in enumerate((100, 50, 10), start=1):
        variation = VariationFactory(sku_code=f"G-{number}", barcode=f"400{number}")
        put_in_stock(variation, place, quantity)
        Stock.objects.filter(variation=variation).update(bin_location=f"BIN-{number}")
        found.append(variation)
    return found


@pytest.fixture
def clerk(api, place):
    return api("staff", place)


@pytest.fixture
def manager(api, place):
    return api("manager", place)


def sell(variation, place, quantity):
    change = StockChange(
        variation_id=variation.pk, warehouse_id=place.pk, quantity=-Decimal(quantity),
        movement_type="outbound",
    )  # fmt: skip
    apply_stock_changes([change], acting_user=None)


def on_hand(variation, place):
    return Stock.objects.get(variation=variation, warehouse=place).on_hand


def opened(client, **body):
    answer = client.post(PATH, body)
    assert answer.status_code == 201, answer.content
    return answer.json()["code"]


def enter(client, code, *lines):
    return client.post(f"{PATH}{code}/lines/", {"lines": list(lines)})


def scanned(code, quantity, **more):
    return {"code": code, "counted_quantity": quantity, **more}


def lines_by_sku(client, code):
    return {line["sku"]: line for line in client.get(f"{PATH}{code}/lines/").json()["lines"]}


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


def test_trading_after_the_scan_distorts_nothing(clerk, manager, place, goods):
    code = opened(clerk, warehouse=place.code)
    sell(goods[0], place, 10)
    enter(clerk, code, scanned("G-1", 88))  # 90 on hand at this moment: 2 are missing
    sell(goods[0], place, 30)
    put_in_stock(goods[0], place, 5)
    assert lines_by_sku(clerk, code)["G-1"]["difference"] == -2

    clerk.post(f"{PATH}{code}/submit/", {"uncounted": "left_out"})
    sell(goods[0], place, 1)
    manager.post(f"{PATH}{code}/approve/", {"decision": "approve"})

    assert on_hand(goods[0], place) == 100 - 10 - 30 + 5 - 1 - 2
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


def test_a_difference_beyond_the_tolerance_is_counted_again(clerk, manager, place, goods):
    code = opened(clerk, warehouse=place.code, recount_tolerance_percent=5)

    first = enter(clerk, code, scanned("G-1", 60), scanned("G-2", 49), scanned("G-3", 10))
    assert [line["needs_recount"] for line in first.json()["lines"]] == [True, False, False]
    refused = clerk.post(f"{PATH}{code}/submit/")
    assert (refused.status_code, refused.json()["code"]) == (409, "count_incomplete")
    assert refused.json()["details"] == {"recount": ["G-1"]}

    again = enter(clerk, code, scanned("G-1", 61)).json()["lines"][0]

    assert (again["needs_recount"], again["first_quantity"], again["difference"]) == (
        False, 60, -39,
    )  # fmt: skip
    assert clerk.post(f"{PATH}{code}/submit/").status_code == 200


def test_what_nobody_counted_is_left_out_or_zero_by_choice(clerk, manager, place, goods):
    code = opened(clerk, warehouse=place.code)
    enter(clerk, code, scanned("G-1", 100))

    refused = clerk.post(f"{PATH}{code}/submit/")
    assert refused.json()["details"] == {"uncounted": ["G-2", "G-3"]}
    assert "left_out" in refused.json()["message"]
    sell(goods[2], place, 4)
    assert clerk.post(f"{PATH}{code}/submit/", {"uncounted": "zero"}).status_code == 200
    manager.post(f"{PATH}{code}/approve/", {"decision": "approve"})

    assert [on_hand(one, place) for one in goods] == [100, 0, 0]
    assert verify_ledger() == []


def test_left_out_lines_stay_as_they_are(clerk, manager, place, goods):
    code = opened(clerk, warehouse=place.code)
    enter(clerk, code, scanned("G-1", 99))
    clerk.post(f"{PATH}{code}/submit/", {"uncounted": "left_out"})
    manager.post(f"{PATH}{code}/approve/", {"decision": "approve"})

    assert [on_hand(one, place) for one in goods] == [99, 50, 10]


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


def test_goods_nobody_expected_get_a_line(clerk, manager, place, goods):
    stray = VariationFactory(sku_code="STRAY", cost_price="7.5")
    code = opened(clerk, warehouse=place.code)

    enter(clerk, code, scanned("STRAY", 3))
    assert lines_by_sku(clerk, code)["STRAY"]["needs_recount"] is True
    enter(clerk, code, scanned("STRAY", 3))
    clerk.post(f"{PATH}{code}/submit/", {"uncounted": "left_out"})
    manager.post(f"{PATH}{code}/approve/", {"decision": "approve"})

    stock = Stock.objects.get(variation=stray)
    assert (stock.on_hand, stock.average_cost) == (3, Decimal("7.5"))


def test_pieces_scanned_one_by_one_add_up_unless_stock_moves(clerk, place, goods):
    code = opened(clerk, warehouse=place.code)

    enter(clerk, code, scanned("G-3", 4, add=True))
    added = enter(clerk, code, scanned("4003", 5, add=True), scanned("4003", 1, add=True))
    assert added.json()["lines"][0]["counted_quantity"] == 10
    sell(goods[2], place, 1)
    refused = enter(clerk, code, scanned("G-3", 1, add=True))

    assert (refused.status_code, refused.json()["code"]) == (409, "stock_moved")
    assert lines_by_sku(clerk, code)["G-3"]["counted_quantity"] == 10
    assert enter(clerk, code, scanned("G-3", 9)).json()["lines"][0]["difference"] == 0


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"code": "NO-SUCH", "counted_quantity": 1}, "lines.0.code"),
        ({"sku": "NO-SUCH", "counted_quantity": 1}, "lines.0.sku"),
        ({"id": 999999, "counted_quantity": 1}, "lines.0.id"),
        ({"code": "G-1", "counted_quantity": -1}, None),
        ({"code": "G-1"}, None),
        ({"counted_quantity": 1}, None),
        ({"code": "G-1", "counted_quantity": "NaN"}, None),
        ({"code": "SHARED", "counted_quantity": 1}, "lines.0.code"),
    ],
)
def test_bad_entries_are_named_and_nothing_is_entered(clerk, place, goods, line, field):
    for variation in goods[1:]:
        variation.barcode = "SHARED"
        variation.save()
    code = opened(clerk, warehouse=place.code)

    answer = enter(clerk, code, line, scanned("G-1", 5))

    assert answer.status_code == 400, answer.content
    assert field is None or field in answer.json()["details"]
    assert not StockCountLine.objects.exclude(counted_quantity=None).exists()


def test_one_line_named_twice_is_refused(clerk, place, goods):
    code = opened(clerk, warehouse=place.code)

    assert enter(clerk, code, scanned("G-1", 5), scanned("4001", 6)).status_code == 400
    assert enter(clerk, code).status_code == 400


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


def test_lots_are_counted_one_by_one(clerk, manager, place):
    milk = VariationFactory(
        sku_code="MILK", product=ProductFactory(lot_tracking=True, expiration_tracking=True)
    )
    later = timezone.now().date() + timedelta(days=90)
    for lot, quantity in (("L-1", 6), ("L-2", 4)):
        put_in_stock(milk, place, quantity, lot_number=lot, expiration_date=later)
    code = opened(clerk, warehouse=place.code, recount_tolerance_percent=100)

    several = enter(clerk, code, scanned("MILK", 3))
    assert "several lines: MILK L-1, MILK L-2" in str(several.json()["details"])
    entered = enter(
        clerk, code,
        scanned("MILK", 5, lot_number="L-1"), scanned("MILK", 4, lot_number="L-2"),
    )  # fmt: skip
    assert [line["difference"] for line in entered.json()["lines"]] == [-1, 0]
    clerk.post(f"{PATH}{code}/submit/")
    manager.post(f"{PATH}{code}/approve/", {"decision": "approve"})

    movement = StockMovement.objects.get(reference_code=code)
    assert (movement.quantity, movement.lot_number) == (-1, "L-1")
    assert verify_ledger() == []


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


def test_a_difference_that_no_longer_fits_is_refused_whole(clerk, manager, place, goods):
    code = opened(clerk, warehouse=place.code, recount_tolerance_percent=100)
    enter(clerk, code, scanned("G-1", 99), scanned("G-3", 1))
    clerk.post(f"{PATH}{code}/submit/", {"uncounted": "left_out"})
    sell(goods[2], place, 5)

    answer = manager.post(f"{PATH}{code}/approve/", {"decision": "approve"})

    assert (answer.status_code, answer.json()["code"]) == (409, "insufficient_stock")
    assert [on_hand(one, place) for one in goods] == [100, 50, 5]
    assert StockCount.objects.get().status == "submitted"


def test_classes_follow_the_value_of_issues(place, goods):
    for variation, quantity in zip(goods, (80, 15, 5), strict=True):
        sell(variation, place, quantity)
    idle = put_in_stock(warehouse=place, quantity=1000).variation

    assert variations_of_class(place, "A") == [goods[0].pk]
    assert variations_of_class(place, "B") == [goods[1].pk]
    assert variations_of_class(place, "C") == [goods[2].pk, idle.pk]


def test_the_plan_proposes_what_is_due_and_makes_the_count(clerk, manager, place, goods):
    for variation, quantity in zip(goods, (80, 15, 5), strict=True):
        sell(variation, place, quantity)
    plan = clerk.get("/api/count-plan/").json()
    assert (plan["due"], [item["sku"] for item in plan["items"]]) == (3, ["G-1", "G-2", "G-3"])
    assert [item["abc_class"] for item in plan["items"]] == ["A", "B", "C"]

    made = clerk.post("/api/count-plan/", {"limit": 2, "is_blind": True})

    assert made.status_code == 201, made.content
    code = made.json()["code"]
    assert set(lines_by_sku(clerk, code)) == {"G-1", "G-2"}
    assert [item.sku for item in due_to_count(place, 10)] == ["G-3"]
    enter(clerk, code, scanned("G-1", 20), scanned("G-2", 35))
    clerk.post(f"{PATH}{code}/submit/")
    manager.post(f"{PATH}{code}/approve/", {"decision": "approve"})
    assert [item.sku for item in due_to_count(place, 10)] == ["G-3"]
    StockCountLine.objects.update(counted_at=timezone.now() - timedelta(days=31))
    assert [item.sku for item in due_to_count(place, 10)] == ["G-3", "G-1"]
    StockCountLine.objects.update(counted_at=timezone.now() - timedelta(days=92))
    assert [item.sku for item in due_to_count(place, 10)] == ["G-3", "G-1", "G-2"]


@pytest.mark.parametrize("limit", ["0", "201", "x", "-1", "9" * 30])
def test_the_plan_refuses_a_senseless_limit(clerk, limit):
    assert clerk.get(f"/api/count-plan/?limit={limit}").status_code == 400


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


def test_steps_sent_twice_with_one_key_are_taken_once(clerk, manager, place, goods):
    headers = {"Idempotency-Key": "once"}
    code = opened(clerk, warehouse=place.code)
    steps = [
        (clerk, "lines/", scanned("G-3", 4, add=True)),
        (clerk, "submit/", {"uncounted": "left_out"}),
        (manager, "approve/", {"decision": "approve"}),
    ]
    StockCount.objects.update(recount_tolerance_percent=100)
    for number, (client, step, body) in enumerate(steps):
        headers = {"Idempotency-Key": f"once-{number}"}
        answers = [client.post(f"{PATH}{code}/{step}", body, headers=headers) for _ in range(2)]
        assert answers[0].status_code in (200, 201), answers[0].content
        assert answers[0].content == answers[1].content

    assert on_hand(goods[2], place) == 4
    assert StockMovement.objects.filter(reference_code=code).count() == 1


@pytest.mark.parametrize(
    ("path", "body"), [(PATH, {"abc_class": "C"}), ("/api/count-plan/", {"limit": 2})]
)
def test_a_count_opened_twice_with_one_key_is_one(clerk, place, goods, path, body):
    headers = {"Idempotency-Key": "once"}

    answers = [clerk.post(path, body, headers=headers) for _ in range(2)]

    assert answers[0].status_code == 201, answers[0].content
    assert answers[0].content == answers[1].content
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert StockCount.objects.get().code == answers[0].json()["code"]
    assert clerk.post(path, {**body, "notes": "x"}, headers=headers).status_code == 422


def test_a_count_cancelled_twice_with_one_key_is_cancelled_once(clerk, place, goods):
    path = f"{PATH}{opened(clerk, warehouse=place.code)}/cancel/"
    body, headers = {"note": "Wrong aisle"}, {"Idempotency-Key": "once"}

    first = clerk.post(path, body, headers=headers)
    left = StockCount.objects.values().get()
    again = clerk.post(path, body, headers=headers)

    assert (first.status_code, first.json()["status"]) == (200, "cancelled")
    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert StockCount.objects.values().get() == left
    assert clerk.post(path, body).status_code == 409


@pytest.mark.django_db(transaction=True)
def test_a_count_and_sales_at_the_same_moment_agree():
    place, clerk, boss = WarehouseFactory(), UserFactory(role="staff"), UserFactory(role="admin")
    variation = put_in_stock(warehouse=place, quantity=100).variation
    for _ in range(5):
        put_in_stock(variation, place, 8)
        count = open_count(warehouse=place, acting_user=clerk)
        before = on_hand(variation, place)
        line = count.lines.get()
        enter_counted(
            count=count, entries=[Entry(line=line, quantity=before - 2)], acting_user=clerk
        )
        submit_count(count=count, acting_user=clerk)

        outcomes = run_at_once(
            partial(approve_count, count=count, acting_user=boss),
            *[partial(sell, variation, place, 2)] * 3,
            partial(approve_count, count=count, acting_user=boss),
        )

        assert sum(isinstance(outcome, StockCount) for outcome in outcomes) == 1
        assert on_hand(variation, place) == before - 2 - 6
    assert verify_ledger() == []


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_on_the_count_it_is_posted_twice(monkeypatch):
    place, clerk, boss = WarehouseFactory(), UserFactory(role="staff"), UserFactory(role="admin")
    variation = put_in_stock(warehouse=place, quantity=100).variation
    count = open_count(warehouse=place, acting_user=clerk)
    entries = [Entry(line=count.lines.get(), quantity=Decimal(98))]
    enter_counted(count=count, entries=entries, acting_user=clerk)
    submit_count(count=count, acting_user=clerk)
    count.refresh_from_db()
    monkeypatch.setattr(closing, "lock_count", lambda count: count)

    twins = [StockCount.objects.get(pk=count.pk) for _ in range(2)]
    run_at_once(*[partial(approve_count, count=twin, acting_user=boss) for twin in twins])

    assert on_hand(variation, place) == 96


@pytest.mark.django_db(transaction=True)
def test_two_counts_opened_at_once_share_no_line():
    place, clerk = WarehouseFactory(), UserFactory(role="staff")
    for _ in range(20):
        put_in_stock(warehouse=place, quantity=5)

    run_at_once(*[partial(open_count, warehouse=place, acting_user=clerk)] * 4)

    assert StockCountLine.objects.count() == 20
    assert StockCount.objects.count() == 1
