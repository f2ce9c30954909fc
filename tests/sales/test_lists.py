import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sales.services.cancellation import cancel_sales_order
from tests.factories.sales import take_order
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
ORDERS, RETURNS = "/api/sales-orders/", "/api/sales-returns/"


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", ["A", "B", "C"]),
        ("?status=Cancelled", ["C"]),
        ("?status=pending", ["A", "B"]),
        ("?start_date=2026-02-01", ["B", "C"]),
        ("?end_date=2026-02-01", ["A", "B"]),
        ("?customer_email=ANN@example.com", ["A"]),
        ("?customer_id=C-2", ["B"]),
        ("?channel=Online", ["A"]),
        ("?search=ann", ["A"]),
        ("?warehouse=OTHER", []),
        ("?ordering=-order_number&limit=2", ["C", "B"]),
    ],
)
def test_lists_are_filtered(manager, stock, query, numbers):
    WarehouseFactory(code="OTHER")
    common = {"warehouse": stock.warehouse}
    take_order(
        (stock.variation, 1),
        **common,
        order_number="A",
        channel="online",
        order_date="2026-01-31T23:59:59Z",
        customer_email="ann@example.com",
    )
    take_order(
        (stock.variation, 1),
        **common,
        order_number="B",
        customer_id="C-2",
        order_date="2026-02-01T23:59:59Z",
    )
    gone = take_order((stock.variation, 1), **common, order_number="C",
                      order_date="2026-02-02T00:00:00Z")  # fmt: skip
    cancel_sales_order(order=gone, acting_user=None)

    rows = manager.get(f"{ORDERS}{query}").json()["sales_orders"]

    found = [row["order_number"] for row in rows]
    assert (found if "ordering" in query else sorted(found)) == numbers


@pytest.mark.parametrize(
    "query",
    ["status=lost", "start_date=soon", "end_date=2026-13-01", "warehouse=NOWHERE", "page=9",
     "limit=1e30", "limit=0", "ordering=secret", "nonsense=1"],
)  # fmt: skip
def test_bad_parameters_are_named(manager, query):
    answer = manager.get(f"{ORDERS}?{query}")

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == [query.partition("=")[0]]


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("path", "count"),
    [(ORDERS, 1), (RETURNS, 5)],
)
def test_lists_take_as_many_queries_for_three_rows_as_for_one(api, stock, path, count, rows):
    client = api("admin")
    for _ in range(rows):
        order = take_order((stock.variation, 1), (stock.variation, 1), warehouse=stock.warehouse)
        client.post(f"{ORDERS}{order.order_number}/fulfill/")
        lines = [{"line": 1, "quantity": 1, "reason": "late"}]
        client.post(RETURNS, {"order_number": order.order_number, "items": lines})

    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)

    assert answer.json()["pagination"]["total_items"] == rows
    assert len(queries) == count


@pytest.mark.parametrize(("steps", "count"), [((), 2), (("fulfill",), 3)])
@pytest.mark.parametrize("lines", [1, 3])
def test_one_order_takes_two_queries_and_one_more_once_goods_left(api, stock, lines, steps, count):
    order = take_order(*[(stock.variation, 1)] * lines, warehouse=stock.warehouse)
    client, path = api("admin"), f"{ORDERS}{order.order_number}/"
    for step in steps:
        assert client.post(f"{path}{step}/").status_code == 200

    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)

    assert len(answer.json()["items"]) == lines
    # which order, itself with its items and what they hold, what left
    assert len(queries) == count
