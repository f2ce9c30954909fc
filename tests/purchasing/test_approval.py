"""Orders above the company's limit go on only once somebody else approved them."""

from decimal import Decimal
from functools import partial

import pytest

from common.exceptions import InvalidInput, OwnRequest, WrongState
from common.models import CompanySettings
from inventory.models import Stock
from purchasing.exceptions import ApprovalNeeded
from purchasing.models import PurchaseOrder
from purchasing.services import decisions
from purchasing.services.decisions import approve_purchase_order, reject_purchase_order
from purchasing.services.orders import change_purchase_order
from purchasing.services.receipts import receive_purchase_order
from purchasing.services.transitions import (
    cancel_purchase_order,
    confirm_purchase_order,
    send_purchase_order,
)
from tests.factories.purchasing import facts, limit, make_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db


def read(order):
    return PurchaseOrder.objects.get(pk=order.pk)


@pytest.mark.parametrize(
    ("amount", "waits"), [(None, False), (0, True), ("24.99", True), (25, False), (26, False)]
)
def test_only_a_total_above_the_limit_waits(amount, waits):
    limit(amount)

    order = make_order(10)  # 10 at 2.50

    assert order.awaits_approval == waits
    assert order.approval_status == ("pending" if waits else "not_needed")
    assert list(PurchaseOrder.objects.awaiting_approval()) == [order] * waits
    assert order.allowed_transitions == (
        ["cancelled"] if waits else ["sent", "partially_received", "received", "cancelled"]
    )


@pytest.mark.parametrize(
    "step", [send_purchase_order, receive_purchase_order], ids=["send", "receive"]
)
def test_what_waits_goes_nowhere(step, buyer):
    limit(20)
    order = make_order(10, acting_user=buyer)
    before = facts(order)

    with pytest.raises(ApprovalNeeded) as refusal:
        step(order=order, acting_user=buyer)

    assert refusal.value.details["allowed_transitions"] == ["cancelled"]
    assert "25.00 is above the limit of 20.00" in refusal.value.message
    assert facts(order) == before


@pytest.mark.parametrize("status", ["sent", "received"])
def test_no_order_begins_above_the_limit(api, status):
    limit(20)
    place = WarehouseFactory()
    order = make_order(1, warehouse=place)
    client = api("manager", place)
    body = {
        "supplier_id": order.supplier.code,
        "warehouse": place.code,
        "status": status,
        "items": [
            {"sku": order.items.get().variation.sku_code, "quantity_ordered": 9, "unit_cost": 5}
        ],
    }

    response = client.post("/api/purchase-orders/", body)

    assert (response.status_code, response.json()["code"]) == (409, "approval_needed")
    assert PurchaseOrder.objects.get() == order
    assert not Stock.objects.exists()


def test_an_approved_order_goes_its_way(buyer, other):
    limit(20)
    order = make_order(10, acting_user=buyer)

    approve_purchase_order(order=order, note="Fine.", acting_user=other)

    order = read(order)
    assert (order.approved_by, order.approved_total, order.approval_note) == (other, 25, "Fine.")
    assert (order.status, order.approval_status) == ("draft", "approved")
    send_purchase_order(order=order, acting_user=buyer)
    order = read(order)
    assert (order.status, order.approved_by) == ("sent", other)
    receive_purchase_order(order=order, acting_user=buyer)
    assert read(order).status == "received"


def test_within_the_limit_whoever_sends_lets_it_go(buyer):
    limit(100)
    order = make_order(10, status="sent", acting_user=buyer)

    assert (order.approved_by, order.approved_total) == (buyer, 25)


def test_a_lower_limit_does_not_reach_orders_that_went(buyer):
    order = make_order(10, status="sent", acting_user=buyer)
    limit(1)

    confirm_purchase_order(order=order, acting_user=buyer)

    assert read(order).status == "confirmed"


