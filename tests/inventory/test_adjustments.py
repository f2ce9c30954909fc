"""Corrections with reasons: within a limit at once, beyond it by somebody else's decision."""

from decimal import Decimal
from functools import partial

import pytest

from common.models import CompanySettings
from inventory.models import AdjustmentRequest, Stock, StockMovement, StockReservation
from inventory.services.adjustments import (
    Correction,
    approve_adjustment,
    cancel_adjustment,
    reject_adjustment,
    request_adjustment,
)
from operations.ledger_verification import verify_ledger
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.purchasing import make_order
from tests.factories.sales import take_order
from tests.factories.transfers import make_transfer
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db
PATH = "/api/adjustment-requests/"


@pytest.fixture
def stock():
    """500 units that cost 4 each: staff may correct 250 of them alone."""
    return put_in_stock(VariationFactory(sku_code="A-1"), quantity=500)


@pytest.fixture
def staff(api, stock):
    return api("staff", stock.warehouse)


@pytest.fixture
def manager(api, stock):
    return api("manager", stock.warehouse)


def facts(adjustment):
    return (
        AdjustmentRequest.objects.filter(pk=adjustment.pk).values().get(),
        list(Stock.objects.values()),
        StockMovement.objects.count(),
    )


def waiting(stock, quantity=-300, by=None):
    return request_adjustment(
        warehouse=stock.warehouse,
        corrections=[
            Correction(variation=stock.variation, quantity=Decimal(quantity), reason_code="count")
        ],
        acting_user=by or UserFactory(role="staff"),
    )


def test_within_the_limit_all_lines_are_posted_at_once(staff, stock):
    other = put_in_stock(warehouse=stock.warehouse, quantity=10)

    answer = staff.post(PATH, {
        "items": [
            {"sku": "a-1", "quantity": -3, "reason_code": "Damaged_goods"},
            {"sku": other.variation.sku_code, "quantity": 2, "reason_code": "found"},
        ],
        "notes": "Aisle B",
    })  # fmt: skip

    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["status"], body["value"], body["requested_by"]) == (
        "posted", 20, staff.user.code,
    )  # fmt: skip
    assert body["decided_by"] is None
    movements = StockMovement.objects.filter(reference_code=body["code"]).order_by("pk")
    assert [
        (row.quantity, row.reason_code, row.movement_type, row.reference_type, row.processed_by)
        for row in movements
    ] == [
        (-3, "damaged", "adjustment", "adjustment", staff.user),
        (2, "found", "adjustment", "adjustment", staff.user),
    ]
    assert verify_ledger() == []


def test_beyond_the_limit_a_manager_decides(staff, manager, stock):
    asked = staff.post(PATH, {"sku": "A-1", "quantity": -251, "reason_code": "theft"})

    assert asked.status_code == 201, asked.content
    body = asked.json()
    assert (body["status"], body["value"]) == ("pending", 1004)
    assert body["allowed_transitions"] == ["posted", "rejected", "cancelled"]
    assert Stock.objects.get().on_hand == 500

    decided = manager.post(f"{PATH}approve/", {"id": body["id"], "decision": "approve"})

    assert decided.status_code == 200, decided.content
    assert (decided.json()["status"], decided.json()["decided_by"]) == (
        "posted", manager.user.code,
    )  # fmt: skip
    movement = StockMovement.objects.get(reference_code=body["code"])
    assert (movement.quantity, movement.processed_by, movement.approved_by) == (
        -251, staff.user, manager.user,
    )  # fmt: skip
    assert (
        manager.post(f"{PATH}{body['code']}/approve/", {"decision": "approve"}).status_code == 409
    )


