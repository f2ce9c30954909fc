from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from common.exceptions import DuplicateCode, WrongState
from inventory.models import StockReservation
from notifications.models import OutboxMessage
from operations.ledger_verification import verify_ledger
from sales.models import SalesOrder, SalesOrderItem
from sales.services.cancellation import cancel_sales_order
from sales.services.fulfilment import fulfil_sales_order
from sales.services.orders import change_sales_order
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.sales import order_line, take_order
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db


def figures(stock):
    stock.refresh_from_db()
    return stock.on_hand, stock.reserved


def reserved(order):
    items = SalesOrderItem.objects.with_reserved().filter(order=order)
    return list(items.values_list("quantity_reserved", flat=True))


def test_order_reserves_what_is_available_and_back_orders_the_rest():
    plenty = put_in_stock(quantity=10)
    scarce = put_in_stock(warehouse=plenty.warehouse, quantity=2)
    absent = VariationFactory()
    user = UserFactory()

    order = take_order(
        (plenty.variation, 4),
        (scarce.variation, 5),
        (absent, "1.5"),
        warehouse=plenty.warehouse,
        acting_user=user,
    )

    assert reserved(order) == [4, 2, 0]
    assert figures(plenty) == (10, 4)
    assert figures(scarce) == (2, 2)
    order.refresh_from_db()
    assert (order.status, order.created_by) == ("pending", user)
    assert order.total_amount == Decimal("39.96") + Decimal("49.95") + Decimal("14.99")
    assert sum(order.items.values_list("line_total", flat=True)) == order.total_amount
    assert verify_ledger() == []


def test_orders_are_numbered_and_a_number_is_taken_once():
    stock = put_in_stock()
    made = take_order((stock.variation, 1), warehouse=stock.warehouse)
    take_order((stock.variation, 1), warehouse=stock.warehouse, order_number="SO-77")

    with pytest.raises(DuplicateCode) as refusal:
        take_order((stock.variation, 1), warehouse=stock.warehouse, order_number="SO-77")

    assert made.order_number.startswith(f"SO-{datetime.now(UTC):%Y}-")
    assert "SO-77" in refusal.value.details["order_number"][0]
    assert SalesOrder.objects.count() == 2
    assert figures(stock) == (10, 2)


def test_two_lines_of_one_variation_share_what_there_is():
    stock = put_in_stock(quantity=5)

    order = take_order((stock.variation, 4), (stock.variation, 4), warehouse=stock.warehouse)

    assert reserved(order) == [4, 1]


def test_cancelled_order_releases_what_it_reserved():
    stock = put_in_stock(quantity=5)
    order = take_order((stock.variation, 9), warehouse=stock.warehouse)

    cancelled = cancel_sales_order(order=order, acting_user=None)

    assert cancelled.status == "cancelled"
    assert reserved(order) == [0]
    assert figures(stock) == (5, 0)
    with pytest.raises(WrongState, match="cannot change its status any more"):
        cancel_sales_order(order=order, acting_user=None)
    assert verify_ledger() == []


def test_new_lines_replace_old_ones_and_their_reservations():
    stock = put_in_stock(quantity=10)
    other = put_in_stock(warehouse=stock.warehouse, quantity=3)
    order = take_order((stock.variation, 8), warehouse=stock.warehouse)

    changed = change_sales_order(
        order=order,
        changes={"notes": "by phone"},
        lines=[order_line(other.variation, 5), order_line(stock.variation, 2, "1.00")],
        acting_user=None,
    )

    assert (changed.notes, changed.total_amount) == ("by phone", Decimal("51.95"))
    assert reserved(order) == [3, 2]
    assert figures(stock) == (10, 2)
    assert figures(other) == (3, 3)
    assert StockReservation.objects.filter(quantity__gt=0).count() == 2
    assert verify_ledger() == []


def test_fewer_ordered_leaves_goods_to_who_waits():
    stock = put_in_stock(quantity=10)
    first = take_order((stock.variation, 10), warehouse=stock.warehouse)
    second = take_order((stock.variation, 3), warehouse=stock.warehouse)

    change_sales_order(
        order=first, changes={}, lines=[order_line(stock.variation, 8)], acting_user=None
    )

    assert (reserved(first), reserved(second)) == ([8], [2])


def test_lines_of_a_delivered_order_stay():
    stock = put_in_stock(quantity=10)
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)
    fulfil_sales_order(order=order, acting_user=None)

    with pytest.raises(WrongState) as refusal:
        change_sales_order(
            order=order,
            changes={"currency": "EUR", "notes": "x"},
            lines=[order_line(stock.variation, 1)],
            acting_user=None,
        )

    assert set(refusal.value.details) == {"items", "currency"}
    order.refresh_from_db()
    assert (order.currency, order.notes) == ("USD", "")
    assert [item.quantity for item in order.items.all()] == [4]


def test_order_that_makes_stock_low_raises_an_event():
    variation = VariationFactory(reorder_level=5)
    stock = put_in_stock(variation, quantity=10)
    OutboxMessage.objects.all().delete()

    take_order((variation, 6), warehouse=stock.warehouse)

    assert [m.payload for m in OutboxMessage.objects.all()] == [{"stock_ids": [stock.pk]}]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", 0),
        ("quantity_fulfilled", 5),
        ("quantity_fulfilled", -1),
        ("quantity_returned", 1),
        ("sale_price_per_unit", -1),
    ],
)
def test_database_refuses_impossible_lines(field, value):
    order = take_order((VariationFactory(), 4))

    with pytest.raises(IntegrityError), transaction.atomic():
        order.items.update(**{field: value})

    assert order.items.get().quantity == 4


def statements(number_of_lines, act):
    """Count the statements of an act on an order of so many lines, all of them in stock."""
    warehouse = WarehouseFactory()
    variations = VariationFactory.create_batch(number_of_lines)
    for variation in variations:
        put_in_stock(variation, warehouse, 5)
    with CaptureQueriesContext(connection) as queries:
        order = take_order(*[(v, 2) for v in variations], warehouse=warehouse)
    taken = len(queries)
    with CaptureQueriesContext(connection) as queries:
        act(order, variations)
    return taken, len(queries)


def replace_lines(order, variations):
    lines = [order_line(variation, 1) for variation in variations]
    change_sales_order(order=order, changes={}, lines=lines, acting_user=None)


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda order, _: fulfil_sales_order(order=order, acting_user=None), (10, 9)),
        (lambda order, _: cancel_sales_order(order=order, acting_user=None), (10, 11)),
        (replace_lines, (10, 12)),
    ],
    ids=["fulfil", "cancel", "replace"],
)
def test_statements_are_as_many_for_five_hundred_lines_as_for_five(act, expected):
    assert statements(5, act) == expected
    assert statements(500, act) == expected
