"""Steps of orders at the same moment; each race with a control without its guard."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from threading import Barrier

import pytest
from django.db import IntegrityError, OperationalError
from django.utils import timezone

from common.exceptions import DomainError, WrongState
from inventory.exceptions import InsufficientStock
from inventory.models import Stock
from inventory.services import ledger
from operations.ledger_verification import verify_ledger
from sales.exceptions import QuantityExceeded
from sales.models import Fulfilment, SalesOrder, SalesReturn
from sales.services import cancellation, fulfilment, inspections, reservation_expiry, returns
from sales.services.cancellation import cancel_sales_order
from sales.services.fulfilment import fulfil_sales_order
from sales.services.inspections import Inspected, inspect_returned_goods
from sales.services.line_choice import LineRequest
from sales.services.reservation_expiry import release_expired_reservations
from sales.services.reservations import allocate_stock
from sales.services.returns import return_goods
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.sales import take_order
from tests.factories.warehouses import WarehouseFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS, ROUNDS = 8, 5


def unlocked(all_read):
    """Return what reads an order without locking it, once everybody is that far."""

    def read(order):
        found = SalesOrder.objects.get(pk=order.pk)
        all_read.wait(timeout=30)
        return found

    return read


def from_both(order, *places):
    requests = [
        LineRequest("line", str(number), Decimal(1), warehouse=place)
        for number, place in enumerate(places, 1)
    ]
    return partial(fulfil_sales_order, order=order, lines=requests, acting_user=None)


def last_units(rounds):
    """Yield, for each round, two orders that want the last unit of each of two warehouses."""
    home = WarehouseFactory()
    for _ in range(rounds):
        places = WarehouseFactory.create_batch(2)
        variation = VariationFactory()
        for place in places:
            put_in_stock(variation, place, 1)
        orders = [take_order((variation, 1), (variation, 1), warehouse=home) for _ in range(2)]
        yield [from_both(orders[0], *places), from_both(orders[1], *places[::-1])]


def test_last_units_of_two_warehouses_leave_for_one_order_whole():
    for calls in last_units(10):
        outcomes = run_at_once(*calls)

        short = [one for one in outcomes if isinstance(one, InsufficientStock)]
        assert len(short) == 1
        assert [line["line"] for line in short[0].details["lines"]] == [1, 2]
    assert Fulfilment.objects.count() == 10
    assert set(Stock.objects.exclude(on_hand=0)) == set()
    assert verify_ledger() == []


def test_without_the_lock_on_balances_they_leave_twice_or_the_database_refuses(monkeypatch):
    monkeypatch.setattr(ledger, "LOCK", ledger.LOCK.replace("FOR NO KEY UPDATE OF s", ""))

    outcomes = [one for calls in last_units(20) for one in run_at_once(*calls)]

    crashed = [
        one
        for one in outcomes
        if isinstance(one, Exception) and not isinstance(one, InsufficientStock)
    ]
    assert crashed or verify_ledger() != []


def test_locked_warehouse_by_warehouse_they_deadlock(monkeypatch):
    lock_in_order = ledger.lock_balances

    def lock_one_by_one(changes):
        balances = {}
        for change in changes:
            balances |= lock_in_order([change])
        return balances

    rounds = list(last_units(60))
    monkeypatch.setattr(ledger, "lock_balances", lock_one_by_one)

    outcomes = (one for calls in rounds for one in run_at_once(*calls))

    crashed = (one.__cause__.sqlstate for one in outcomes if isinstance(one, OperationalError))
    assert next(crashed, None) == "40P01"


def cancel_and_fulfil(order):
    return run_at_once(
        partial(cancel_sales_order, order=order, acting_user=None),
        partial(fulfil_sales_order, order=order, acting_user=None),
    )


def test_order_is_cancelled_or_delivered_never_both():
    stock = put_in_stock(quantity=100)
    for _ in range(20):
        order = take_order((stock.variation, 2), warehouse=stock.warehouse)

        outcomes = cancel_and_fulfil(order)

        order.refresh_from_db()
        assert sum(isinstance(one, WrongState) for one in outcomes) == 1
        item = order.items.get()
        assert (order.status, item.quantity_fulfilled, item.quantity_cancelled) in [
            ("cancelled", 0, 2), ("fulfilled", 2, 0),
        ]  # fmt: skip
    assert verify_ledger() == []


def test_without_the_lock_on_the_order_the_table_alone_refuses_both(monkeypatch):
    read = unlocked(Barrier(2))
    monkeypatch.setattr(cancellation, "lock_order", read)
    monkeypatch.setattr(fulfilment, "lock_order", read)
    stock = put_in_stock(quantity=100)
    order = take_order((stock.variation, 2), warehouse=stock.warehouse)

    outcomes = cancel_and_fulfil(order)

    assert sum(isinstance(one, IntegrityError) for one in outcomes) == 1


def lapsing_order(stock):
    order = take_order((stock.variation, 2), warehouse=stock.warehouse)
    past = timezone.now() - timedelta(hours=1)
    SalesOrder.objects.filter(pk=order.pk).update(reserved_until=past)
    return order


def test_orders_are_delivered_whole_while_their_reservations_expire():
    stock = put_in_stock(quantity=100)
    for _ in range(20):
        order = lapsing_order(stock)

        outcomes = run_at_once(
            release_expired_reservations,
            partial(fulfil_sales_order, order=order, acting_user=None),
        )

        assert [one for one in outcomes if isinstance(one, Exception)] == []
        order.refresh_from_db()
        assert order.status == "fulfilled"
    stock.refresh_from_db()
    assert (stock.on_hand, stock.reserved) == (60, 0)
    assert verify_ledger() == []


def delivered_before(monkeypatch, act):
    """Let an order be delivered at the moment at which its expiry locks it; return the order."""
    stock = put_in_stock(quantity=100)
    order = lapsing_order(stock)
    lock = reservation_expiry.lock_lapsing

    def deliver():
        outcome = run_at_once(partial(fulfil_sales_order, order=order, acting_user=None))[0]
        assert isinstance(outcome, Fulfilment)

    monkeypatch.setattr(reservation_expiry, "lock_lapsing", partial(act, lock, deliver))
    release_expired_reservations()
    order.refresh_from_db()
    return order


def test_order_that_was_delivered_meanwhile_does_not_expire(monkeypatch):
    def deliver_then_lock(lock, deliver, keys, moment):
        deliver()
        return lock(keys, moment)

    assert delivered_before(monkeypatch, deliver_then_lock).reservation_expired_at is None


def test_read_before_the_lock_a_delivered_order_expires(monkeypatch):
    def read_then_deliver(lock, deliver, keys, moment):
        orders = list(SalesOrder.objects.lapsing(moment).filter(pk__in=keys))
        deliver()
        return orders

    order = delivered_before(monkeypatch, read_then_deliver)

    assert (order.status, order.reservation_expired_at is None) == ("fulfilled", False)


def test_goods_are_allocated_while_their_holder_is_delivered():
    for _ in range(10):
        stock = put_in_stock(quantity=4)
        low = take_order((stock.variation, 4), warehouse=stock.warehouse, priority=1)
        urgent = take_order((stock.variation, 3), warehouse=stock.warehouse, priority=4)

        taken, left = run_at_once(
            partial(allocate_stock, order=urgent, acting_user=None),
            partial(fulfil_sales_order, order=low, acting_user=None),
        )

        assert not isinstance(taken, Exception)
        assert isinstance(left, Fulfilment | InsufficientStock)
        stock.refresh_from_db()
        delivered = isinstance(left, Fulfilment)
        assert (stock.on_hand, stock.reserved) == ((0, 0) if delivered else (4, 4))
    assert verify_ledger() == []


def delivered_order(stock, quantity=1):
    order = take_order((stock.variation, quantity), warehouse=stock.warehouse)
    fulfil_sales_order(order=order, acting_user=None)
    return order


def give_back_at_once(order):
    line = LineRequest("line", "1", Decimal(1), "late")
    return run_at_once(
        *[partial(return_goods, order=order, lines=[line], acting_user=None)] * WORKERS
    )


def test_one_unit_comes_back_once():
    stock = put_in_stock(quantity=100)
    for _ in range(ROUNDS):
        outcomes = give_back_at_once(delivered_order(stock))

        assert sum(isinstance(one, SalesReturn) for one in outcomes) == 1
        assert sum(isinstance(one, QuantityExceeded) for one in outcomes) == WORKERS - 1
    stock.refresh_from_db()
    assert stock.on_hand == 100
    assert verify_ledger() == []


def test_without_the_lock_on_the_order_the_table_alone_refuses_more(monkeypatch):
    monkeypatch.setattr(returns, "lock_order", unlocked(Barrier(WORKERS)))

    outcomes = give_back_at_once(delivered_order(put_in_stock(quantity=100)))

    assert sum(isinstance(one, IntegrityError) for one in outcomes) > 0
    assert sum(isinstance(one, SalesReturn) for one in outcomes) == 1


def inspect_at_once(stock):
    order = delivered_order(stock)
    line = LineRequest("line", "1", Decimal(1), "late", "quarantine")
    returned = return_goods(order=order, lines=[line], acting_user=None)
    decision = Inspected(item_id=returned.items.get().pk, quantity=Decimal(1), disposition="stock")
    call = partial(
        inspect_returned_goods, sales_return=returned, lines=[decision], acting_user=None
    )
    return run_at_once(*[call] * WORKERS)


def test_goods_in_quarantine_are_decided_about_once():
    stock = put_in_stock(quantity=10)

    outcomes = inspect_at_once(stock)

    assert sum(isinstance(one, DomainError) for one in outcomes) == WORKERS - 1
    stock.refresh_from_db()
    assert stock.on_hand == 10
    assert verify_ledger() == []


def test_without_the_lock_goods_in_quarantine_come_to_stock_more_than_once(monkeypatch):
    read = unlocked(Barrier(WORKERS))
    monkeypatch.setattr(inspections, "lock_order", read)
    stock = put_in_stock(quantity=10)

    inspect_at_once(stock)

    stock.refresh_from_db()
    assert stock.on_hand > 10
