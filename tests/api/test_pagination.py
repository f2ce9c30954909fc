"""Pages by number and by cursor, and how far anybody counts."""

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.api import pagination
from inventory.api.stock_serializers import StockMovementSerializer
from inventory.models import StockMovement
from tests.factories.alerts import AlertFactory
from tests.factories.inventory import add_movements, put_in_stock
from tests.factories.notifications import NotificationFactory
from tests.factories.purchasing import make_order
from tests.factories.sales import take_order

pytestmark = pytest.mark.django_db
MOVEMENTS = "/api/stock-movements/"


@pytest.fixture
def stock():
    return put_in_stock(quantity=10)


@pytest.fixture
def viewer(api, stock):
    return api("viewer", stock.warehouse)


def walk(client, path, name, **query):
    """Return the ids of all rows, page after page by cursor, and the pages' numbers."""
    ids, pages = [], []
    while True:
        body = client.get(path, query).json()
        ids += [row["id"] for row in body[name]]
        pages.append(body["pagination"])
        if not body["pagination"]["next_cursor"]:
            return ids, pages
        query["cursor"] = body["pagination"]["next_cursor"]


@pytest.mark.parametrize("ordering", ["", "id", "-id", "occurred_at", "-occurred_at"])
def test_cursors_give_every_row_once_in_order(viewer, stock, ordering):
    add_movements(stock, 40)
    query = {"ordering": ordering} if ordering else {}
    whole = viewer.get(MOVEMENTS, {**query, "limit": 100}).json()["stock_movements"]

    ids, pages = walk(viewer, MOVEMENTS, "stock_movements", limit=7, **query)

    assert ids == [row["id"] for row in whole]
    assert len(set(ids)) == 41
    assert [page["current_page"] for page in pages] == [1, 2, 3, 4, 5, 6]
    assert [page["has_prev"] for page in pages] == [False, *[True] * 5]
    assert [page["has_next"] for page in pages] == [*[True] * 5, False]
    assert {page["total_items"] for page in pages} == {41}


def test_rows_added_meanwhile_do_not_shift_the_pages(viewer, stock):
    add_movements(stock, 10)
    first = viewer.get(MOVEMENTS, {"limit": 5}).json()
    put_in_stock(stock.variation, stock.warehouse, 5)
    cursor = first["pagination"]["next_cursor"]

    second = viewer.get(MOVEMENTS, {"limit": 5, "cursor": cursor}).json()

    last = first["stock_movements"][-1]["id"]
    assert second["stock_movements"][0]["id"] == last - 1
    assert StockMovement.objects.count() == 12


def test_a_page_by_cursor_takes_one_query(viewer, stock):
    add_movements(stock, 60)
    cursor = viewer.get(MOVEMENTS).json()["pagination"]["next_cursor"]

    with CaptureQueriesContext(connection) as queries:
        viewer.get(MOVEMENTS, {"cursor": cursor})

    assert len(queries) == 1
    assert "OFFSET" not in queries[0]["sql"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/stocks/", "stocks"),
        ("/api/purchase-orders/", "purchase_orders"),
        ("/api/sales-orders/", "sales_orders"),
        ("/api/alerts/", "alerts"),
        ("/api/notifications/", "notifications"),
    ],
)
def test_the_other_long_lists_have_cursors_too(api, stock, path, name):
    client = api("admin")
    for _ in range(3):
        placed = put_in_stock(warehouse=stock.warehouse)
        make_order(warehouse=stock.warehouse)
        take_order((placed.variation, 1), warehouse=stock.warehouse)
        AlertFactory(warehouse=stock.warehouse)
        NotificationFactory(recipient=client.user)
    whole = [row["id"] for row in client.get(path).json()[name]]

    assert len(whole) >= 3
    assert walk(client, path, name, limit=1)[0] == whole


def refused(client, **query):
    answer = client.get(MOVEMENTS, query)
    assert answer.status_code == 400
    return list(answer.json()["details"])


def test_only_a_cursor_of_this_list_and_ordering_is_read(viewer, stock):
    add_movements(stock, 30)
    cursor = viewer.get(MOVEMENTS).json()["pagination"]["next_cursor"]
    body, signature = cursor.split(":", 1)
    foreign = signing.dumps(["pk", True, "", 5, 20, 31, False], salt="stocks")

    assert refused(viewer, cursor=f"{body}x:{signature}") == ["cursor"]
    assert refused(viewer, cursor="12") == ["cursor"]
    assert refused(viewer, cursor=foreign) == ["cursor"]
    assert refused(viewer, cursor=cursor, ordering="occurred_at") == ["cursor"]
    assert refused(viewer, cursor=cursor, ordering="occurred_at,id") == ["cursor"]
    assert viewer.get("/api/products/?cursor=x").json()["details"].keys() == {"cursor"}


def test_an_ordering_that_cursors_cannot_follow_has_none(api, stock):
    for _ in range(2):
        make_order(warehouse=stock.warehouse)
    path = "/api/purchase-orders/?limit=1"

    assert api("admin").get(path).json()["pagination"]["next_cursor"]
    plain = api("admin").get(f"{path}&ordering=status,-order_date").json()["pagination"]
    assert (plain["has_next"], plain["next_cursor"]) == (True, None)


