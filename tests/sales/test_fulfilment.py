from datetime import UTC, datetime
from decimal import Decimal

import pytest

from common.exceptions import InvalidInput, WrongState
from inventory.exceptions import InsufficientStock
from inventory.models import StockMovement
from operations.ledger_verification import verify_ledger
from sales.exceptions import QuantityExceeded
from sales.models import Fulfilment
from sales.services.cancellation import cancel_sales_order
from sales.services.fulfilment import fulfil_sales_order
from sales.services.line_choice import LineRequest
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.sales import take_order
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db


def figures(stock):
    stock.refresh_from_db()
    return stock.on_hand, stock.reserved


def line(number, quantity):
    return LineRequest("line", str(number), Decimal(quantity))


def test_whole_order_leaves_with_one_movement_a_line():
    user, when = UserFactory(), datetime(2025, 3, 1, 9, tzinfo=UTC)
    stock = put_in_stock(quantity=10, occurred_at=when)
    other = put_in_stock(warehouse=stock.warehouse, quantity=3, occurred_at=when)
    order = take_order((stock.variation, 4), (other.variation, 3), warehouse=stock.warehouse)

    fulfilment = fulfil_sales_order(order=order, occurred_at=when, acting_user=user)

    order.refresh_from_db()
    assert order.status == "fulfilled"
    assert (figures(stock), figures(other)) == ((6, 0), (0, 0))
    movements = StockMovement.objects.filter(reference_code=order.order_number).order_by("pk")
    assert [
        (m.quantity, m.movement_type, m.reason_code, m.reference_type, m.occurred_at, m.unit_cost)
        for m in movements
    ] == [
        (-4, "outbound", "sale", "sales_order", when, 4),
        (-3, "outbound", "sale", "sales_order", when, 4),
    ]
    assert {m.processed_by for m in movements} == {user}
    assert (fulfilment.order, fulfilment.occurred_at) == (order, when)
    assert [(i.quantity, i.unit_cost) for i in fulfilment.items.all()] == [(4, 4), (3, 4)]
    assert verify_ledger() == []


def test_partial_deliveries_lead_to_a_fulfilled_order():
    stock = put_in_stock(quantity=10)
    order = take_order((stock.variation, 6), warehouse=stock.warehouse)

    fulfil_sales_order(order=order, lines=[line(1, 2)], acting_user=None)
    order.refresh_from_db()
    assert order.status == "partially_fulfilled"
    assert figures(stock) == (8, 4)

    fulfil_sales_order(order=order, lines=[line(1, 4)], acting_user=None)
    order.refresh_from_db()
    assert order.status == "fulfilled"
    assert figures(stock) == (4, 0)
    assert Fulfilment.objects.filter(order=order).count() == 2
    assert verify_ledger() == []


def test_open_rest_of_a_partial_delivery_can_be_cancelled():
    stock = put_in_stock(quantity=10)
    order = take_order((stock.variation, 6), warehouse=stock.warehouse)
    fulfil_sales_order(order=order, lines=[line(1, 2)], acting_user=None)

    cancel_sales_order(order=order, acting_user=None)

    assert figures(stock) == (8, 0)
    assert order.items.get().quantity_fulfilled == 2
    with pytest.raises(WrongState, match="cannot become fulfilled"):
        fulfil_sales_order(order=order, acting_user=None)
    assert figures(stock) == (8, 0)
    assert verify_ledger() == []


def test_delivery_takes_its_own_reservation_first_and_never_that_of_others():
    stock = put_in_stock(quantity=10)
    first = take_order((stock.variation, 7), warehouse=stock.warehouse)
    second = take_order((stock.variation, 5), warehouse=stock.warehouse)

    with pytest.raises(InsufficientStock) as refusal:
        fulfil_sales_order(order=second, acting_user=None)
    assert refusal.value.details["lines"][0]["available"] == 3
    assert figures(stock) == (10, 10)

    fulfil_sales_order(order=first, acting_user=None)
    assert figures(stock) == (3, 3)


@pytest.mark.parametrize("short", [[17], [3, 17, 50]])
def test_fifty_lines_of_which_some_are_short_change_nothing(short):
    warehouse = WarehouseFactory()
    variations = VariationFactory.create_batch(50)
    for number, variation in enumerate(variations, 1):
        put_in_stock(variation, warehouse, 2 if number in short else 5)
    order = take_order(*[(variation, 5) for variation in variations], warehouse=warehouse)
    before = StockMovement.objects.count()

    with pytest.raises(InsufficientStock) as refusal:
        fulfil_sales_order(order=order, acting_user=None)

    assert refusal.value.details == {
        "lines": [
            {
                "line": number,
                "sku": variations[number - 1].sku_code,
                "warehouse": warehouse.code,
                "requested": 5,
                "available": 2,
            }
            for number in short
        ]
    }
    order.refresh_from_db()
    assert order.status == "pending"
    assert set(order.items.values_list("quantity_fulfilled", flat=True)) == {0}
    assert StockMovement.objects.count() == before
    assert Fulfilment.objects.count() == 0
    assert verify_ledger() == []


def test_what_was_never_in_stock_is_short():
    order = take_order((VariationFactory(), 5))

    with pytest.raises(InsufficientStock) as refusal:
        fulfil_sales_order(order=order, acting_user=None)

    assert [(s["line"], s["available"]) for s in refusal.value.details["lines"]] == [(1, 0)]


def test_requests_name_lines_of_the_order_once_and_within_what_is_outstanding():
    stock = put_in_stock(quantity=20)
    twice = put_in_stock(warehouse=stock.warehouse, quantity=20)
    order = take_order(
        (stock.variation, 6), (twice.variation, 1), (twice.variation, 1), warehouse=stock.warehouse
    )
    sku = LineRequest("sku", twice.variation.sku_code.lower(), Decimal(1))

    with pytest.raises(InvalidInput) as unknown:
        fulfil_sales_order(
            order=order, lines=[line(9, 1), sku, line(1, 1), line(1, 2)], acting_user=None
        )
    with pytest.raises(QuantityExceeded) as exceeded:
        fulfil_sales_order(order=order, lines=[line(2, 1), line(1, "6.001")], acting_user=None)

    assert unknown.value.details == {
        "items.0.line": [f'{order.order_number} has no line for "9".'],
        "items.1.sku": ["Lines 2, 3 are for this. Name one of them by `line`."],
        "items.3.line": ["Line 1 is named twice. Name each line once."],
    }
    assert exceeded.value.details == {
        "items.1.quantity": ["6 of line 1 are outstanding. Send at most that."]
    }
    assert figures(stock) == (20, 6)
