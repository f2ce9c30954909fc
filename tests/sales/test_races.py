"""Several connections, the same orders and goods; each race with a control without its guard."""

from decimal import Decimal
from functools import partial
from threading import Barrier
from uuid import uuid4

import pytest
from django.db import IntegrityError, OperationalError
from rest_framework.test import APIClient

from common.exceptions import WrongState
from inventory.models import Stock, StockMovement, StockReservation
from inventory.services import ledger
from inventory.services.stock_change import Holder, StockChange
from operations.ledger_verification import verify_ledger
from sales.models import LINE_HOLDER, SalesOrder
from sales.queries import unexplained_reservations
from sales.services import cancellation, fulfilment
from sales.services.cancellation import cancel_sales_order
from sales.services.fulfilment import fulfil_sales_order
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.sales import take_order
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS, ROUNDS = 8, 5
ORDERS = "/api/sales-orders/"


def sell(client, stock):
    """Take an order for two units and deliver it; return the answer to the delivery."""
    items = [{"sku": stock.variation.sku_code, "quantity": 2}]
    order = client.post(ORDERS, {"items": items, "warehouse": stock.warehouse.code}).json()
    return client.post(f"{ORDERS}{order['order_number']}/fulfill/")


def sell_the_last_ten():
    """Let eight clients sell two of the same ten units at once; return their outcomes by round."""
    rounds = []
    for _ in range(ROUNDS):
        stock = put_in_stock(quantity=10)
        calls = []
        for _ in range(CLIENTS):
            client = APIClient()
            client.force_authenticate(UserFactory(role="admin"))
            calls.append(partial(sell, client, stock))
        rounds.append(run_at_once(*calls))
    return rounds


def test_eight_clients_deliver_exactly_the_last_ten_units():
    for outcomes in sell_the_last_ten():
        assert sorted(answer.status_code for answer in outcomes) == [200] * 5 + [409] * 3
        refused = [answer.json() for answer in outcomes if answer.status_code == 409]
        assert {body["code"] for body in refused} == {"insufficient_stock"}
    assert set(Stock.objects.values_list("on_hand", "reserved")) == {(0, 0)}
    assert verify_ledger() == []


def test_without_the_lock_on_balances_more_is_delivered_or_the_database_refuses(monkeypatch):
    monkeypatch.setattr(ledger, "LOCK", ledger.LOCK.replace("FOR NO KEY UPDATE OF s", ""))

    rounds = sell_the_last_ten()

    crashed = [o for outcomes in rounds for o in outcomes if isinstance(o, Exception)]
    assert crashed or verify_ledger() != []
    assert not Stock.objects.filter(on_hand__lt=0).exists()


def deliver_one_order_at_once(order):
    return run_at_once(*[partial(fulfil_sales_order, order=order, acting_user=None)] * CLIENTS)


def test_one_order_is_delivered_once():
    stock = put_in_stock(quantity=100)
    for _ in range(ROUNDS):
        order = take_order((stock.variation, 2), warehouse=stock.warehouse)

        outcomes = deliver_one_order_at_once(order)

        assert sum(isinstance(outcome, WrongState) for outcome in outcomes) == CLIENTS - 1
    stock.refresh_from_db()
    assert (stock.on_hand, stock.reserved) == (100 - 2 * ROUNDS, 0)
    assert verify_ledger() == []


def test_without_the_lock_on_the_order_all_try_to_deliver_it(monkeypatch):
    all_read = Barrier(CLIENTS)

    def read_without_lock(order):
        found = SalesOrder.objects.get(pk=order.pk)
        all_read.wait(timeout=30)
        return found

    monkeypatch.setattr(fulfilment, "lock_order", read_without_lock)
    stock = put_in_stock(quantity=100)
    order = take_order((stock.variation, 2), warehouse=stock.warehouse)

    outcomes = deliver_one_order_at_once(order)

    # Only the table's own check on delivered quantities stands between this and 16 units.
    assert sum(isinstance(outcome, IntegrityError) for outcome in outcomes) == CLIENTS - 1


def opposite_orders(rounds):
    """Take, for each round, eight orders of the same two items, half of them reversed."""
    warehouse, items = WarehouseFactory(), VariationFactory.create_batch(2)
    for item in items:
        put_in_stock(item, warehouse, 1000)
    return [
        [
            take_order(*[(item, 1) for item in order], warehouse=warehouse)
            for order in [items, items[::-1]] * 4
        ]
        for _ in range(rounds)
    ]


def deliver_at_once(batch):
    """Deliver orders at the same time; return what was raised."""
    calls = [partial(fulfil_sales_order, order=order, acting_user=None) for order in batch]
    return [outcome for outcome in run_at_once(*calls) if isinstance(outcome, Exception)]


