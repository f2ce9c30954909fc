import json
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.api.renderers import NumberJSONRenderer
from sales.api.serializers import (
    FulfilmentItemSerializer,
    FulfilmentSerializer,
    SalesOrderItemSerializer,
    SalesOrderSerializer,
)
from sales.models import SalesOrder
from sales.services.fulfilment import fulfil_sales_order
from sales.services.line_choice import LineRequest
from sales.services.returns import return_goods
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.sales import figures, take_order
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
ORDERS = "/api/sales-orders/"


def test_order_is_answered_whole(manager, stock):
    scarce = put_in_stock(warehouse=stock.warehouse, quantity=1)

    answer = manager.post(
        ORDERS,
        {
            "order_number": "so-7",
            "customer_email": "ann@example.com",
            "customer_id": "C-1",
            "channel": "online",
            "region": "north",
            "priority": "High",
            "promotion_applied": True,
            "promotion_details": {"code": "SPRING"},
            "items": [
                {"product_id": stock.variation.product.code, "quantity": 2},
                {
                    "sku": scarce.variation.sku_code.lower(),
                    "quantity_sold": 3,
                    "sale_price_per_unit": 5.5,
                    "discount_percent": 12.5,
                },
                {"product_variation": stock.variation.pk, "quantity": 0.5},
            ],
        },
    )

    assert answer.status_code == 201
    body = answer.json()
    assert body.pop("message") == "Sales order created successfully"
    assert body["id"] == SalesOrder.objects.get(order_number="SO-7").pk
    assert {name: body[name] for name in (
        "order_number", "warehouse", "status", "customer_email", "customer_id", "channel",
        "region", "promotion_applied", "promotion_details", "currency", "total_amount",
        "item_count", "created_by", "allowed_transitions", "allowed_actions", "fulfilments",
        "priority", "reserved_until", "reservation_expired_at",
    )} == {
        "order_number": "SO-7",
        "warehouse": stock.warehouse.code,
        "status": "pending",
        "customer_email": "ann@example.com",
        "customer_id": "C-1",
        "channel": "online",
        "region": "north",
        "promotion_applied": True,
        "promotion_details": {"code": "SPRING"},
        "currency": "USD",
        "total_amount": 39.42,
        "item_count": 3,
        "created_by": manager.user.code,
        "allowed_transitions": ["fulfilled", "cancelled"],
        "allowed_actions": [
            "change_items", "prioritise", "fulfill", "cancel", "reserve", "allocate",
        ],
        "fulfilments": [],
        "priority": "high",
        "reserved_until": None,
        "reservation_expired_at": None,
    }  # fmt: skip
    second = dict(body["items"][1])
    assert second.pop("id") > 0
    assert second == {
        "line": 2,
        "product_id": scarce.variation.product.code,
        "product_name": scarce.variation.product.name,
        "sku": scarce.variation.sku_code,
        "quantity": 3,
        "quantity_sold": 3,
        "quantity_fulfilled": 0,
        "quantity_cancelled": 0,
        "quantity_reserved": 1,
        "quantity_backordered": 2,
        "quantity_returned": 0,
        "quantity_net": 0,
        "sale_price_per_unit": 5.5,
        "discount_percent": 12.5,
        "line_total": 14.44,
        "credited_amount": 0,
    }
    assert [item["quantity_reserved"] for item in body["items"]] == [2, 1, 0.5]
    assert manager.get(f"{ORDERS}SO-7/").json() == body
    assert manager.get(f"{ORDERS}{body['id']}").json() == body


def discontinued():
    return VariationFactory(product=ProductFactory(status="discontinued")).sku_code


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"items": []}, ["items"]),
        ({"items": "x"}, ["items"]),
        ({"items": [3]}, ["items.0"]),
        ({"items": [{"sku": "NOPE-1", "quantity": 1}, {"quantity": 1},
                    {"product_id": "NOPE", "quantity": 1}]},
         ["items.0.sku", "items.1.product_id", "items.2.product_id"]),
        ({"items": [{"sku": "S", "quantity": 0}, {"sku": "S", "quantity": -1}, {"sku": "S"},
                    {"sku": "S", "quantity": "NaN"}, {"sku": "S", "quantity": 1e30},
                    {"sku": "S", "quantity": 1, "quantity_sold": 2},
                    {"sku": "S", "quantity": "1.0001"},
                    {"sku": "S", "quantity": 1, "sale_price_per_unit": -1},
                    {"sku": "S", "quantity": 1, "discount_percent": 100.01},
                    {"sku": "S", "quantity": 1, "discount_percent": -1}]},
         ["items.0.quantity", "items.1.quantity", "items.2.quantity", "items.3.quantity",
          "items.4.quantity", "items.5.quantity_sold", "items.6.quantity",
          "items.7.sale_price_per_unit", "items.8.discount_percent",
          "items.9.discount_percent"]),
        ({"customer_email": "not an address"}, ["customer_email"]),
        ({"currency": "EURO"}, ["currency"]),
        ({"status": "fulfilled"}, ["status"]),
        ({"priority": "asap"}, ["priority"]),
        ({"priority": 4}, ["priority"]),
        ({"reserved_until": "2020-01-01T00:00:00Z"}, ["reserved_until"]),
        ({"promotion_details": [1]}, ["promotion_details"]),
        ({"order_date": "2999-01-01T00:00:00Z"}, ["order_date"]),
        ({"order_date": "yesterday"}, ["order_date"]),
        ({"order_number": "SO 1"}, ["order_number"]),
        ({"notes": "n" * 1001, "channel": "c" * 51}, ["channel", "notes"]),
        ({"warehouse": "NOWHERE"}, ["warehouse"]),
    ],
)  # fmt: skip
def test_bad_orders_are_refused_by_field(manager, stock, change, fields):
    good = {"items": [{"sku": stock.variation.sku_code, "quantity": 1}]}

    answer = manager.post(ORDERS, {**good, **change})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert sorted(answer.json()["details"]) == fields
    assert SalesOrder.objects.count() == 0
    assert figures(stock) == (10, 0)