@pytest.mark.parametrize(
    ("limits", "quantity", "status"),
    [
        ({"adjustment_limit_value": 1000}, -250, "posted"),
        ({"adjustment_limit_value": 1000}, -251, "pending"),
        ({"adjustment_limit_value": None}, -500, "posted"),
        ({"adjustment_limit_value": 0}, -1, "pending"),
        ({"adjustment_limit_value": None, "adjustment_limit_quantity": 5}, -5, "posted"),
        ({"adjustment_limit_value": None, "adjustment_limit_quantity": 5}, -6, "pending"),
    ],
)
def test_limits_are_the_companys(staff, stock, limits, quantity, status):
    CompanySettings.objects.update_or_create(pk=1, defaults=limits)

    body = staff.post(PATH, {"sku": "A-1", "quantity": quantity, "reason_code": "count"}).json()

    assert body["status"] == status


def test_the_limit_goes_by_what_goods_cost_in_the_warehouse(staff, stock):
    elsewhere = put_in_stock(stock.variation, quantity=10)
    Stock.objects.filter(pk=elsewhere.pk).update(average_cost=400)

    body = staff.post(PATH, {"sku": "A-1", "quantity": -3, "reason_code": "count"}).json()

    assert (body["status"], body["value"]) == ("posted", 12)


def test_the_largest_line_counts_against_the_limit(staff, stock):
    limits = {"adjustment_limit_value": None, "adjustment_limit_quantity": 5}
    CompanySettings.objects.update_or_create(pk=1, defaults=limits)
    other = put_in_stock(warehouse=stock.warehouse, quantity=10)
    lines = [{"sku": "A-1", "quantity": -1}, {"sku": other.variation.sku_code, "quantity": -6}]

    body = staff.post(PATH, {"reason_code": "count", "items": lines}).json()

    assert body["status"] == "pending"
    assert not StockMovement.objects.filter(reference_code=body["code"]).exists()


def test_who_decides_corrections_has_no_limit(manager, stock):
    body = manager.post(PATH, {"sku": "A-1", "quantity": -400, "reason_code": "expired"}).json()

    assert body["status"] == "posted"
    assert Stock.objects.get().on_hand == 100


@pytest.mark.parametrize(
    "movement",
    [
        {"movement_type": "adjustment", "quantity": -251},
        {"movement_type": "adjustment", "quantity": 251, "unit_cost": 4},
        {"movement_type": "outbound", "quantity": 251, "reason_code": "damaged"},
    ],
)
def test_a_single_movement_is_no_way_around_the_limit(staff, manager, stock, movement):
    body = {"sku": "A-1", "reason_code": "count", **movement}

    refused = staff.post("/api/stock-movements/", body)

    assert (refused.status_code, refused.json()["code"]) == (403, "beyond_limit")
    assert "/api/adjustment-requests/" in refused.json()["message"]
    assert Stock.objects.get().on_hand == 500
    assert StockMovement.objects.count() == 1
    assert manager.post("/api/stock-movements/", body).status_code == 201
    assert staff.post("/api/stock-movements/", {**body, "quantity": movement["quantity"] // 2})


def test_damage_on_arrival_is_no_way_around_the_limit(api):
    transfer = make_transfer(1000 // 4 + 1, status="approved", variations=[VariationFactory()])
    put_in_stock(transfer.lines.get().variation, transfer.from_warehouse, 300)
    boss, clerk = api("admin"), api("staff", transfer.to_warehouse)
    path = f"/api/transfer-requests/{transfer.code}"
    assert boss.post(f"{path}/ship/").status_code == 200
    arrival = {"items": [{"id": transfer.lines.get().pk, "quantity_damaged": 251}]}

    assert clerk.post(f"{path}/receive/", arrival).json()["code"] == "beyond_limit"
    assert boss.post(f"{path}/receive/", arrival).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"quantity": 0}, "items.0.quantity"),
        ({"quantity": 3, "reason_code": "damaged"}, "items.0.quantity"),
        ({"quantity": -3, "reason_code": "found"}, "items.0.quantity"),
        ({"reason_code": "other"}, "items.0.reason_description"),
        ({"reason_code": "weather"}, "reason_code"),
        ({"reason_code": None}, "reason_code"),
        ({"sku": "NO-SUCH"}, "items.0.sku"),
        ({"sku": None}, "product_id"),
        ({"quantity": "1e3"}, "quantity"),
        ({"unit_cost": -1}, "unit_cost"),
        ({"warehouse": "NOWHERE"}, "warehouse"),
        ({"requested_by": "USR99999"}, "requested_by"),
        ({"items": [{"sku": "A-1", "quantity": 1}]}, "items"),
    ],
)
def test_bad_requests_name_the_field(staff, stock, change, field):
    body = {"sku": "A-1", "quantity": -1, "reason_code": "count"}

    answer = staff.post(PATH, {**body, **change})

    assert answer.status_code == 400, answer.content
    assert field in answer.json()["details"], answer.content
    assert not AdjustmentRequest.objects.exists()
    assert StockMovement.objects.count() == 1


