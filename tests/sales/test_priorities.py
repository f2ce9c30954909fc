"""The most urgent back-orders are served first, and of these the oldest."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from common.exceptions import WrongState
from operations.ledger_verification import verify_ledger
from sales.models import SalesOrder
from sales.services.cancellation import cancel_sales_order
from sales.services.orders import change_sales_order
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.sales import figures, reserved, take_order
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
ORDERS = "/api/sales-orders/"
Priority = SalesOrder.Priority


def test_urgent_orders_are_served_before_older_ones_and_equal_ones_by_age():
    variation, warehouse = VariationFactory(), WarehouseFactory()
    low, normal, urgent, older_urgent = (
        take_order(
            (variation, 4),
            warehouse=warehouse,
            priority=priority,
            order_date=datetime(2026, 1, day, tzinfo=UTC),
        )
        for priority, day in (
            (Priority.LOW, 1), (Priority.NORMAL, 2), (Priority.URGENT, 4), (Priority.URGENT, 3),
        )
    )  # fmt: skip

    put_in_stock(variation, warehouse, 6)
    assert reserved(older_urgent, urgent, normal, low) == [4, 2, 0, 0]

    put_in_stock(variation, warehouse, 7)
    assert reserved(older_urgent, urgent, normal, low) == [4, 4, 4, 1]
    assert verify_ledger() == []


def test_raising_a_priority_takes_nothing_and_counts_from_the_next_goods_on():
    stock = put_in_stock(quantity=4)
    holding, first, second = (
        take_order((stock.variation, 4), warehouse=stock.warehouse) for _ in range(3)
    )

    change_sales_order(order=second, changes={"priority": Priority.HIGH}, acting_user=None)
    assert reserved(holding, first, second) == [4, 0, 0]

    put_in_stock(stock.variation, stock.warehouse, 5)
    assert reserved(holding, first, second) == [4, 1, 4]
    assert verify_ledger() == []


@pytest.mark.parametrize("role", ["admin", "manager", "sales"])
def test_who_manages_orders_sets_priorities(api, stock, role):
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)

    answer = api(role, stock.warehouse).patch(
        f"{ORDERS}{order.order_number}/", {"priority": "Urgent"}
    )

    assert (answer.status_code, answer.json()["priority"]) == (200, "urgent")
    assert answer.json()["updated_fields"] == ["priority"]
    assert figures(stock) == (10, 4)


def test_an_unknown_priority_is_refused_with_those_that_there_are(manager, stock):
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)

    answer = manager.patch(f"{ORDERS}{order.order_number}/", {"priority": "asap"})

    assert (answer.status_code, answer.json()["details"]) == (
        400,
        {"priority": ['"asap" is not a valid choice. Use low, normal, high, urgent.']},
    )


def test_closed_orders_keep_their_priority(manager, stock):
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)
    cancel_sales_order(order=order, acting_user=None)

    answer = manager.patch(f"{ORDERS}{order.order_number}/", {"priority": "low"})

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert (
        manager.patch(f"{ORDERS}{order.order_number}/", {"priority": "normal"}).status_code == 200
    )
    order.refresh_from_db()
    assert order.priority == Priority.NORMAL


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("?priority=urgent", ["C"]),
        ("?priority=Normal", ["A"]),
        ("?ordering=-priority", ["C", "A", "B"]),
        ("?ordering=priority", ["B", "A", "C"]),
    ],
)
def test_lists_are_filtered_and_ordered_by_priority(manager, stock, query, numbers):
    for number, priority in (("A", 2), ("B", 1), ("C", 4)):
        take_order(
            (stock.variation, 1), warehouse=stock.warehouse, order_number=number, priority=priority
        )

    rows = manager.get(f"{ORDERS}{query}").json()["sales_orders"]

    assert [row["order_number"] for row in rows] == numbers


def test_unknown_priority_in_a_filter_is_named(manager):
    answer = manager.get(f"{ORDERS}?priority=2")

    assert (answer.status_code, list(answer.json()["details"])) == (400, ["priority"])


def test_new_lines_of_an_urgent_order_wait_with_its_priority():
    stock = put_in_stock(quantity=2)
    waiting = take_order((stock.variation, 4), warehouse=stock.warehouse)
    urgent = take_order((stock.variation, 3), warehouse=stock.warehouse, priority=Priority.URGENT)

    put_in_stock(stock.variation, stock.warehouse, 1)

    assert reserved(waiting, urgent) == [2, 1]
    with pytest.raises(WrongState):
        cancel_sales_order(
            order=cancel_sales_order(order=waiting, acting_user=None), acting_user=None
        )
    assert reserved(urgent) == [3]
    stock.refresh_from_db()
    assert (stock.on_hand, stock.reserved) == (3, Decimal(3))