def test_goods_that_are_not_sold_any_more_are_refused_each_by_name(manager, stock):
    idle = VariationFactory(is_active=False)
    items = [
        {"sku": discontinued(), "quantity": 1},
        {"sku": stock.variation.sku_code, "quantity": 1},
        {"product_id": idle.product.code, "quantity": 1},
    ]

    answer = manager.post(ORDERS, {"items": items})

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == ["items.0.sku", "items.2.product_id"]
    assert SalesOrder.objects.count() == 0


def test_all_unknown_skus_are_found_in_one_query(manager, stock):
    items = [{"sku": f"NOPE-{number}", "quantity": 1} for number in range(40)]

    with CaptureQueriesContext(connection) as queries:
        answer = manager.post(ORDERS, {"items": items})

    assert len(answer.json()["details"]) == 40
    assert len([q for q in queries if "inventory_productvariation" in q["sql"]]) == 1


def test_number_that_is_taken_is_a_conflict(manager, stock):
    body = {"order_number": "SO-1", "items": [{"sku": stock.variation.sku_code, "quantity": 1}]}
    assert manager.post(ORDERS, body).status_code == 201

    answer = manager.post(ORDERS, body)

    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate")
    assert list(answer.json()["details"]) == ["order_number"]
    assert figures(stock) == (10, 1)


def test_foreign_warehouse_is_answered_like_an_unknown_one(manager, stock):
    foreign = WarehouseFactory(code="FAR")
    items = [{"sku": stock.variation.sku_code, "quantity": 1}]

    answers = [
        manager.post(ORDERS, {"warehouse": reference, "items": items})
        for reference in ("FAR", "XXX")
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    texts = [answer.json()["details"]["warehouse"][0] for answer in answers]
    assert texts[0].replace("FAR", "") == texts[1].replace("XXX", "")
    assert not SalesOrder.objects.filter(warehouse=foreign).exists()


def test_orders_of_foreign_warehouses_are_not_there(api, stock):
    foreign = take_order((VariationFactory(), 1), order_number="SO-9")
    client = api("manager", stock.warehouse)

    for number in ("SO-9", foreign.pk, "SO-404", "SO-404/x"):
        assert client.get(f"{ORDERS}{number}/").status_code == 404
    assert client.patch(f"{ORDERS}SO-9/", {"notes": "mine"}).status_code == 404
    assert client.post(f"{ORDERS}SO-9/fulfill/").status_code == 404
    assert client.post(f"{ORDERS}SO-9/cancel/").status_code == 404
    back = {"order_number": "SO-9", "items": [{"line": 1, "quantity": 1, "reason": "late"}]}
    assert client.post("/api/sales-returns/", back).status_code == 400
    assert client.get(ORDERS).json()["sales_orders"] == []
    foreign.refresh_from_db()
    assert (foreign.notes, foreign.status) == ("", "pending")


def test_status_that_nobody_sets_is_refused_with_the_lawful_ones(manager, stock):
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)

    answer = manager.patch(
        f"{ORDERS}{order.order_number}/", {"status": "partially_fulfilled", "notes": "x"}
    )

    assert answer.status_code == 409
    assert "It can become: fulfilled, cancelled." in answer.json()["message"]
    order.refresh_from_db()
    assert order.notes == ""


def test_header_and_lines_change_and_the_rest_stays(manager, stock):
    order = take_order((stock.variation, 4), warehouse=stock.warehouse, region="north")
    path = f"{ORDERS}{order.order_number}/"
    whole = manager.get(path).json()

    answer = manager.put(
        path,
        {**whole, "customer_email": "new@example.com",
         "items": [{"sku": stock.variation.sku_code, "quantity": 6}]},
    )  # fmt: skip

    assert answer.status_code == 200
    body = answer.json()
    assert (body["customer_email"], body["region"]) == ("new@example.com", "north")
    assert [item["quantity_reserved"] for item in body["items"]] == [6]
    assert {"customer_email", "items"} <= set(body["updated_fields"])
    moved = manager.patch(path, {"warehouse": "ELSEWHERE", "order_number": "SO-NEW"})
    assert sorted(moved.json()["details"]) == ["order_number", "warehouse"]
    assert manager.patch(path, [1]).status_code == 400
    assert figures(stock) == (10, 6)


