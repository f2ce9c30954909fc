"""Changes of orders that suppliers already have."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from threading import Barrier

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from common.exceptions import InvalidInput, WrongState
from inventory.models import Stock
from purchasing.exceptions import AlreadyReceived
from purchasing.models import GoodsReceipt, PurchaseOrderAmendment
from purchasing.services import amendments, orders
from purchasing.services.charges import ChargeLine
from purchasing.services.order_lines import OrderLine
from purchasing.services.orders import change_purchase_order
from purchasing.services.receipts import ReceiptLine, receive_purchase_order
from tests.factories.inventory import VariationFactory
from tests.factories.purchasing import (
    facts,
    incoming_of_balances,
    incoming_of_orders,
    make_order,
)
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db
OPEN = ["sent", "confirmed", "shipped", "partially_received"]


def line_of(item, **changed):
    wanted = {
        "variation": item.variation,
        "quantity_ordered": item.quantity_ordered,
        "unit_cost": item.unit_cost,
        "notes": item.notes,
    }
    return OrderLine(item_id=item.pk, **{**wanted, **changed})


def amend(order, lines=None, user=None, reason="", **details):
    change_purchase_order(
        order=order,
        details=details,
        lines=lines,
        reason=reason,
        acting_user=user or UserFactory(role="manager"),
    )
    order.refresh_from_db()


def history(order):
    return [(one.number, one.reason, one.changes) for one in order.amendments.all()]


def everything(order):
    return facts(order), history(order)


@pytest.mark.parametrize("status", OPEN)
def test_lines_change_and_what_is_incoming_follows(status):
    order = make_order(10, 4, status=status)
    first, second = order.items.all()
    new, manager = VariationFactory(), UserFactory(role="manager")

    amend(
        order,
        [
            line_of(first, quantity_ordered=Decimal(12), unit_cost=Decimal(3)),
            OrderLine(variation=new, quantity_ordered=Decimal(5), unit_cost=Decimal("1.25")),
        ],
        user=manager,
        reason="Fewer blues.",
    )

    assert [(item.position, item.quantity_ordered) for item in order.items.all()] == [
        (1, 12), (3, 5),
    ]  # fmt: skip
    assert (order.status, order.subtotal, order.total_amount) == (status, 42.25, 42.25)
    assert incoming_of_balances() == incoming_of_orders() != []
    amendment = order.amendments.get()
    assert (amendment.number, amendment.amended_by) == (1, manager)
    assert (amendment.total_before, amendment.total_after) == (35, 42.25)
    sku, other, added = (
        variation.sku_code for variation in (first.variation, second.variation, new)
    )
    assert amendment.changes == [
        {"line": 1, "sku": sku, "field": "quantity_ordered", "from": 10, "to": 12},
        {"line": 1, "sku": sku, "field": "unit_cost", "from": Decimal("2.5"), "to": 3},
        {
            "line": 2, "sku": other, "field": "line", "to": None,
            "from": {"quantity_ordered": 4, "unit_cost": Decimal("2.5"), "notes": ""},
        },
        {
            "line": 3, "sku": added, "field": "line", "from": None,
            "to": {"quantity_ordered": 5, "unit_cost": Decimal("1.25"), "notes": ""},
        },
    ]  # fmt: skip
    assert amendment.sentences[0] == f"Line 1 ({sku}): quantity ordered 10 → 12"


def test_terms_change_with_history_and_amendments_are_numbered():
    order = make_order(10, status="sent")
    expected = order.expected_delivery_date
    later = expected + timedelta(days=3)

    amend(order, reason="Late truck.", expected_delivery_date=later)
    amend(order, tax_amount=Decimal("2.10"), notes="Gate 2")

    assert history(order) == [
        (1, "Late truck.", [{
            "field": "expected_delivery_date",
            "from": f"{expected:%Y-%m-%dT%H:%M:%SZ}", "to": f"{later:%Y-%m-%dT%H:%M:%SZ}",
        }]),
        (2, "", [
            {"field": "notes", "from": "", "to": "Gate 2"},
            {"field": "tax_amount", "from": 0, "to": Decimal("2.1")},
        ]),
    ]  # fmt: skip


def test_history_tells_which_charge_changed_and_which_did_not():
    order = make_order(10, status="sent")
    duty, freight = (
        ChargeLine(kind=kind, amount=Decimal(amount))
        for kind, amount in (("duty", 7), ("other", 5))
    )
    change_purchase_order(
        order=order, charges=[duty, freight], acting_user=UserFactory(role="manager")
    )
    first, second = order.charges.order_by("pk")

    change_purchase_order(
        order=order,
        charges=[
            replace(duty, charge_id=first.pk, amount=Decimal(8)),
            replace(freight, charge_id=second.pk),
        ],
        acting_user=UserFactory(role="manager"),
    )

    _, (_, _, changes) = history(order)
    assert [(one["field"], one["from"]["amount"], one["to"]["amount"]) for one in changes] == [
        ("charge", 7, 8)
    ]


def test_a_draft_and_a_change_of_nothing_leave_no_amendment():
    draft, sent = make_order(10), make_order(10, status="sent")

    amend(draft, tax_amount=Decimal(1))
    amend(sent, [line_of(sent.items.get())], tax_amount=Decimal(0))

    assert not PurchaseOrderAmendment.objects.exists()
    assert incoming_of_balances() == incoming_of_orders()


def receive(order, *accepted, rejected=0):
    receive_purchase_order(
        order=order,
        lines=[
            ReceiptLine(
                item_id=item.pk,
                quantity_accepted=Decimal(quantity),
                quantity_rejected=Decimal(rejected),
            )
            for item, quantity in zip(order.items.all(), accepted, strict=True)
        ],
        acting_user=UserFactory(role="staff"),
    )
    order.refresh_from_db()


def test_no_line_is_ordered_less_than_came_in():
    order = make_order(10, 4, status="sent")
    receive(order, 6, 1)
    first, second = order.items.all()
    before = everything(order)

    with pytest.raises(AlreadyReceived) as refusal:
        amend(order, [line_of(first, quantity_ordered=Decimal("5.999"))])

    assert [
        (line["position"], line["quantity_received"], line["requested"])
        for line in refusal.value.details["lines"]
    ] == [(1, 6, Decimal("5.999")), (2, 1, 0)]
    assert everything(order) == before


def test_a_line_with_a_rejected_delivery_stays():
    order = make_order(10, 4, status="sent")
    receive(order, 0, 0, rejected=1)
    before = everything(order)

    with pytest.raises(AlreadyReceived):
        amend(order, [line_of(order.items.first())])

    assert everything(order) == before


def test_an_order_cut_down_to_what_came_in_is_received():
    order = make_order(10, 4, status="sent")
    receive(order, 6, 4)
    first, second = order.items.all()

    amend(order, [line_of(first, quantity_ordered=Decimal(6)), line_of(second)])

    assert order.status == "received"
    assert order.actual_delivery_date == GoodsReceipt.objects.get().occurred_at
    assert incoming_of_balances() == incoming_of_orders() == []


def test_an_order_of_which_one_line_is_to_come_stays_open():
    order = make_order(10, 4, status="sent")
    receive(order, 10, 1)
    first, second = order.items.all()

    amend(order, [line_of(first), line_of(second, quantity_ordered=Decimal(3))])

    assert (order.status, order.actual_delivery_date) == ("partially_received", None)
    expected = [(second.variation_id, order.warehouse_id, 2)]
    assert incoming_of_balances() == incoming_of_orders() == expected


@pytest.mark.parametrize("status", ["received", "cancelled"])
def test_lines_of_what_ended_stay(status):
    order = make_order(10, status=status)
    before = everything(order)

    with pytest.raises(WrongState) as refusal:
        amend(order, [line_of(order.items.get(), quantity_ordered=Decimal(12))])

    assert list(refusal.value.details) == ["items"]
    assert everything(order) == before


@pytest.mark.parametrize(
    ("quantities", "field"),
    [([12, 13], "items.1.id"), ([0], "items.0.quantity_ordered"), ([], "items")],
)
def test_bad_lines_are_named(quantities, field):
    order = make_order(10, status="sent")
    item = order.items.get()
    before = everything(order)

    with pytest.raises(InvalidInput) as refusal:
        amend(order, [line_of(item, quantity_ordered=Decimal(each)) for each in quantities])

    assert list(refusal.value.details) == [field]
    assert everything(order) == before


def test_over_http(api):
    place = WarehouseFactory()
    manager, staff = api("manager", place), api("staff", place)
    order = make_order(10, warehouse=place, status="sent")
    path = f"/api/purchase-orders/{order.order_number}/"
    body = {"items": [{"id": order.items.get().pk, "quantity_ordered": 12.5}], "reason": "More."}

    assert staff.patch(path, body).status_code == 403
    answer = manager.patch(path, body)

    assert answer.status_code == 200
    (amendment,) = answer.json()["amendments"]
    assert (amendment["number"], amendment["amended_by"]) == (1, manager.user.code)
    assert (amendment["reason"], amendment["total_after"]) == ("More.", 31.25)
    assert [(one["from"], one["to"]) for one in amendment["changes"]] == [(10, 12.5)]
    assert answer.json()["items"][0]["quantity_outstanding"] == 12.5
    assert Stock.objects.get().incoming == 12.5


def test_a_whole_order_sent_back_is_no_amendment(api):
    place = WarehouseFactory()
    manager = api("manager", place)
    order = make_order(10, 4, warehouse=place, status="partially_received")
    path = f"/api/purchase-orders/{order.order_number}/"

    for _ in range(2):
        whole = manager.get(path).json()
        whole["items"][1]["quantity_ordered"] = 5
        assert manager.put(path, whole).status_code == 200

    assert order.amendments.get().changes == [
        {
            "line": 2, "sku": whole["items"][1]["sku"], "field": "quantity_ordered",
            "from": 4, "to": 5,
        }
    ]  # fmt: skip


@pytest.mark.parametrize("sql", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_the_application_cannot_change_history(sql):
    order = make_order(10, status="sent")
    amend(order, notes="Gate 2")
    table = PurchaseOrderAmendment._meta.db_table

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format(table))

    assert order.amendments.count() == 1


@pytest.mark.parametrize("size", [5, 100])
def test_the_number_of_statements_does_not_depend_on_the_lines(size, django_assert_num_queries):
    order = make_order(*range(1, size + 1), status="sent")
    manager = UserFactory(role="manager")
    lines = [
        line_of(item, quantity_ordered=item.quantity_ordered + 1)
        for item in order.items.select_related("variation")
    ]

    with django_assert_num_queries(14):
        change_purchase_order(order=order, lines=lines, acting_user=manager)


def raise_by_one(order, user):
    item = order.items.get()
    line = line_of(item, quantity_ordered=Decimal(11))
    return change_purchase_order(order=order, lines=[line], acting_user=user)


@pytest.mark.django_db(transaction=True)
def test_amendments_and_receipts_at_once_agree():
    manager = UserFactory(role="manager")
    for _ in range(5):
        order = make_order(10, status="sent")
        item = ReceiptLine(item_id=order.items.get().pk, quantity_accepted=Decimal(1))

        run_at_once(
            *[
                partial(raise_by_one, order, manager),
                partial(receive_purchase_order, order=order, lines=[item], acting_user=manager),
            ]
            * 3
        )

        stock = Stock.objects.get(warehouse=order.warehouse)
        assert (stock.on_hand, stock.incoming) == (3, 8)
        assert order.items.get().quantity_outstanding == 8
        assert order.amendments.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_count_as_incoming(monkeypatch):
    manager = UserFactory(role="manager")
    order = make_order(10, status="sent")
    both_read, check = Barrier(2), amendments.refuse_received

    def check_when_both_have_read(*args):
        both_read.wait(timeout=30)
        check(*args)

    monkeypatch.setattr(orders, "lock_purchase_order", lambda order: order)
    monkeypatch.setattr(amendments, "refuse_received", check_when_both_have_read)

    run_at_once(*[partial(raise_by_one, order, manager)] * 2)

    assert order.items.get().quantity_ordered == 11
    assert Stock.objects.get().incoming == 12


def test_amended_at_is_now():
    order = make_order(10, status="sent")
    before = timezone.now()

    amend(order, notes="Gate 2")

    assert before <= order.amendments.get().amended_at <= datetime.now(UTC)
