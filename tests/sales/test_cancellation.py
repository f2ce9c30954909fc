"""What is outstanding is cancelled, wholly or in part; what left stays."""

from decimal import Decimal
from importlib import import_module

import pytest
from django.db import IntegrityError, connection, transaction

from common.exceptions import WrongState
from inventory.models import StockMovement
from inventory.services.thresholds import create_threshold
from inventory.signals import STOCK_LEVELS_CHANGED
from notifications.models import OutboxMessage
from operations.ledger_verification import verify_ledger
from sales.exceptions import QuantityExceeded
from sales.models import SalesOrder
from sales.services.cancellation import cancel_sales_order
from sales.services.fulfilment import fulfil_sales_order
from sales.services.line_choice import LineRequest
from tests.factories.sales import figures, reserved, take_order

pytestmark = pytest.mark.django_db
ORDERS = "/api/sales-orders/"


def line(number, quantity):
    return LineRequest("line", str(number), Decimal(quantity))


@pytest.fixture
def order(stock):
    """An order of 6 and of 2 of the same goods, of which there are 10."""
    return take_order((stock.variation, 6), (stock.variation, 2), warehouse=stock.warehouse)


def quantities(order):
    return list(order.items.values_list("quantity", "quantity_fulfilled", "quantity_cancelled"))


def test_part_of_a_line_is_cancelled_and_released_and_the_rest_stays_wanted(order, stock):
    cancelled = cancel_sales_order(order=order, lines=[line(1, 2)], acting_user=None)

    assert cancelled.status == "pending"
    assert quantities(order) == [(6, 0, 2), (2, 0, 0)]
    assert cancelled.total_amount == Decimal("59.94")
    assert sum(order.items.values_list("line_total", flat=True)) == Decimal("59.94")
    assert figures(stock) == (10, 6)
    fulfil_sales_order(order=order, acting_user=None)
    assert quantities(order) == [(6, 4, 2), (2, 2, 0)]
    assert figures(stock) == (4, 0)
    assert verify_ledger() == []


def test_scarce_goods_that_are_free_again_are_told_to_the_alerts(order, stock):
    create_threshold(variation=stock.variation, warehouse=stock.warehouse, threshold=Decimal(5))
    OutboxMessage.objects.all().delete()

    cancel_sales_order(order=order, acting_user=None)

    assert OutboxMessage.objects.get(topic=STOCK_LEVELS_CHANGED).payload == {
        "stock_ids": [stock.pk]
    }
    assert figures(stock) == (10, 0)


def test_rest_of_a_partial_delivery_is_cancelled_and_the_order_closed_short(order, stock):
    fulfil_sales_order(order=order, lines=[line(1, 5)], acting_user=None)

    cancelled = cancel_sales_order(order=order, acting_user=None)

    assert cancelled.status == "fulfilled"
    assert quantities(order) == [(6, 5, 1), (2, 0, 2)]
    assert cancelled.total_amount == Decimal("49.95")
    assert figures(stock) == (5, 0)
    for again in (fulfil_sales_order, cancel_sales_order):
        with pytest.raises(WrongState, match="cannot change its status any more"):
            again(order=order, acting_user=None)
    assert StockMovement.objects.filter(movement_type="outbound").count() == 1
    assert verify_ledger() == []


@pytest.mark.parametrize(("delivered", "status"), [([], "cancelled"), ([line(2, 1)], "fulfilled")])
def test_order_closes_when_its_last_outstanding_quantity_is_cancelled(order, delivered, status):
    if delivered:
        fulfil_sales_order(order=order, lines=delivered, acting_user=None)
    cancel_sales_order(order=order, lines=[line(1, 6)], acting_user=None)

    closed = cancel_sales_order(
        order=order, lines=[line(2, 1 if delivered else 2)], acting_user=None
    )

    assert closed.status == status
    assert verify_ledger() == []


def test_more_than_is_outstanding_is_refused_and_nothing_is_cancelled(order, stock):
    fulfil_sales_order(order=order, lines=[line(1, 5)], acting_user=None)

    with pytest.raises(QuantityExceeded) as refusal:
        cancel_sales_order(order=order, lines=[line(2, 1), line(1, 2)], acting_user=None)

    assert refusal.value.details == {
        "items.1.quantity": ["1 of line 1 are outstanding. Send at most that."]
    }
    assert quantities(order) == [(6, 5, 0), (2, 0, 0)]
    assert figures(stock) == (5, 3)


