"""One order leaves several warehouses in one posting; reservations at home follow."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inventory.exceptions import InsufficientStock
from inventory.models import StockMovement
from operations.ledger_verification import verify_ledger
from sales.models import Fulfilment, FulfilmentItem
from sales.services.fulfilment import fulfil_sales_order
from sales.services.line_choice import LineRequest
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.sales import figures, reserved, take_order
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
ORDERS, FULFILMENTS = "/api/sales-orders/", "/api/fulfilments/"


@pytest.fixture
def other(stock):
    """Eight of the same goods somewhere else."""
    return put_in_stock(stock.variation, WarehouseFactory(code="ELSEWHERE"), 8)


def line(number, quantity, place=None, lot=""):
    return LineRequest("line", str(number), Decimal(quantity), lot_number=lot, warehouse=place)


def test_what_leaves_elsewhere_frees_what_was_reserved_at_home(stock, other):
    order = take_order((stock.variation, 6), warehouse=stock.warehouse)

    fulfil_sales_order(order=order, lines=[line(1, 4, other.warehouse)], acting_user=None)
    order.refresh_from_db()
    assert (order.status, figures(stock), figures(other)) == (
        "partially_fulfilled", (10, 2), (4, 0),
    )  # fmt: skip

    fulfil_sales_order(order=order, acting_user=None)
    assert (figures(stock), figures(other)) == ((8, 0), (4, 0))
    assert verify_ledger() == []


def test_one_line_leaves_two_warehouses_in_one_fulfilment(stock, other):
    order = take_order((stock.variation, 9), warehouse=stock.warehouse)

    fulfilment = fulfil_sales_order(
        order=order,
        lines=[line(1, 3), line(1, 6, other.warehouse)],
        acting_user=None,
    )

    order.refresh_from_db()
    assert (order.status, figures(stock), figures(other)) == ("fulfilled", (7, 0), (2, 0))
    assert list(fulfilment.items.values_list("warehouse__code", "quantity", "unit_cost")) == [
        (stock.warehouse.code, 3, 4), ("ELSEWHERE", 6, 4),
    ]  # fmt: skip
    moved = StockMovement.objects.filter(reference_code=order.order_number).order_by("pk")
    assert list(moved.values_list("warehouse__code", "quantity")) == [
        (stock.warehouse.code, -3), ("ELSEWHERE", -6),
    ]  # fmt: skip
    assert verify_ledger() == []


def test_what_is_freed_at_home_goes_to_who_waits_there(stock, other):
    order = take_order((stock.variation, 10), warehouse=stock.warehouse)
    waiting = take_order((stock.variation, 5), warehouse=stock.warehouse)
    assert reserved(order, waiting) == [10, 0]

    fulfil_sales_order(order=order, lines=[line(1, 3, other.warehouse)], acting_user=None)

    assert reserved(order, waiting) == [7, 3]
    assert verify_ledger() == []


def test_back_ordered_line_that_leaves_elsewhere_keeps_its_place_for_the_rest(stock, other):
    order = take_order((stock.variation, 14), warehouse=stock.warehouse)
    assert reserved(order) == [10]

    fulfil_sales_order(order=order, lines=[line(1, 3, other.warehouse)], acting_user=None)
    assert reserved(order) == [10]

    put_in_stock(stock.variation, stock.warehouse, 5)
    assert reserved(order) == [11]
    assert verify_ledger() == []


def test_reservations_of_others_elsewhere_are_not_touched(stock, other):
    theirs = take_order((other.variation, 6), warehouse=other.warehouse)
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)

    with pytest.raises(InsufficientStock) as refusal:
        fulfil_sales_order(order=order, lines=[line(1, 4, other.warehouse)], acting_user=None)

    assert refusal.value.details["lines"] == [
        {
            "line": 1,
            "sku": stock.variation.sku_code,
            "warehouse": "ELSEWHERE",
            "requested": 4,
            "available": 2,
        }
    ]
    assert (reserved(theirs, order), figures(stock), figures(other)) == ([6, 4], (10, 4), (8, 6))


def test_every_short_line_is_named_with_its_warehouse_and_nothing_leaves(manager, stock, other):
    absent = VariationFactory()
    order = take_order(
        (stock.variation, 20), (stock.variation, 1), (absent, 2), warehouse=stock.warehouse
    )
    client = manager
    client.user.warehouse_memberships.create(warehouse=other.warehouse)
    items = [
        {"line": 1, "quantity": 11},
        {"line": 1, "quantity": 9, "warehouse": "elsewhere"},
        {"line": 2, "quantity": 1, "warehouse": other.warehouse.pk},
        {"line": 3, "quantity": 2, "warehouse": "ELSEWHERE"},
    ]

    answer = client.post(f"{ORDERS}{order.order_number}/fulfill/", {"items": items})

    assert (answer.status_code, answer.json()["code"]) == (409, "insufficient_stock")
    told = answer.json()["details"]["lines"]
    keys = ("line", "warehouse", "requested", "available")
    assert [tuple(one[key] for key in keys) for one in told] == [
        (1, stock.warehouse.code, 11, 10),
        (1, "ELSEWHERE", 9, 8),
        (3, "ELSEWHERE", 2, 0),
    ]
    assert (figures(stock), figures(other)) == ((10, 10), (8, 0))
    assert Fulfilment.objects.count() == 0


def test_lots_are_named_by_warehouse():
    milk = VariationFactory(product=ProductFactory(lot_tracking=True))
    home = put_in_stock(milk, None, 5, lot_number="A")
    far = put_in_stock(milk, None, 5, lot_number="B")
    order = take_order((milk, 6), warehouse=home.warehouse)

    fulfil_sales_order(
        order=order,
        lines=[line(1, 2, lot="A"), line(1, 2, far.warehouse, lot="B"), line(1, 2, far.warehouse)],
        acting_user=None,
    )

    moved = StockMovement.objects.filter(reference_code=order.order_number).order_by("pk")
    assert list(moved.values_list("lot_number", "quantity")) == [("A", -2), ("B", -2), ("B", -2)]
    assert (figures(home), figures(far)) == ((3, 0), (1, 0))
    assert verify_ledger() == []


def test_foreign_warehouse_is_answered_like_an_unknown_one(manager, stock, other):
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)
    path = f"{ORDERS}{order.order_number}/fulfill/"

    answers = [
        manager.post(path, {"items": [{"line": 1, "quantity": 1, "warehouse": reference}]})
        for reference in ("ELSEWHERE", "NOWHERE-X")
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    texts = [answer.json()["details"]["items.0.warehouse"][0] for answer in answers]
    assert texts[0].replace("ELSEWHERE", "") == texts[1].replace("NOWHERE-X", "")
    assert (figures(stock), figures(other)) == ((10, 4), (8, 0))


def test_line_is_named_once_for_each_warehouse(manager, stock):
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)
    once = {"line": 1, "quantity": 1}
    items = [once, {**once, "warehouse": stock.warehouse.code}]

    answer = manager.post(f"{ORDERS}{order.order_number}/fulfill/", {"items": items})

    assert (answer.status_code, list(answer.json()["details"])) == (400, ["items.1.line"])
    assert figures(stock) == (10, 4)


def test_order_tells_from_where_each_line_left(api, stock, other):
    client = api("staff", stock.warehouse, other.warehouse)
    order = take_order((stock.variation, 9), warehouse=stock.warehouse)
    items = [{"line": 1, "quantity": 1}, {"line": 1, "quantity": 8, "warehouse": "ELSEWHERE"}]

    body = client.post(f"{ORDERS}{order.order_number}/fulfill/", {"items": items}).json()

    assert body["fulfilments"] == [
        {
            "code": body["fulfilment"],
            "occurred_at": body["fulfilments"][0]["occurred_at"],
            "recorded_at": body["fulfilments"][0]["recorded_at"],
            "fulfilled_by": client.user.code,
            "items": [
                {
                    "line": 1,
                    "product_id": stock.variation.product.code,
                    "product_name": stock.variation.product.name,
                    "sku": stock.variation.sku_code,
                    "quantity": quantity,
                    "unit_cost": 4,
                    "warehouse": place,
                }
                for quantity, place in ((1, stock.warehouse.code), (8, "ELSEWHERE"))
            ],
        }
    ]


def test_warehouse_that_ships_a_part_sees_that_part_alone(api, stock, other):
    order = take_order((stock.variation, 9), warehouse=stock.warehouse)
    fulfilment = fulfil_sales_order(
        order=order, lines=[line(1, 2), line(1, 6, other.warehouse)], acting_user=None
    )
    at_home, there = api("staff", stock.warehouse), api("staff", other.warehouse)
    stranger = api("staff", WarehouseFactory())
    path = f"{FULFILMENTS}{fulfilment.code}/"

    assert [row["quantity"] for row in at_home.get(path).json()["items"]] == [2, 6]
    seen = there.get(path).json()
    assert [(row["warehouse"], row["quantity"]) for row in seen["items"]] == [("ELSEWHERE", 6)]
    assert (seen["order_number"], seen["warehouse"]) == (order.order_number, stock.warehouse.code)
    assert there.get(f"{ORDERS}{order.order_number}/").status_code == 404
    assert stranger.get(path).status_code == 404
    for client, number in ((at_home, 1), (there, 1), (stranger, 0)):
        assert len(client.get(FULFILMENTS).json()["fulfilments"]) == number


@pytest.mark.parametrize(
    ("query", "number"),
    [("", 2), ("?order={order}", 1), ("?warehouse=ELSEWHERE", 1), ("?warehouse={home}", 1),
     ("?start_date=2999-01-01", 0), ("?end_date=2999-01-01", 2), ("?search=SO-", 2)],
)  # fmt: skip
def test_fulfilments_are_filtered(api, stock, other, query, number):
    orders = [take_order((stock.variation, 2), warehouse=stock.warehouse) for _ in range(2)]
    fulfil_sales_order(order=orders[0], acting_user=None)
    fulfil_sales_order(order=orders[1], lines=[line(1, 1, other.warehouse)], acting_user=None)
    query = query.format(order=orders[0].order_number, home=stock.warehouse.code)

    rows = api("admin").get(f"{FULFILMENTS}{query}").json()["fulfilments"]

    assert len(rows) == number


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_as_many_queries_for_three_rows_as_for_one(api, stock, rows):
    for _ in range(rows):
        order = take_order((stock.variation, 1), (stock.variation, 1), warehouse=stock.warehouse)
        fulfil_sales_order(order=order, acting_user=None)
    client = api("admin")

    with CaptureQueriesContext(connection) as queries:
        answer = client.get(FULFILMENTS)

    assert len(answer.json()["fulfilments"]) == rows
    assert len(queries) == 1  # the page with its lines


def availability(client, order):
    return client.get(f"{ORDERS}{order.order_number}/availability/").json()


def test_availability_proposes_the_own_warehouse_first_then_who_has_the_most(api, stock, other):
    least = put_in_stock(stock.variation, WarehouseFactory(code="LEAST"), 3)
    order = take_order((stock.variation, 15), (stock.variation, 7), warehouse=stock.warehouse)
    client = api("manager", stock.warehouse, other.warehouse, least.warehouse)

    body = availability(client, order)

    home = stock.warehouse.code
    assert (body["order_number"], body["warehouse"], body["is_complete"]) == (
        order.order_number, home, False,
    )  # fmt: skip
    first, second = body["items"]
    assert (first["quantity_outstanding"], first["quantity_reserved"]) == (15, 10)
    assert first["available"] == [
        {"warehouse": home, "quantity": 10},
        {"warehouse": "ELSEWHERE", "quantity": 8},
        {"warehouse": "LEAST", "quantity": 3},
    ]
    assert first["proposal"] == [
        {"warehouse": home, "quantity": 10}, {"warehouse": "ELSEWHERE", "quantity": 5},
    ]  # fmt: skip
    assert second["proposal"] == [
        {"warehouse": "ELSEWHERE", "quantity": 3}, {"warehouse": "LEAST", "quantity": 3},
    ]  # fmt: skip
    assert (first["quantity_short"], second["quantity_short"]) == (0, 1)
    answer = client.post(
        f"{ORDERS}{order.order_number}/fulfill/", {"items": body["proposed_items"]}
    )
    assert (answer.status_code, answer.json()["status"]) == (200, "partially_fulfilled")
    assert [figures(one) for one in (stock, other, least)] == [(0, 0), (0, 0), (0, 0)]
    assert verify_ledger() == []


def test_availability_tells_nothing_of_foreign_warehouses(manager, stock, other):
    order = take_order((stock.variation, 15), warehouse=stock.warehouse)

    body = availability(manager, order)

    assert body["items"][0]["available"] == [{"warehouse": stock.warehouse.code, "quantity": 10}]
    assert body["items"][0]["quantity_short"] == 5


def test_what_others_reserved_is_not_proposed(manager, stock):
    take_order((stock.variation, 7), warehouse=stock.warehouse)
    order = take_order((stock.variation, 5), warehouse=stock.warehouse)

    body = availability(manager, order)

    assert body["items"][0]["proposal"] == [{"warehouse": stock.warehouse.code, "quantity": 3}]
    assert body["is_complete"] is False


@pytest.mark.parametrize("lines", [1, 3])
def test_availability_takes_three_queries(api, stock, lines):
    order = take_order(*[(stock.variation, 1)] * lines, warehouse=stock.warehouse)
    client = api("admin")

    with CaptureQueriesContext(connection) as queries:
        body = availability(client, order)

    assert len(body["items"]) == lines
    assert len(queries) == 3


@pytest.mark.parametrize("lines", [5, 50])
def test_statements_are_as_many_for_fifty_lines_from_two_warehouses_as_for_five(lines):
    home, far = WarehouseFactory(), WarehouseFactory()
    variations = VariationFactory.create_batch(lines)
    for variation in variations:
        put_in_stock(variation, home, 5)
        put_in_stock(variation, far, 5)
    order = take_order(*[(variation, 8) for variation in variations], warehouse=home)
    requests = [
        line(position, quantity, place)
        for position in range(1, lines + 1)
        for quantity, place in ((3, None), (5, far))
    ]

    with CaptureQueriesContext(connection) as queries:
        fulfil_sales_order(order=order, lines=requests, acting_user=None)

    # A savepoint (2); order, lines with their goods; lines and order; balances, reservations,
    # posting; who waits for what was freed; fulfilment.
    assert len(queries) == 10
    order.refresh_from_db()
    assert order.status == "fulfilled"
    assert FulfilmentItem.objects.filter(warehouse=far).count() == lines
    assert verify_ledger() == []
