import pytest

from tests.factories.sales import figures, take_order

pytestmark = pytest.mark.django_db
ORDERS, RETURNS = "/api/sales-orders/", "/api/sales-returns/"


def test_return_over_http(manager, stock):
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)
    manager.post(f"{ORDERS}{order.order_number}/fulfill/")

    answer = manager.post(
        RETURNS,
        {
            "order_number": order.order_number,
            "notes": "wet",
            "items": [{"sku": stock.variation.sku_code, "quantity": 2, "reason": "Damaged",
                       "disposition": "restock"}],
        },
    )  # fmt: skip

    assert answer.status_code == 201
    body = answer.json()
    assert body["return_number"].startswith("SR-")
    assert (body["order_number"], body["warehouse"]) == (order.order_number, stock.warehouse.code)
    assert body["items"] == [
        {
            "id": body["items"][0]["id"],
            "line": 1,
            "product_id": stock.variation.product.code,
            "product_name": stock.variation.product.name,
            "sku": stock.variation.sku_code,
            "quantity": 2,
            "reason": "damaged",
            "disposition": "stock",
            "quantity_restocked": 2,
            "quantity_scrapped": 0,
            "quantity_in_inspection": 0,
            "credit_amount": 19.98,
            "unit_cost": 4,
            "lot_number": "",
        }
    ]
    assert figures(stock) == (8, 0)
    listed = manager.get(f"/api/sales-returns/?order={order.order_number}").json()
    assert [row["id"] for row in listed["sales_returns"]] == [body["id"]]
    again = manager.post(
        RETURNS,
        {"order_number": order.pk, "items": [{"line": 1, "quantity": 3, "reason": "late"}]},
    )
    assert (again.status_code, again.json()["code"]) == (409, "quantity_exceeded")
    assert figures(stock) == (8, 0)