def test_what_is_released_goes_to_who_waits(order, stock):
    waiting = take_order((stock.variation, 5), warehouse=stock.warehouse)
    assert reserved(waiting) == [2]

    cancel_sales_order(order=order, lines=[line(1, 2)], acting_user=None)

    assert reserved(waiting) == [4]
    assert figures(stock) == (10, 10)


def test_cancelling_what_is_back_ordered_releases_nothing(stock):
    order = take_order((stock.variation, 14), warehouse=stock.warehouse)

    cancel_sales_order(order=order, lines=[line(1, 4)], acting_user=None)

    assert reserved(order) == [10]
    assert figures(stock) == (10, 10)


def test_lines_do_not_change_any_more_once_something_left(order, manager, stock):
    fulfil_sales_order(order=order, lines=[line(1, 5)], acting_user=None)
    path = f"{ORDERS}{order.order_number}/"

    answer = manager.patch(path, {"status": "cancelled"})

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert "the action `cancel` cancels what is outstanding" in answer.json()["message"]
    assert figures(stock) == (5, 3)
    closed = manager.post(f"{path}cancel/").json()
    assert (closed["status"], closed["allowed_actions"]) == ("fulfilled", ["return"])


def test_quantities_are_cancelled_over_http(order, manager, stock):
    path = f"{ORDERS}{order.order_number}/cancel/"

    answer = manager.post(path, {"items": [{"line": 2, "quantity": 2}, {"line": 1, "quantity": 1}]})

    body = answer.json()
    assert (answer.status_code, body["status"], body["total_amount"]) == (200, "pending", 49.95)
    assert [item["quantity_cancelled"] for item in body["items"]] == [1, 2]
    assert [item["quantity_backordered"] for item in body["items"]] == [0, 0]
    assert figures(stock) == (10, 5)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"items": []}, "items"),
        ({"items": [{"quantity": 1}]}, "items.0.line"),
        ({"items": [{"line": 1, "quantity": 0}]}, "items.0.quantity"),
        ({"items": [{"line": 1, "quantity": -2}]}, "items.0.quantity"),
        ({"items": [{"line": 3, "quantity": 1}]}, "items.0.line"),
        ({"items": [{"line": 1, "quantity": 1}, {"line": 1, "quantity": 1}]}, "items.1.line"),
    ],
)
def test_bad_cancellations_are_refused(order, manager, stock, body, field):
    answer = manager.post(f"{ORDERS}{order.order_number}/cancel/", body)

    assert (answer.status_code, list(answer.json()["details"])) == (400, [field])
    assert quantities(order) == [(6, 0, 0), (2, 0, 0)]
    assert figures(stock) == (10, 8)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity_cancelled", 7),
        ("quantity_cancelled", -1),
        ("discount_percent", Decimal("100.01")),
        ("discount_percent", -1),
    ],
)
def test_database_refuses_impossible_lines(order, field, value):
    with pytest.raises(IntegrityError), transaction.atomic():
        order.items.filter(position=1).update(**{field: value})


def test_orders_cancelled_before_quantities_were_kept_are_told_apart(stock):
    never_left, closed_short = (
        take_order((stock.variation, 4), warehouse=stock.warehouse) for _ in range(2)
    )
    fulfil_sales_order(order=closed_short, lines=[line(1, 1)], acting_user=None)
    SalesOrder.objects.update(status="cancelled")

    with connection.cursor() as cursor:
        cursor.execute(import_module("sales.migrations.0005_cancelled_quantities").CANCELLED)

    found = SalesOrder.objects.order_by("pk").values_list("pk", "status", "total_amount")
    assert list(found) == [
        (never_left.pk, "cancelled", 0), (closed_short.pk, "fulfilled", Decimal("9.99")),
    ]  # fmt: skip
    assert (quantities(never_left), quantities(closed_short)) == ([(4, 0, 4)], [(4, 1, 3)])