def test_equal_values_are_parted_by_the_key(viewer, stock):
    for number in range(12):
        put_in_stock(warehouse=stock.warehouse, quantity=number % 3 + 1)

    for ordering, sign in (("on_hand", 1), ("-on_hand", -1)):
        rows = viewer.get("/api/stocks/", {"ordering": ordering, "limit": 100}).json()["stocks"]
        keys = [(sign * row["on_hand"], sign * row["id"]) for row in rows]
        assert keys == sorted(keys)
        ids, _ = walk(viewer, "/api/stocks/", "stocks", ordering=ordering, limit=2)
        assert ids == [row["id"] for row in rows]
    assert len(rows) == 13


def counting(queries):
    return [query["sql"] for query in queries if "COUNT(" in query["sql"]]


def test_a_page_that_shows_the_end_is_not_counted(viewer, stock):
    add_movements(stock, 24)

    for query, counts in (({"limit": 100}, 0), ({"limit": 10}, 1), ({"limit": 10, "page": 3}, 0)):
        with CaptureQueriesContext(connection) as queries:
            pages = viewer.get(MOVEMENTS, query).json()["pagination"]
        assert len(counting(queries)) == counts, query
        assert (pages["total_items"], pages["total_items_estimated"]) == (25, False)


def test_nobody_counts_beyond_the_cap(viewer, stock, monkeypatch):
    monkeypatch.setattr(pagination, "MOST_COUNTED", 50)
    add_movements(stock, 200)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE inventory_stockmovement")

    with CaptureQueriesContext(connection) as queries:
        pages = viewer.get(MOVEMENTS).json()["pagination"]

    (count,) = counting(queries)
    assert "LIMIT 51" in count
    assert pages["total_items_estimated"] is True
    assert pages["total_items"] > 50
    assert pages["total_pages"] == -(-pages["total_items"] // 20)
    last = viewer.get(MOVEMENTS, {"page": 11}).json()
    assert (len(last["stock_movements"]), last["pagination"]["total_items"]) == (1, 201)


def test_an_estimate_serves_the_same_question_for_a_minute(api, viewer, stock, monkeypatch):
    monkeypatch.setattr(pagination, "MOST_COUNTED", 50)
    add_movements(stock, 200)
    first = viewer.get(MOVEMENTS).json()["pagination"]
    clock = [0.0]
    monkeypatch.setattr(pagination, "ESTIMATES", pagination.Estimates(lambda: clock[0]))

    def counts(client, **query):
        with CaptureQueriesContext(connection) as queries:
            pages = client.get(MOVEMENTS, query).json()["pagination"]
        return len(counting(queries)), pages["total_items"]

    assert counts(viewer) == (1, first["total_items"])
    assert counts(viewer, page=2, ordering="occurred_at") == (0, first["total_items"])
    assert counts(viewer, movement_type="adjustment")[0] == 1
    assert counts(api("viewer", stock.warehouse))[0] == 1
    clock[0] = pagination.ESTIMATE_LASTS
    assert counts(viewer)[0] == 1


def test_ten_thousand_rows_are_counted_and_more_are_estimated(api, stock):
    client = api("viewer", stock.warehouse)
    add_movements(stock, 9_999)
    exact = client.get(MOVEMENTS).json()["pagination"]
    assert (exact["total_items"], exact["total_items_estimated"]) == (10_000, False)

    put_in_stock(stock.variation, stock.warehouse)
    more = client.get(MOVEMENTS).json()["pagination"]
    assert more["total_items_estimated"] is True
    assert more["total_items"] >= 10_001


@pytest.mark.parametrize("page", ["2", "500", "5001", "0", "-1", "x", "9" * 12, "9" * 30])
def test_pages_that_are_not_there_are_refused(viewer, page):
    assert refused(viewer, page=page) == ["page"]


@pytest.mark.parametrize("query", [{}, {"ordering": "occurred_at"}, {"search": "note"}])
def test_the_fast_list_says_what_the_serializer_says(api, stock, query):
    """The list is made of bare values; models and serializer would make the same of them."""
    add_movements(stock, 12)
    client = api("admin")
    client.post(
        MOVEMENTS,
        {
            "sku": stock.variation.sku_code, "warehouse": stock.warehouse.code,
            "movement_type": "inbound", "quantity": 1.125, "unit_cost": 3.3333,
            "expiration_date": "2030-02-01", "lot_number": "L1", "notes": "=note",
            "reason_code": "purchase", "reference_id": "PO-1", "warehouse_location": "A-1",
        },
    )  # fmt: skip

    rows = client.get(MOVEMENTS, query).json()["stock_movements"]

    assert rows
    found = StockMovement.objects.in_bulk([row["id"] for row in rows])
    for row in rows:
        own = client.get(f"{MOVEMENTS}{row['id']}/").json()
        assert list(own) == [*row, "version"]
        assert row == {name: own[name] for name in row}
        assert set(row) == set(StockMovementSerializer(found[row["id"]]).data)
