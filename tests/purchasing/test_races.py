"""Several connections, the same orders; each race with a control without its guard."""

from decimal import Decimal
from functools import partial
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import OperationalError
from rest_framework.test import APIClient

from common.exceptions import WrongState
from inventory.models import Stock, StockMovement
from inventory.services import ledger
from operations.ledger_verification import verify_ledger
from purchasing.models import GoodsReceipt, PurchaseOrderItem
from purchasing.services import receipts
from purchasing.services.receipts import ReceiptLine, receive_purchase_order
from purchasing.services.transitions import cancel_purchase_order
from tests.factories.inventory import VariationFactory
from tests.factories.purchasing import incoming_of_balances, incoming_of_orders, make_order
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS, ROUNDS = 8, 5


def receive_one_each(order, user):
    """Let eight clients receive one unit of the same line at once; return their outcomes."""
    line = ReceiptLine(item_id=order.items.get().pk, quantity_accepted=Decimal(1))
    return run_at_once(
        *[partial(receive_purchase_order, order=order, lines=[line], acting_user=user)] * CLIENTS
    )


def test_eight_clients_receive_all_once():
    staff = UserFactory(role="staff")
    for _ in range(ROUNDS):
        order = make_order(10, 4, status="sent")

        outcomes = run_at_once(
            *[partial(receive_purchase_order, order=order, acting_user=staff)] * CLIENTS
        )

        assert sum(isinstance(outcome, GoodsReceipt) for outcome in outcomes) == 1
        assert sum(isinstance(outcome, WrongState) for outcome in outcomes) == CLIENTS - 1
        assert sorted(
            Stock.objects.filter(warehouse=order.warehouse).values_list("on_hand", "incoming")
        ) == [(4, 0), (10, 0)]
    assert verify_ledger() == []


def test_eight_partial_receipts_all_count():
    order = make_order(10, status="sent")

    outcomes = receive_one_each(order, UserFactory(role="staff"))

    assert all(isinstance(outcome, GoodsReceipt) for outcome in outcomes)
    assert order.items.get().quantity_received == 8
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.incoming) == (8, 2)
    assert incoming_of_balances() == incoming_of_orders()


def test_without_the_lock_on_the_order_receipts_get_lost(monkeypatch):
    all_read = Barrier(CLIENTS)
    check = receipts.require_lines

    def check_when_all_have_read(*args):
        all_read.wait(timeout=30)
        check(*args)

    monkeypatch.setattr(receipts, "lock_purchase_order", lambda order: order)
    monkeypatch.setattr(receipts, "require_lines", check_when_all_have_read)
    order = make_order(10, status="sent")

    receive_one_each(order, UserFactory(role="staff"))

    assert order.items.get().quantity_received == 1
    assert Stock.objects.get().on_hand == 8
    assert incoming_of_balances() != incoming_of_orders()


def test_an_order_is_either_cancelled_or_received():
    manager = UserFactory(role="manager")
    for _ in range(ROUNDS):
        order = make_order(10, status="sent")

        outcomes = run_at_once(
            partial(cancel_purchase_order, order=order, acting_user=manager),
            partial(receive_purchase_order, order=order, acting_user=manager),
        )

        assert sum(isinstance(outcome, WrongState) for outcome in outcomes) == 1
        order.refresh_from_db()
        stock = Stock.objects.get(warehouse=order.warehouse)
        assert (order.status, stock.on_hand, stock.incoming) in [
            ("cancelled", 0, 0), ("received", 10, 0),
        ]  # fmt: skip


def receive_opposite_orders():
    """Receive at once orders of the same items in opposite line order; yield the outcomes."""
    warehouse, items = WarehouseFactory(), VariationFactory.create_batch(10)
    staff = UserFactory(role="staff")
    for _ in range(ROUNDS):
        orders = [
            make_order(*[1] * 10, variations=variations, warehouse=warehouse, status="sent")
            for variations in [items, items[::-1]] * 4
        ]
        yield from run_at_once(
            *[partial(receive_purchase_order, order=order, acting_user=staff) for order in orders]
        )


def test_opposite_line_orders_do_not_deadlock():
    assert all(isinstance(outcome, GoodsReceipt) for outcome in receive_opposite_orders())
    assert set(Stock.objects.values_list("on_hand", "incoming")) == {(CLIENTS * ROUNDS, 0)}
    assert verify_ledger() == []


def test_locked_in_line_order_they_deadlock(monkeypatch):
    lock_in_order = ledger.lock_balances

    def lock_one_by_one(changes):
        balances = {}
        for change in changes:
            balances |= lock_in_order([change])
        return balances

    monkeypatch.setattr(ledger, "lock_balances", lock_one_by_one)

    assert any(is_deadlock(outcome) for outcome in receive_opposite_orders())


def is_deadlock(outcome):
    return isinstance(outcome, OperationalError) and outcome.__cause__.sqlstate == "40P01"


def receive_with_key(order, user, key):
    client = APIClient()
    client.force_authenticate(user)
    item = {"id": order.items.get().pk, "quantity_accepted": 1}
    return client.post(
        f"/api/purchase-orders/{order.order_number}/receive/",
        {"items": [item]},
        headers={"Idempotency-Key": key} if key else {},
    )


def test_one_key_sent_eight_times_at_once_receives_once():
    order, admin = make_order(10, status="sent"), UserFactory(role="admin")

    outcomes = run_at_once(*[partial(receive_with_key, order, admin, str(uuid4()))] * CLIENTS)

    assert {answer.status_code for answer in outcomes} == {200}
    assert len({answer.content for answer in outcomes}) == 1
    assert sum(answer.headers.get("Idempotent-Replayed") == "true" for answer in outcomes) == 7
    assert GoodsReceipt.objects.count() == StockMovement.objects.count() == 1
    assert Stock.objects.get().on_hand == 1


def test_without_a_key_eight_requests_are_eight_receipts():
    order, admin = make_order(10, status="sent"), UserFactory(role="admin")

    run_at_once(*[partial(receive_with_key, order, admin, None)] * CLIENTS)

    assert GoodsReceipt.objects.count() == 8
    assert PurchaseOrderItem.objects.get().quantity_received == 8


def create_with_number(client, body):
    return client.post("/api/purchase-orders/", body)


def test_one_number_sent_eight_times_at_once_is_one_order():
    variation = VariationFactory()
    order = make_order(10)
    body = {
        "order_number": "PO-RACE",
        "supplier_id": order.supplier.code,
        "warehouse": order.warehouse.code,
        "items": [{"sku": variation.sku_code, "quantity_ordered": 1}],
    }
    calls = []
    for _ in range(CLIENTS):
        client = APIClient()
        client.force_authenticate(UserFactory(role="admin"))
        calls.append(partial(create_with_number, client, body))

    outcomes = run_at_once(*calls)

    assert sorted(answer.status_code for answer in outcomes) == [201] + [409] * 7
