from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import OutboxMessage
from tests.factories.sales import figures, take_order

pytestmark = pytest.mark.django_db
ORDERS = "/api/sales-orders/"


@pytest.mark.parametrize("word", ["Fulfilled", "FULFILLED", "fulfilled"])
@pytest.mark.parametrize("method", ["put", "patch"])
def test_status_fulfilled_delivers(manager, stock, method, word):
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)

    answer = getattr(manager, method)(f"{ORDERS}{order.order_number}/", {"status": word})

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["updated_fields"]) == ("fulfilled", ["status"])
    assert answer.json()["allowed_transitions"] == []
    assert figures(stock) == (6, 0)
    again = manager.patch(f"{ORDERS}{order.order_number}/", {"status": word})
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    assert figures(stock) == (6, 0)


def test_partial_and_whole_delivery_over_http(manager, stock):
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)
    path = f"{ORDERS}{order.order_number}/fulfill/"

    part = manager.post(path, {"items": [{"sku": stock.variation.sku_code, "quantity": 1}]})
    whole = manager.post(path)

    assert (part.json()["status"], part.json()["items"][0]["quantity_fulfilled"]) == (
        "partially_fulfilled", 1,
    )  # fmt: skip
    assert (whole.json()["status"], whole.json()["items"][0]["quantity_reserved"]) == (
        "fulfilled", 0,
    )  # fmt: skip
    codes = [entry["code"] for entry in whole.json()["fulfilments"]]
    assert codes == [part.json()["fulfilment"], whole.json()["fulfilment"]]
    assert figures(stock) == (6, 0)


def test_short_lines_are_a_conflict_that_names_them(manager, stock):
    order = take_order((stock.variation, 4), (stock.variation, 9), warehouse=stock.warehouse)

    answer = manager.post(f"{ORDERS}{order.order_number}/fulfill/")

    assert (answer.status_code, answer.json()["code"]) == (409, "insufficient_stock")
    assert answer.json()["details"]["lines"] == [
        {
            "line": 2,
            "sku": stock.variation.sku_code,
            "warehouse": stock.warehouse.code,
            "requested": 9,
            "available": 6,
        }
    ]
    assert figures(stock) == (10, 10)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"items": []}, "items"),
        ({"items": [{"quantity": 1}]}, "items.0.line"),
        ({"items": [{"line": 1}]}, "items.0.quantity"),
        ({"items": [{"line": 1, "quantity": 0}]}, "items.0.quantity"),
        ({"items": [{"line": 2, "quantity": 1}]}, "items.0.line"),
        ({"occurred_at": "2999-01-01"}, "occurred_at"),
    ],
)
def test_bad_deliveries_are_refused(manager, stock, body, field):
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)

    answer = manager.post(f"{ORDERS}{order.order_number}/fulfill/", body)

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == [field]
    assert figures(stock) == (10, 4)


def test_more_than_ordered_is_a_conflict(manager, stock):
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)
    body = {"items": [{"line": 1, "quantity": 5}]}

    answer = manager.post(f"{ORDERS}{order.order_number}/fulfill/", body)

    assert (answer.status_code, answer.json()["code"]) == (409, "quantity_exceeded")
    assert list(answer.json()["details"]) == ["items.0.quantity"]
    assert figures(stock) == (10, 4)


def test_cancelled_order_cannot_be_delivered(manager, stock):
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)
    path = f"{ORDERS}{order.order_number}/"

    cancelled = manager.patch(path, {"status": "Cancelled"})

    assert (cancelled.status_code, cancelled.json()["status"]) == (200, "cancelled")
    for answer in (manager.post(f"{path}fulfill/"), manager.post(f"{path}cancel/"),
                   manager.patch(path, {"status": "Pending"})):  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert figures(stock) == (10, 0)


def test_delivery_through_http_keeps_its_statement_count(api, stock):
    order = take_order(*[(stock.variation, 1)] * 5, warehouse=stock.warehouse)
    client = api("admin")
    OutboxMessage.objects.all().delete()

    with CaptureQueriesContext(connection) as queries:
        assert client.post(f"{ORDERS}{order.order_number}/fulfill/").status_code == 200

    # 9 of the service, 1 to find the order, 2 to answer it whole
    assert len(queries) == 12
    assert figures(stock) == (Decimal(5), 0)