def test_orders_of_opposite_line_order_do_not_deadlock():
    for batch in opposite_orders(10):
        assert deliver_at_once(batch) == []
    assert set(Stock.objects.values_list("on_hand", "reserved")) == {(1000 - 80, 0)}
    assert verify_ledger() == []


def test_locked_in_line_order_they_deadlock(monkeypatch):
    batches = opposite_orders(10)
    lock_in_order = ledger.lock_balances

    def lock_one_by_one(changes):
        balances = {}
        for change in changes:
            balances |= lock_in_order([change])
        return balances

    monkeypatch.setattr(ledger, "lock_balances", lock_one_by_one)

    assert any(is_deadlock(error) for batch in batches for error in deliver_at_once(batch))


def is_deadlock(error):
    return isinstance(error, OperationalError) and error.__cause__.sqlstate == "40P01"


def test_receipts_and_cancellations_at_once_leave_no_reservation_behind():
    warehouse = WarehouseFactory()
    for _ in range(20):
        variation = VariationFactory()
        order = take_order((variation, 3), warehouse=warehouse)

        outcomes = run_at_once(
            partial(put_in_stock, variation, warehouse, 1),
            partial(cancel_sales_order, order=order, acting_user=None),
            partial(put_in_stock, variation, warehouse, 1),
        )

        assert [o for o in outcomes if isinstance(o, Exception)] == []
    assert list(unexplained_reservations()) == []
    assert list(Stock.objects.values_list("on_hand", "reserved")) == [(2, 0)] * 20
    assert verify_ledger() == []


def test_order_taken_while_its_goods_first_arrive_gets_them():
    warehouse = WarehouseFactory()
    for _ in range(20):
        variation = VariationFactory()

        run_at_once(
            partial(put_in_stock, variation, warehouse, 3),
            partial(take_order, (variation, 2), warehouse=warehouse),
        )

    assert list(Stock.objects.values_list("on_hand", "reserved")) == [(3, 2)] * 20


def cancel_while_goods_arrive(monkeypatch, released):
    """Cancel a waiting order; goods come in and are reserved for it right before its release."""
    variation = VariationFactory()
    order = take_order((variation, 5), warehouse=WarehouseFactory())

    def receive_then_release(locked, items):
        changes = released(locked, list(items))
        outcome = run_at_once(partial(put_in_stock, variation, locked.warehouse, 5))[0]
        assert outcome.reserved == 5
        return changes

    monkeypatch.setattr(cancellation, "released", receive_then_release)
    cancel_sales_order(order=order, acting_user=None)


def test_goods_reserved_during_a_cancellation_are_released(monkeypatch):
    cancel_while_goods_arrive(monkeypatch, cancellation.released)

    stock = Stock.objects.get()
    assert (stock.on_hand, stock.reserved) == (5, 0)
    assert verify_ledger() == []


def test_releasing_what_was_read_before_the_lock_leaves_a_reservation_behind(monkeypatch):
    def read_then_release(order, items):
        return [
            StockChange(
                variation_id=variation_id,
                warehouse_id=order.warehouse_id,
                release=sum(
                    StockReservation.objects.filter(reference_id=key).values_list(
                        "quantity", flat=True
                    ),
                    Decimal(0),
                ),
                holder=Holder(LINE_HOLDER, key),
            )
            for key, variation_id, _ in items
        ]

    cancel_while_goods_arrive(monkeypatch, read_then_release)

    assert [row.quantity for row in unexplained_reservations()] == [5]


@pytest.fixture
def post_order():
    """Return a function that sends the same order, with an idempotency key or without."""
    stock, user = put_in_stock(quantity=100), UserFactory(role="sales")
    MembershipFactory(user=user, warehouse=stock.warehouse)

    def post(key=None):
        client = APIClient()
        client.force_authenticate(user)
        return client.post(
            ORDERS,
            {"items": [{"sku": stock.variation.sku_code, "quantity": 2}]},
            headers={"Idempotency-Key": key} if key else {},
        )

    return post


def test_same_order_sent_eight_times_at_once_with_one_key_is_taken_once(post_order):
    for _ in range(ROUNDS):
        answers = run_at_once(*[partial(post_order, str(uuid4()))] * CLIENTS)

        assert [answer.status_code for answer in answers] == [201] * CLIENTS
        assert len({answer.content for answer in answers}) == 1
    assert SalesOrder.objects.count() == ROUNDS
    assert Stock.objects.get().reserved == 2 * ROUNDS
    assert StockMovement.objects.count() == 1


def test_without_a_key_eight_orders_are_taken(post_order):
    answers = run_at_once(*[post_order] * CLIENTS)

    assert len({answer.json()["order_number"] for answer in answers}) == CLIENTS
    assert Stock.objects.get().reserved == 2 * CLIENTS
    assert verify_ledger() == []