def test_nobody_approves_their_own_order(buyer):
    limit(20)
    order = make_order(10, acting_user=buyer)
    before = facts(order)

    with pytest.raises(OwnRequest):
        approve_purchase_order(order=order, acting_user=buyer)
    with pytest.raises(OwnRequest):
        reject_purchase_order(order=order, note="No.", acting_user=buyer)
    assert facts(order) == before

    CompanySettings.objects.update(second_person_rule=False)
    approve_purchase_order(order=order, acting_user=buyer)
    assert read(order).approved_by == buyer


def test_who_changed_the_price_does_not_approve_it(buyer, other):
    limit(20)
    order = make_order(10, acting_user=buyer)
    change_purchase_order(order=order, details={"tax_amount": Decimal(1)}, acting_user=other)

    with pytest.raises(OwnRequest):
        approve_purchase_order(order=order, acting_user=other)

    approve_purchase_order(order=order, acting_user=UserFactory(role="admin"))
    assert read(order).approved_total == 26


def test_a_note_does_not_make_terms_of_somebody(buyer, other):
    limit(20)
    order = make_order(10, acting_user=buyer)
    change_purchase_order(order=order, details={"notes": "Gate 2"}, acting_user=other)

    approve_purchase_order(order=order, acting_user=other)

    assert read(order).approved_by == other


@pytest.mark.parametrize("status", ["received", "cancelled"])
def test_what_ended_is_not_decided(status, other):
    order = make_order(10, status=status)
    limit(1)
    before = facts(order)

    for decide in (
        approve_purchase_order,
        partial(reject_purchase_order, note="No."),
    ):
        with pytest.raises(WrongState):
            decide(order=order, acting_user=other)
    assert facts(order) == before


def test_a_rejected_order_waits_until_it_is_changed_or_approved(buyer, other):
    limit(20)
    order = make_order(10, acting_user=buyer)

    reject_purchase_order(order=order, note="Too much tea.", acting_user=other)

    order = read(order)
    assert (order.approval_status, order.rejected_by, order.approval_note) == (
        "rejected", other, "Too much tea.",
    )  # fmt: skip
    with pytest.raises(WrongState):
        reject_purchase_order(order=order, note="Again.", acting_user=other)
    limit(1000)  # a higher limit does not lift a rejection
    with pytest.raises(ApprovalNeeded) as refusal:
        send_purchase_order(order=order, acting_user=buyer)
    assert refusal.value.message == (
        "It was rejected (Too much tea.). Change it, or let somebody approve it."
    )

    limit(20)
    change_purchase_order(order=order, details={"tax_amount": Decimal(1)}, acting_user=buyer)
    assert read(order).approval_status == "pending"
    approve_purchase_order(order=order, acting_user=other)
    assert read(order).approval_status == "approved"


def test_a_rejection_says_why(buyer, other):
    limit(20)
    order = make_order(10, acting_user=buyer)
    before = facts(order)

    with pytest.raises(InvalidInput) as refusal:
        reject_purchase_order(order=order, note=" ", acting_user=other)

    assert list(refusal.value.details) == ["note"]
    assert facts(order) == before


@pytest.mark.parametrize(
    ("details", "approved"),
    [
        ({"tax_amount": Decimal(0)}, True),
        ({"notes": "Gate 2"}, True),
        ({"tax_amount": Decimal(1)}, False),
        ({"supplier": None}, False),
    ],
)
def test_a_change_of_what_was_approved_ends_the_approval(buyer, other, details, approved):
    limit(20)
    order = make_order(10, acting_user=buyer)
    approve_purchase_order(order=order, acting_user=other)
    if "supplier" in details:
        details = {"supplier": SupplierFactory()}

    change_purchase_order(order=order, details=details, acting_user=buyer)

    assert read(order).is_approved == approved
    assert read(order).approved_by == (other if approved else None)


def test_an_amendment_beyond_what_was_approved_waits_again(buyer, other):
    limit(20)
    order = make_order(10, acting_user=buyer)
    approve_purchase_order(order=order, acting_user=other)
    send_purchase_order(order=order, acting_user=buyer)

    change_purchase_order(order=order, details={"shipping_cost": Decimal(5)}, acting_user=buyer)

    order = read(order)
    assert (order.approval_status, order.approved_by) == ("pending", None)
    assert order.allowed_transitions == ["cancelled"]
    for step in (confirm_purchase_order, receive_purchase_order):
        before = facts(order)
        with pytest.raises(ApprovalNeeded):
            step(order=order, acting_user=buyer)
        assert facts(order) == before
    approve_purchase_order(order=order, acting_user=other)
    receive_purchase_order(order=order, acting_user=buyer)
    assert read(order).status == "received"


