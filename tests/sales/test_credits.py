"""What customers get back for what they return, and what is left of orders."""

from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.exceptions import WrongState
from sales.models import SalesOrder, SalesReturn, SalesReturnItem
from sales.queries import DemandDay, net_demand
from sales.services.cancellation import cancel_sales_order
from sales.services.fulfilment import fulfil_sales_order
from sales.services.line_choice import LineRequest
from sales.services.order_rows import OrderLine
from sales.services.orders import create_sales_order
from sales.services.returns import return_goods
from tests.factories.sales import figures, take_order
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
ORDERS, RETURNS = "/api/sales-orders/", "/api/sales-returns/"


def back(quantity, reason="unwanted", disposition="", number=1):
    return LineRequest("line", str(number), Decimal(quantity), reason, disposition)


def sold(stock, quantity, price, discount="0", **fields):
    """Return a delivered order of one line."""
    order = create_sales_order(
        order=SalesOrder(warehouse=stock.warehouse, **fields),
        lines=[OrderLine(stock.variation_id, Decimal(quantity), Decimal(price), Decimal(discount))],
        acting_user=None,
    )
    fulfil_sales_order(order=order, acting_user=None)
    return order


@pytest.mark.parametrize(
    ("quantity", "price", "discount", "fee", "credit"),
    [
        ("3", "9.99", "0", "0", "29.97"),
        ("3", "9.99", "33.33", "0", "19.98"),
        ("3", "9.99", "33.33", "15", "16.98"),
        ("0.5", "0.05", "0", "0", "0.03"),
        ("2", "10", "100", "10", "0.00"),
        ("2", "10", "0", "100", "0.00"),
    ],
)
def test_credit_is_what_was_paid_less_the_fee(stock, quantity, price, discount, fee, credit):
    order = sold(stock, quantity, price, discount)

    returned = return_goods(
        order=order, lines=[back(quantity)], restocking_fee_percent=Decimal(fee), acting_user=None
    )

    assert returned.items.get().credit_amount == Decimal(credit)
    assert returned.credit_amount == Decimal(credit)
    assert order.items.get().credited_amount == Decimal(credit)


def test_credits_of_parts_add_up_to_what_was_paid(stock):
    order = sold(stock, 7, "0.99", "33.33")
    assert order.items.get().line_total == Decimal("4.62")

    for _ in range(5):
        return_goods(order=order, lines=[back(1)], acting_user=None)
    last = return_goods(
        order=order, lines=[back(1), back(1, "unwanted", "scrap")][:1], acting_user=None
    )
    rest = return_goods(order=order, lines=[back(1)], acting_user=None)

    credits = [row.credit_amount for row in SalesReturn.objects.order_by("pk")]
    assert sum(credits) == Decimal("4.62")
    assert set(credits) == {Decimal("0.66")}
    assert (last.credit_amount, rest.credit_amount) == (Decimal("0.66"), Decimal("0.66"))


def test_thirds_of_a_cent_are_shared_out_over_the_parts(stock):
    order = sold(stock, 3, "0.35", "1")
    assert order.items.get().line_total == Decimal("1.04")

    for _ in range(3):
        return_goods(order=order, lines=[back(1)], acting_user=None)

    credits = [row.credit_amount for row in SalesReturn.objects.order_by("pk")]
    assert credits == [Decimal("0.35"), Decimal("0.34"), Decimal("0.35")]


def test_order_shows_what_is_left_of_it(manager, stock):
    order = sold(stock, 4, "10", "25")
    body = {
        "order_number": order.order_number,
        "restocking_fee_percent": 10,
        "items": [{"line": 1, "quantity": 1, "reason": "unwanted"}],
    }

    made = manager.post(RETURNS, body).json()

    assert (made["credit_amount"], made["restocking_fee_percent"], made["currency"]) == (
        6.75, 10, "USD",
    )  # fmt: skip
    shown = manager.get(f"{ORDERS}{order.order_number}/").json()
    totals = [shown[name] for name in ("total_amount", "credited_amount", "net_amount")]
    assert totals == [30, 6.75, 23.25]
    item = shown["items"][0]
    counts = [item[f"quantity_{name}"] for name in ("fulfilled", "returned", "net")]
    assert counts == [4, 1, 3]
    assert (item["line_total"], item["credited_amount"]) == (30, 6.75)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"restocking_fee_percent": 100.01}, "restocking_fee_percent"),
        ({"restocking_fee_percent": -1}, "restocking_fee_percent"),
        ({"warehouse": "NOWHERE"}, "warehouse"),
        ({"items": [{"line": 1, "quantity": 1, "reason": "bored"}]}, "items.0.reason"),
        ({"items": [{"line": 1, "quantity": 1}]}, "items.0.reason"),
        ({"items": [{"line": 1, "quantity": 0, "reason": "late"}]}, "items.0.quantity"),
    ],
)
def test_bad_returns_are_refused_by_field(manager, stock, change, field):
    order = sold(stock, 4, "10")
    items = [{"line": 1, "quantity": 1, "reason": "late"}]

    answer = manager.post(RETURNS, {"order_number": order.order_number, "items": items, **change})

    assert (answer.status_code, list(answer.json()["details"])) == (400, [field])
    assert SalesReturn.objects.count() == 0
    assert figures(stock) == (6, 0)