def test_whole_delivered_order_may_be_sent_back_with_new_notes(manager, stock):
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)
    path = f"{ORDERS}{order.order_number}/"
    whole = manager.patch(path, {"status": "fulfilled"}).json()

    answer = manager.put(path, {**whole, "notes": "left at the door"})

    assert (answer.status_code, answer.json()["notes"]) == (200, "left at the door")
    assert answer.json()["items"] == whole["items"]
    assert figures(stock) == (6, 0)


@pytest.mark.parametrize("path", [ORDERS, f"{ORDERS}SO-7/", "/api/sales-returns/"])
def test_pages_for_people_answer(manager, stock, path):
    take_order((stock.variation, 4), warehouse=stock.warehouse, order_number="SO-7")

    answer = manager.get(path, headers={"Accept": "text/html"})

    assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_answers_are_what_the_document_says(manager, stock):
    order = take_order((stock.variation, 3), warehouse=stock.warehouse)
    body = manager.post(f"{ORDERS}{order.order_number}/fulfill/").json()

    told = set(SalesOrderSerializer().fields)
    assert set(body) == told | {"message", "fulfilment", "version"}
    assert set(body["items"][0]) == set(SalesOrderItemSerializer().fields)
    assert set(body["fulfilments"][0]) == set(FulfilmentSerializer().fields)
    line = body["fulfilments"][0]["items"][0]
    assert set(line) == set(FulfilmentItemSerializer().fields)


def test_a_write_answers_the_order_as_it_is_read(manager, stock):
    other = put_in_stock(warehouse=stock.warehouse, quantity=1)
    body = {
        "warehouse": stock.warehouse.code,
        "customer_email": "ann@example.com",
        "promotion_applied": True,
        "promotion_details": {"code": "SPRING", "percent": 10},
        "items": [
            {"sku": stock.variation.sku_code, "quantity": 3, "sale_price_per_unit": 9.99},
            {"sku": other.variation.sku_code, "quantity": 2.5, "sale_price_per_unit": 1},
        ],
    }
    made = manager.post(ORDERS, body).json()
    path = f"{ORDERS}{made['order_number']}/"
    made_then = manager.get(path).json()

    items = [{"line": 1, "quantity": 2}]
    delivered = manager.post(f"{path}fulfill/", {"items": items}).json()

    assert made.pop("message") == "Sales order created successfully"
    assert made == made_then
    assert made["items"][1]["quantity_backordered"] == 1.5
    del delivered["message"], delivered["fulfilment"]
    assert delivered == manager.get(path).json()
    assert delivered["items"][0]["quantity_fulfilled"] == 2


def test_the_database_writes_lines_as_serializers_would(manager, stock):
    hostile = 'Quote " \\ </script> \u2028 ä 🧰\x01\ttab'
    product = ProductFactory(name=hostile)
    other = put_in_stock(VariationFactory(product=product), stock.warehouse, "1.5")
    lines = ((stock.variation, "2.001"), (other.variation, "99999999.999"), (other.variation, 3))
    order = take_order(*lines, warehouse=stock.warehouse, promotion_details={"a": [1.50, None]})
    path = f"{ORDERS}{order.order_number}/"
    fulfil_sales_order(
        order=order,
        lines=[LineRequest("line", "1", Decimal("0.5")), LineRequest("line", "2", Decimal("1.5"))],
        acting_user=None,
    )
    return_goods(
        order=order,
        lines=[LineRequest("line", "1", Decimal("0.25"))],
        acting_user=None,
    )

    answer = manager.get(path).json()

    order = SalesOrder.objects.get(pk=order.pk)
    shown = SalesOrderSerializer(order).fields
    rows = list(order.items.with_reserved())
    for row in rows:
        row.quantity_net = row.quantity_fulfilled - row.quantity_returned
    items = SalesOrderItemSerializer(rows, many=True).data
    fulfilments = FulfilmentSerializer(order.fulfilments.all(), many=True).data
    assert answer["items"] == as_json(items)
    assert answer["fulfilments"] == as_json(fulfilments)
    assert [one["product_name"] for one in answer["items"]] == [
        stock.variation.product.name, hostile, hostile,
    ]  # fmt: skip
    assert answer["credited_amount"] == sum(one["credited_amount"] for one in answer["items"]) > 0
    assert (answer["item_count"], answer["promotion_details"]) == (3, {"a": [1.5, None]})
    assert set(answer) == set(shown) | {"version"}


def as_json(data):
    """Return what the API would write for it."""
    return json.loads(NumberJSONRenderer().render(data))