def test_an_amendment_within_the_limit_goes_on_by_leave_of_its_author(buyer, other):
    limit(100)
    order = make_order(10, status="sent", acting_user=buyer)

    change_purchase_order(order=order, details={"shipping_cost": Decimal(5)}, acting_user=other)

    assert (read(order).approved_by, read(order).approved_total) == (other, 30)


def test_what_waits_may_be_cancelled(buyer):
    limit(20)
    order = make_order(10, acting_user=buyer)

    cancel_purchase_order(order=order, acting_user=buyer)

    assert read(order).status == "cancelled"
    assert not read(order).awaits_approval


def test_a_foreign_currency_is_compared_by_its_figure(buyer):
    limit(20)

    order = make_order(10, supplier=SupplierFactory(currency="JPY"), acting_user=buyer)

    assert (order.currency, order.awaits_approval) == ("JPY", True)


def test_over_http(api):
    limit(20)
    place = WarehouseFactory()
    buyer, other, staff = api("manager", place), api("manager", place), api("staff", place)
    order = make_order(10, warehouse=place, acting_user=buyer.user)
    path = f"/api/purchase-orders/{order.order_number}/"

    detail = buyer.get(path).json()
    assert detail["approval"] == {
        "status": "pending", "committed_total": 25, "approved_total": None, "rejected_by": None,
        "rejected_at": None, "note": "",
    }  # fmt: skip
    assert detail["allowed_actions"] == ["approve", "reject", "cancel"]
    waiting = buyer.get("/api/purchase-orders/?awaiting_approval=true").json()
    assert [row["id"] for row in waiting["purchase_orders"]] == [order.pk]
    assert staff.post(f"{path}approve/").status_code == 403
    own = buyer.post(f"{path}approve/")
    assert (own.status_code, own.json()["code"]) == (403, "own_request")
    refused = other.post(f"{path}reject/", {})
    assert (refused.status_code, list(refused.json()["details"])) == (400, ["note"])

    rejected = other.post(f"{path}approve/", {"decision": "reject", "reason": "Too much."}).json()
    assert rejected["approval"]["status"] == "rejected"
    assert rejected["approval"]["rejected_by"] == other.user.code
    answer = other.post(f"{path}approve/", {"note": "All right."})
    assert answer.status_code == 200
    assert answer.json()["approved_by"] == other.user.code
    assert answer.json()["approval"]["approved_total"] == 25
    assert answer.json()["allowed_actions"] == ["send", "receive", "cancel"]
    again = other.post(f"{path}approve/")
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    waiting = buyer.get("/api/purchase-orders/?awaiting_approval=true").json()
    assert waiting["purchase_orders"] == []


@pytest.mark.django_db(transaction=True)
def test_of_two_decisions_at_once_one_counts():
    limit(20)
    order = make_order(10, acting_user=UserFactory(role="manager"))
    deciders = [UserFactory(role="manager") for _ in range(8)]

    outcomes = run_at_once(
        *[partial(approve_purchase_order, order=order, acting_user=decider) for decider in deciders]
    )

    assert sum(isinstance(outcome, PurchaseOrder) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, WrongState) for outcome in outcomes) == 7


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_decisions_count(monkeypatch):
    limit(20)
    order = make_order(10, acting_user=UserFactory(role="manager"))
    monkeypatch.setattr(decisions, "lock_purchase_order", lambda order: order)

    outcomes = [
        approve_purchase_order(order=read(order), acting_user=UserFactory(role="manager")),
        approve_purchase_order(order=order, acting_user=UserFactory(role="manager")),
    ]

    assert all(isinstance(outcome, PurchaseOrder) for outcome in outcomes)