@pytest.mark.parametrize("closed", [False, True])
def test_nothing_comes_back_of_orders_of_which_nothing_left(stock, closed):
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)
    if closed:
        cancel_sales_order(order=order, acting_user=None)

    with pytest.raises(WrongState, match="nothing has left for it that could come back"):
        return_goods(order=order, lines=[back(1)], acting_user=None)

    assert SalesReturn.objects.count() == 0


def test_goods_come_back_of_orders_that_were_closed_short(stock):
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)
    fulfil_sales_order(order=order, lines=[back(3)], acting_user=None)
    cancel_sales_order(order=order, acting_user=None)

    return_goods(order=order, lines=[back(3)], acting_user=None)

    item = order.items.get()
    assert (item.quantity_returned, item.credited_amount) == (3, item.line_total)
    assert figures(stock) == (10, 0)


def test_goods_come_back_to_another_warehouse_of_the_callers(api, stock):
    order = sold(stock, 4, "10")
    there = WarehouseFactory(code="THERE")
    client, stranger = api("staff", stock.warehouse, there), api("staff", stock.warehouse)
    body = {
        "order_number": order.order_number,
        "warehouse": "there",
        "items": [{"line": 1, "quantity": 3, "reason": "late"}],
    }

    refused = stranger.post(RETURNS, body)
    made = client.post(RETURNS, body).json()

    assert (refused.status_code, list(refused.json()["details"])) == (400, ["warehouse"])
    assert made["warehouse"] == "THERE"
    balance = there.stocks.get()
    assert (balance.on_hand, balance.average_cost, figures(stock)) == (3, 4, (6, 0))
    there_alone = api("staff", there).get(RETURNS).json()["sales_returns"]
    assert [row["return_number"] for row in there_alone] == [made["return_number"]]


def test_net_demand_counts_orders_and_returns_on_their_own_days(stock):
    monday, tuesday, friday = (datetime(2026, 3, day, 23, 30, tzinfo=UTC) for day in (2, 3, 6))
    order = sold(stock, 4, "10", "25", order_date=monday)
    sold(stock, 1, "8", order_date=monday, currency="EUR")
    short = take_order((stock.variation, 20), warehouse=stock.warehouse, order_date=tuesday)
    cancel_sales_order(order=short, lines=[back(5)], acting_user=None)
    return_goods(order=order, lines=[back(1)], occurred_at=friday, acting_user=None)

    with CaptureQueriesContext(connection) as queries:
        rows = net_demand(date(2026, 3, 2), date(2026, 3, 6))

    place = (stock.variation_id, stock.warehouse_id)
    assert len(queries) == 1
    assert rows == [
        DemandDay(date(2026, 3, 2), *place, "EUR", 1, 0, 0, 8, 0),
        DemandDay(date(2026, 3, 2), *place, "USD", 4, 0, 0, 30, 0),
        DemandDay(date(2026, 3, 3), *place, "USD", 20, 5, 0, Decimal("149.85"), 0),
        DemandDay(date(2026, 3, 6), *place, "USD", 0, 0, 1, 0, Decimal("7.5")),
    ]
    assert [row.net_quantity for row in rows] == [1, 4, 15, -1]
    assert rows[3].net_amount == Decimal("-7.5")
    assert net_demand(date(2026, 3, 2), date(2026, 3, 6), warehouse_ids=[]) == []
    assert len(net_demand(date(2026, 3, 3), date(2026, 3, 5), variation_ids=[place[0]])) == 1


def test_returns_of_before_are_credited_what_was_paid(stock):
    order = sold(stock, 3, "0.35", "1")
    for _ in range(2):
        return_goods(order=order, lines=[back(1)], acting_user=None)
    scrapped = return_goods(order=order, lines=[back(1, "damaged")], acting_user=None)
    blank = {"credit_amount": 0, "quantity_restocked": 0, "quantity_scrapped": 0}
    SalesReturnItem.objects.update(**blank)
    order.items.update(credited_amount=0)

    with connection.cursor() as cursor:
        cursor.execute(import_module("sales.migrations.0008_return_credits").FILL)

    rows = SalesReturnItem.objects.order_by("pk").values_list(*blank)
    assert list(rows) == [
        (Decimal("0.35"), 1, 0), (Decimal("0.34"), 1, 0), (Decimal("0.35"), 0, 1),
    ]  # fmt: skip
    assert scrapped.items.get().quantity_in_inspection == 0
    assert order.items.get().credited_amount == Decimal("1.04")