def test_lines_named_twice_or_without_a_reason_are_refused(staff, stock):
    line = {"sku": "A-1", "quantity": -1, "reason_code": "count"}

    twice = staff.post(PATH, {"items": [line, line]})
    silent = staff.post(PATH, {"items": [{"sku": "A-1", "quantity": -1}]})

    assert list(twice.json()["details"]) == ["items.1.sku"]
    assert list(silent.json()["details"]) == ["items.0.reason_code"]


def test_one_short_line_posts_none(staff, stock):
    other = put_in_stock(warehouse=stock.warehouse, quantity=2)
    before = list(Stock.objects.values())

    answer = staff.post(PATH, {"reason_code": "count", "items": [
        {"sku": "A-1", "quantity": -1}, {"sku": other.variation.sku_code, "quantity": -3},
    ]})  # fmt: skip

    assert (answer.status_code, answer.json()["code"]) == (409, "insufficient_stock")
    assert list(Stock.objects.values()) == before
    assert not AdjustmentRequest.objects.exists()


def test_a_foreign_warehouse_looks_like_none(staff, api, stock):
    foreign = put_in_stock(stock.variation, WarehouseFactory(), 500)
    adjustment = waiting(foreign)
    before = facts(adjustment)
    manager = api("manager", stock.warehouse)
    body = {"sku": "A-1", "quantity": -1, "reason_code": "count"}

    assert staff.post(PATH, {**body, "warehouse": foreign.warehouse.code}).status_code == 400
    assert manager.get(f"{PATH}{adjustment.code}/").status_code == 404
    assert manager.post(f"{PATH}{adjustment.code}/cancel/").status_code == 404
    assert (
        manager.post(
            f"{PATH}approve/", {"code": adjustment.code, "decision": "approve"}
        ).status_code
        == 400
    )
    assert facts(adjustment) == before


def test_reserved_goods_may_be_gone_and_it_is_said(manager, stock):
    order = take_order((stock.variation, 490), warehouse=stock.warehouse)

    body = manager.post(PATH, {"sku": "A-1", "quantity": -30, "reason_code": "damaged"}).json()

    assert body["items"][0]["released_reservations"] == 20
    assert StockReservation.objects.get(reference_id=order.items.get().pk).quantity == 470
    assert verify_ledger() == []


@pytest.mark.parametrize("expected", [0, 10])
def test_goods_found_before_any_came_have_their_catalogue_cost(manager, stock, expected):
    variation = VariationFactory(cost_price="7.5")
    if expected:
        make_order(expected, status="sent", variations=[variation], warehouse=stock.warehouse)

    manager.post(PATH, {"sku": variation.sku_code, "quantity": 2, "reason_code": "found"})

    found = Stock.objects.get(variation=variation)
    assert (found.on_hand, found.incoming, found.average_cost) == (2, expected, Decimal("7.5"))


def test_lots_are_named_where_they_are_tracked(manager, stock):
    variation = VariationFactory(product=ProductFactory(lot_tracking=True))
    body = {"sku": variation.sku_code, "quantity": 5, "reason_code": "found"}

    unnamed = manager.post(PATH, body)
    named = manager.post(PATH, {**body, "lot_number": "L-1"})

    assert (unnamed.status_code, list(unnamed.json()["details"])) == (400, ["items.0.lot_number"])
    assert named.status_code == 201, named.content
    assert StockMovement.objects.get(reference_code=named.json()["code"]).lot_number == "L-1"
    assert verify_ledger() == []


