from datetime import UTC, datetime

import pytest

from inventory.models import StockMovement
from operations.ledger_verification import verify_ledger
from tests.factories.inventory import put_in_stock
from tests.factories.sales import figures, take_order

pytestmark = pytest.mark.django_db
ORDERS, RETURNS = "/api/sales-orders/", "/api/sales-returns/"


def attempts(client, number, sku):
    """Every way to touch orders, with the statuses expected of it."""
    path = f"{ORDERS}{number}/"
    new = {"items": [{"sku": sku, "quantity": 1}]}
    back = {"order_number": number, "items": [{"line": 1, "quantity": 1, "reason": "late"}]}
    return [
        client.get(ORDERS).status_code,
        client.get(path).status_code,
        client.post(ORDERS, new).status_code,
        client.patch(path, {"notes": "n"}).status_code,
        client.post(f"{path}fulfill/", {"items": [{"line": 1, "quantity": 1}]}).status_code,
        client.post(RETURNS, back).status_code,
        client.get(RETURNS).status_code,
        client.patch(path, {"status": "fulfilled", "notes": "n"}).status_code,
        client.post(f"{path}cancel/").status_code,
    ]


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("admin", [200, 200, 201, 200, 200, 201, 200, 200, 409]),
        ("manager", [200, 200, 201, 200, 200, 201, 200, 200, 409]),
        ("staff", [200, 200, 403, 403, 200, 201, 200, 403, 403]),
        ("sales", [200, 200, 201, 200, 403, 403, 200, 403, 200]),
        ("viewer", [403] * 9),
    ],
)
def test_roles_may_what_the_table_says(api, stock, role, expected):
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)
    client = api(role, stock.warehouse)

    assert attempts(client, order.order_number, stock.variation.sku_code) == expected
    assert verify_ledger() == []


def test_staff_may_set_the_status_alone(api, stock):
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)
    client = api("staff", stock.warehouse)
    path = f"{ORDERS}{order.order_number}/"

    assert client.patch(path, {"status": "cancelled"}).status_code == 403
    assert client.patch(path, {"status": "Fulfilled"}).status_code == 200
    assert figures(stock) == (6, 0)


def test_only_a_manager_delivers_in_the_past(api):
    stock = put_in_stock(quantity=10, occurred_at=datetime(2026, 1, 2, tzinfo=UTC))
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)
    path, when = f"{ORDERS}{order.order_number}/fulfill/", {"occurred_at": "2026-01-02T03:04:05Z"}

    assert api("staff", stock.warehouse).post(path, when).status_code == 403
    assert figures(stock) == (10, 4)
    assert api("manager", stock.warehouse).post(path, when).status_code == 200
    assert StockMovement.objects.latest("pk").occurred_at.isoformat() == "2026-01-02T03:04:05+00:00"
