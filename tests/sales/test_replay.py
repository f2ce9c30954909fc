from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.exceptions import DuplicateCode
from inventory.exceptions import InsufficientStock
from inventory.models import StockMovement
from notifications.models import OutboxMessage
from operations.ledger_verification import verify_ledger
from sales.models import Fulfilment, FulfilmentItem, SalesOrder, SalesOrderItem
from sales.services.replay import PastOrder, replay_sales_orders
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.sales import order_line
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
LONG_AGO = datetime(2010, 12, 1, 8, 26, tzinfo=UTC)


def past(number, warehouse, *lines, **rest):
    order = SalesOrder(order_number=number, warehouse=warehouse, order_date=LONG_AGO)
    return PastOrder(order, [order_line(*line) for line in lines], **rest)


def test_past_orders_leave_at_their_own_dates_quietly():
    variation, warehouse = VariationFactory(reorder_level=100), WarehouseFactory()
    stock = put_in_stock(variation, warehouse, 10)
    OutboxMessage.objects.all().delete()
    user = UserFactory()

    orders = replay_sales_orders(
        orders=[
            past("536365", warehouse, (variation, 6, "2.55"), (variation, 1, "3.00")),
            past("C536379", warehouse, (variation, 2), is_cancelled=True),
            past("536366", warehouse, (variation, 3)),
        ],
        acting_user=user,
    )

    assert [(order.order_number, order.status) for order in orders] == [
        ("536365", "fulfilled"), ("C536379", "cancelled"), ("536366", "fulfilled"),
    ]  # fmt: skip
    saved = SalesOrder.objects.get(order_number="536365")
    assert (saved.total_amount, saved.order_date) == (Decimal("18.30"), LONG_AGO)
    assert [
        (i.position, i.quantity, i.quantity_fulfilled, i.line_total) for i in saved.items.all()
    ] == [(1, 6, 6, Decimal("15.30")), (2, 1, 1, Decimal("3.00"))]
    fulfilment = saved.fulfilments.get()
    assert (fulfilment.occurred_at, fulfilment.fulfilled_by) == (LONG_AGO, user)
    assert [(i.quantity, i.unit_cost) for i in fulfilment.items.all()] == [(6, 4), (1, 4)]
    assert list(
        StockMovement.objects.filter(movement_type="outbound")
        .order_by("pk")
        .values_list("reference_code", "quantity", "occurred_at")
    ) == [("536365", -6, LONG_AGO), ("536365", -1, LONG_AGO), ("536366", -3, LONG_AGO)]
    stock.refresh_from_db()
    assert (stock.on_hand, stock.reserved) == (0, 0)
    assert OutboxMessage.objects.count() == 0
    assert verify_ledger() == []


@pytest.mark.parametrize("refused", ["short", "taken"])
def test_batch_is_saved_whole_or_not_at_all(refused):
    variation, warehouse = VariationFactory(), WarehouseFactory()
    put_in_stock(variation, warehouse, 5)
    second = past("B", warehouse, (variation, 9)) if refused == "short" else past("A", warehouse)

    expected = InsufficientStock if refused == "short" else DuplicateCode
    with pytest.raises(expected, match="Less is available" if refused == "short" else '"A" is'):
        replay_sales_orders(orders=[past("A", warehouse, (variation, 1)), second], acting_user=None)

    assert SalesOrder.objects.count() == SalesOrderItem.objects.count() == 0
    assert Fulfilment.objects.count() == FulfilmentItem.objects.count() == 0
    assert not StockMovement.objects.filter(movement_type="outbound").exists()


@pytest.mark.parametrize(("orders", "lines"), [(1, 5), (1, 500), (20, 25)])
def test_statements_are_seven_for_any_number_of_orders_and_lines(orders, lines):
    warehouse = WarehouseFactory()
    variations = VariationFactory.create_batch(lines)
    for variation in variations:
        put_in_stock(variation, warehouse, 100)
    batch = [
        past(f"ORDER-{number}", warehouse, *[(variation, 2) for variation in variations])
        for number in range(orders)
    ]

    with CaptureQueriesContext(connection) as queries:
        replay_sales_orders(orders=batch, acting_user=None)

    # A savepoint for the batch (2), orders, items, lock, posting, fulfilments.
    assert len(queries) == 7
    assert verify_ledger() == []