def test_a_rejection_says_why_and_posts_nothing(staff, manager, stock):
    adjustment = waiting(stock)
    path = f"{PATH}{adjustment.code}/approve/"

    assert list(manager.post(path, {"decision": "reject"}).json()["details"]) == ["note"]
    assert manager.post(path, {"decision": "reject", "note": "Count again."}).status_code == 200

    adjustment.refresh_from_db()
    assert (adjustment.status, adjustment.decision_note) == ("rejected", "Count again.")
    assert Stock.objects.get().on_hand == 500


def test_who_asked_takes_it_back_and_nobody_else_of_the_staff(staff, stock):
    own, other = waiting(stock, by=staff.user), waiting(stock)

    assert staff.post(f"{PATH}{own.code}/cancel/").json()["status"] == "cancelled"
    assert staff.post(f"{PATH}{own.code}/cancel/").status_code == 409
    assert staff.post(f"{PATH}{other.code}/cancel/").status_code == 403


def test_nobody_decides_their_own(api, stock):
    asker = UserFactory(role="staff")
    MembershipFactory(user=asker, warehouse=stock.warehouse)
    adjustment = waiting(stock, by=asker)
    asker.role = "manager"
    asker.save()
    before = facts(adjustment)
    client = api("viewer")
    client.force_authenticate(asker)

    answer = client.post(f"{PATH}{adjustment.code}/approve/", {"decision": "approve"})

    assert (answer.status_code, answer.json()["code"]) == (403, "own_request")
    assert facts(adjustment) == before


@pytest.mark.parametrize("count", [1, 3])
def test_list_query_count(staff, stock, count, django_assert_num_queries):
    for _ in range(count):
        waiting(stock)

    with django_assert_num_queries(2):
        answer = staff.get(f"{PATH}?status=pending")

    assert len(answer.json()["adjustment_requests"]) == count


def test_posts_and_decisions_sent_twice_with_one_key_happen_once(staff, manager, stock):
    headers = {"Idempotency-Key": "once"}
    body = {"sku": "A-1", "quantity": -300, "reason_code": "count"}
    codes = {staff.post(PATH, body, headers=headers).json()["code"] for _ in range(2)}
    (code,) = codes

    answers = [
        manager.post(f"{PATH}{code}/approve/", {"decision": "approve"}, headers=headers)
        for _ in range(2)
    ]

    assert answers[0].content == answers[1].content
    assert Stock.objects.get().on_hand == 200


def test_a_request_cancelled_twice_with_one_key_is_cancelled_once(staff, stock):
    adjustment = waiting(stock, by=staff.user)
    path, headers = f"{PATH}{adjustment.code}/cancel/", {"Idempotency-Key": "once"}

    first = staff.post(path, headers=headers)
    left = facts(adjustment)
    again = staff.post(path, headers=headers)

    assert (first.status_code, first.json()["status"]) == (200, "cancelled")
    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert facts(adjustment) == left
    assert staff.post(path).status_code == 409


@pytest.mark.django_db(transaction=True)
def test_a_request_is_decided_once():
    stock, boss = put_in_stock(quantity=1000), UserFactory(role="admin")
    for _ in range(5):
        adjustment = waiting(stock, -300)
        before = Stock.objects.get().on_hand

        outcomes = run_at_once(
            partial(approve_adjustment, adjustment=adjustment, acting_user=boss),
            partial(approve_adjustment, adjustment=adjustment, acting_user=boss),
            partial(reject_adjustment, adjustment=adjustment, note="No.", acting_user=boss),
            partial(cancel_adjustment, adjustment=adjustment, acting_user=boss),
        )

        assert sum(isinstance(outcome, AdjustmentRequest) for outcome in outcomes) == 1
        adjustment.refresh_from_db()
        posted = 300 if adjustment.status == "posted" else 0
        assert Stock.objects.get().on_hand == before - posted
        if posted:
            put_in_stock(stock.variation, stock.warehouse, 300)
    assert verify_ledger() == []
