from decimal import Decimal

import pytest

from common.exceptions import InvalidInput
from inventory.models import StockMovement
from inventory.services.thresholds import create_threshold
from inventory.signals import STOCK_LEVELS_CHANGED
from notifications.models import OutboxMessage
from operations.ledger_verification import verify_ledger
from sales.exceptions import QuantityExceeded
from sales.models import SalesReturn
from sales.services.fulfilment import fulfil_sales_order
from sales.services.line_choice import LineRequest
from sales.services.returns import return_goods
from tests.factories.inventory import put_in_stock
from tests.factories.sales import take_order

pytestmark = pytest.mark.django_db


def back(quantity, reason="unwanted", disposition="", number=1):
    return LineRequest("line", str(number), Decimal(quantity), reason, disposition)


@pytest.fixture
def delivered():
    """An order of which 6 left at 4.00 and 2 at 6.00: 4.50 on average."""
    stock = put_in_stock(quantity=6)
    order = take_order((stock.variation, 8), warehouse=stock.warehouse)
    fulfil_sales_order(order=order, lines=[back(6)], acting_user=None)
    put_in_stock(stock.variation, stock.warehouse, 2)
    stock.refresh_from_db()
    type(stock).objects.filter(pk=stock.pk).update(average_cost=6)
    fulfil_sales_order(order=order, acting_user=None)
    return order, stock


def test_goods_come_back_to_stock_at_the_cost_they_left_at(delivered):
    order, stock = delivered

    returned = return_goods(order=order, lines=[back(3)], acting_user=None)

    stock.refresh_from_db()
    assert (stock.on_hand, stock.average_cost) == (3, Decimal("4.5"))
    movement = StockMovement.objects.latest("pk")
    assert (movement.movement_type, movement.quantity, movement.unit_cost) == (
        "inbound", 3, Decimal("4.5"),
    )  # fmt: skip
    assert (movement.reference_type, movement.reference_code, movement.reason_code) == (
        "sales_return", returned.return_number, "return",
    )  # fmt: skip
    assert order.items.get().quantity_returned == 3
    assert verify_ledger() == []


@pytest.mark.parametrize(
    ("reason", "told", "on_hand"),
    [
        ("unwanted", "", 1),
        ("wrong_item", "", 1),
        ("damaged", "", 0),
        ("defective", "", 0),
        ("damaged", "stock", 1),
        ("unwanted", "scrap", 0),
    ],
)
def test_reason_decides_between_stock_and_scrap_unless_told(delivered, reason, told, on_hand):
    order, stock = delivered

    return_goods(order=order, lines=[back(1, reason, told)], acting_user=None)

    stock.refresh_from_db()
    assert stock.on_hand == on_hand
    assert order.items.get().quantity_returned == 1


def test_no_more_comes_back_than_left(delivered):
    order, stock = delivered
    return_goods(order=order, lines=[back(5)], acting_user=None)

    with pytest.raises(QuantityExceeded) as refusal:
        return_goods(order=order, lines=[back("3.001")], acting_user=None)

    assert refusal.value.details == {
        "items.0.quantity": ["3 of line 1 can come back. Send at most that."]
    }
    stock.refresh_from_db()
    assert stock.on_hand == 5
    assert SalesReturn.objects.count() == 1


def test_goods_that_left_without_a_lot_come_back_without_one(delivered):
    order, stock = delivered
    request = LineRequest("line", "1", Decimal(1), "unwanted", lot_number="L-1")

    with pytest.raises(InvalidInput) as refusal:
        return_goods(order=order, lines=[request], acting_user=None)

    assert refusal.value.details == {
        "items.0.lot_number": ["No lots of these goods left for this order. Leave L-1 out."]
    }
    stock.refresh_from_db()
    assert (stock.on_hand, SalesReturn.objects.count()) == (0, 0)


def test_scarce_goods_that_come_back_are_told_to_the_alerts(delivered):
    order, stock = delivered
    create_threshold(variation=stock.variation, warehouse=stock.warehouse, threshold=Decimal(5))
    OutboxMessage.objects.all().delete()

    return_goods(order=order, lines=[back(3)], acting_user=None)

    event = OutboxMessage.objects.get(topic=STOCK_LEVELS_CHANGED)
    assert event.payload == {"stock_ids": [stock.pk]}


def test_returned_goods_go_to_who_waits(delivered):
    order, stock = delivered
    waiting = take_order((stock.variation, 2), warehouse=stock.warehouse)

    return_goods(order=order, lines=[back(3)], acting_user=None)

    stock.refresh_from_db()
    assert (stock.on_hand, stock.reserved) == (3, 2)
    fulfil_sales_order(order=waiting, acting_user=None)
    assert verify_ledger() == []
