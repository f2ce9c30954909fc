from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange
from operations.ledger_verification import verify_ledger
from sales.queries import open_order_reservations, unexplained_reservations
from sales.services.back_orders import reserve_back_orders
from sales.services.cancellation import cancel_sales_order
from tests.factories.inventory import put_in_stock
from tests.factories.sales import reserved, take_order
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db


def empty_stock():
    stock = put_in_stock(quantity=1)
    apply_stock_changes(
        [
            StockChange(
                variation_id=stock.variation_id,
                warehouse_id=stock.warehouse_id,
                quantity=Decimal(-1),
                movement_type="outbound",
            )
        ],
        acting_user=None,
    )
    return stock


def test_received_goods_are_reserved_for_the_oldest_order_first():
    stock = empty_stock()
    newer, older, newest = (
        take_order(
            (stock.variation, 4),
            warehouse=stock.warehouse,
            order_date=datetime(2026, 1, day, tzinfo=UTC),
        )
        for day in (2, 1, 3)
    )

    put_in_stock(stock.variation, stock.warehouse, 6)
    assert reserved(older, newer, newest) == [4, 2, 0]

    put_in_stock(stock.variation, stock.warehouse, 9)
    assert reserved(older, newer, newest) == [4, 4, 4]
    stock.refresh_from_db()
    assert (stock.on_hand, stock.reserved) == (15, 12)
    assert verify_ledger() == []


def test_who_was_served_last_of_one_receipt_loses_first():
    stock = empty_stock()
    early, urgent = (
        take_order((stock.variation, 4), warehouse=stock.warehouse, priority=priority)
        for priority in (1, 3)
    )
    put_in_stock(stock.variation, stock.warehouse, 8)
    assert reserved(urgent, early) == [4, 4]

    damage = StockChange(
        variation_id=stock.variation_id,
        warehouse_id=stock.warehouse_id,
        quantity=Decimal(-3),
        movement_type="adjustment",
        may_release_others=True,
    )
    apply_stock_changes([damage], acting_user=None)

    assert reserved(urgent, early) == [4, 1]
    assert verify_ledger() == []


def test_cancelling_hands_goods_to_who_waits_but_not_to_itself():
    stock = put_in_stock(quantity=5)
    holding, waiting = (
        take_order((stock.variation, 5), warehouse=stock.warehouse) for _ in range(2)
    )
    gone = take_order((stock.variation, 5), warehouse=stock.warehouse)
    cancel_sales_order(order=gone, acting_user=None)

    cancel_sales_order(order=holding, acting_user=None)

    assert reserved(holding, waiting, gone) == [0, 5, 0]
    assert verify_ledger() == []


def test_another_warehouse_s_orders_get_nothing():
    stock = empty_stock()
    elsewhere = take_order((stock.variation, 4), warehouse=WarehouseFactory())

    put_in_stock(stock.variation, stock.warehouse, 6)

    assert reserved(elsewhere) == [0]


def test_one_statement_where_nobody_waits():
    stock = put_in_stock(quantity=5)
    take_order((stock.variation, 2), warehouse=stock.warehouse)

    with CaptureQueriesContext(connection) as queries:
        reserve_back_orders(stock_ids=[stock.pk], acting_user=None)

    assert len(queries) == 1


@pytest.mark.parametrize("waiting", [5, 200])
def test_statements_do_not_grow_with_the_lines_that_wait(waiting):
    stock = empty_stock()
    for _ in range(waiting):
        take_order((stock.variation, 1), warehouse=stock.warehouse)
    change = StockChange(
        variation_id=stock.variation_id,
        warehouse_id=stock.warehouse_id,
        quantity=Decimal(500),
        movement_type="inbound",
    )

    with CaptureQueriesContext(connection) as queries:
        apply_stock_changes([change], acting_user=None)

    # Missing balances, lock, write; who waits; missing balances, lock, holds, write.
    assert len(queries) == 8
    stock.refresh_from_db()
    assert stock.reserved == waiting


def test_reads_tell_explained_reservations_from_orphans():
    stock = put_in_stock(quantity=5)
    order = take_order((stock.variation, 2), warehouse=stock.warehouse)
    assert (open_order_reservations().count(), unexplained_reservations().count()) == (1, 0)

    type(order).objects.filter(pk=order.pk).update(status="cancelled")

    assert (open_order_reservations().count(), unexplained_reservations().count()) == (0, 1)
    assert "reservation_explained" in {violation.rule for violation in verify_ledger()}
