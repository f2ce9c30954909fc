"""Hostile and mistaken requests: each a clear 4xx in the one shape, and nothing changed."""

import json
from decimal import Decimal

import pytest

from inventory.models import Stock, StockMovement
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
MOVEMENTS = "/api/stock-movements/"
SHAPE = {"error", "message", "code", "details"}


@pytest.fixture
def place(api):
    """A manager of a warehouse that holds ten of one SKU."""
    warehouse = WarehouseFactory(code="WH-HOME", is_default=True)
    stock = put_in_stock(VariationFactory(sku_code="SKU-HOME"), warehouse, 10)
    client = api("manager", warehouse)
    client.raise_request_exception = False
    client.stock = stock
    return client


def movement(**changes):
    body = {"sku": "SKU-HOME", "warehouse": "WH-HOME", "movement_type": "inbound", "quantity": 1}
    return body | changes


REFUSED_MOVEMENTS = [
    ({"sku": "NO-SUCH"}, 400, "sku"),
    ({"sku": None}, 400, "product_id"),
    ({"sku": ["SKU-HOME"]}, 400, "sku"),
    ({"sku": "x" * 10_000}, 400, "sku"),
    ({"quantity": -1}, 400, "quantity"),
    ({"quantity": 0}, 400, "quantity"),
    ({"quantity": "NaN"}, 400, "quantity"),
    ({"quantity": "Infinity"}, 400, "quantity"),
    ({"quantity": "1e400"}, 400, "quantity"),
    ({"quantity": 1e30}, 400, "quantity"),
    ({"quantity": 10**30}, 400, "quantity"),
    ({"quantity": 1.23456}, 400, "quantity"),
    ({"quantity": None}, 400, "quantity"),
    ({"quantity": True}, 400, "quantity"),
    ({"quantity": {"a": 1}}, 400, "quantity"),
    ({"quantity": 100_000_000}, 400, "quantity"),
    ({"unit_cost": -1}, 400, "unit_cost"),
    ({"movement_type": "teleport"}, 400, "movement_type"),
    ({"movement_type": "transfer"}, 400, "movement_type"),
    ({"movement_type": []}, 400, "movement_type"),
    ({"timestamp": "yesterday"}, 400, "timestamp"),
    ({"timestamp": "2999-01-01T00:00:00Z"}, 400, "timestamp"),
    ({"expiration_date": "2026-02-30"}, 400, "expiration_date"),
    ({"processed_by": "USR999999"}, 400, "processed_by"),
    ({"notes": "n" * 501}, 400, "notes"),
    ({"movement_type": "outbound", "quantity": 11}, 409, "lines"),
    ({"movement_type": "outbound", "quantity": -11}, 409, "lines"),
    ({"movement_type": "adjustment", "quantity": -11}, 409, "lines"),
]


@pytest.mark.parametrize(("changes", "status", "field"), REFUSED_MOVEMENTS)
def test_wrong_movement_is_refused_by_its_field_and_nothing_changes(place, changes, status, field):
    answer = place.post(MOVEMENTS, movement(**changes))

    assert (answer.status_code, set(answer.json())) == (status, SHAPE), answer.content
    assert field in answer.json()["details"]
    assert StockMovement.objects.count() == 1
    assert Stock.objects.get().on_hand == 10


def test_foreign_and_unknown_warehouses_get_the_same_answer(place):
    WarehouseFactory(code="WH-FOREIGN")

    answers = [
        place.post(MOVEMENTS, movement(warehouse=code)) for code in ("WH-FOREIGN", "WH-NONE")
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    texts = [answer.json()["details"]["warehouse"][0] for answer in answers]
    assert texts[0].replace("WH-FOREIGN", "") == texts[1].replace("WH-NONE", "")
    assert StockMovement.objects.count() == 1


RAW_BODIES = [
    (b"not json", 400),
    (b'{"sku": "SKU-HOME", "quantity": NaN}', 400),
    (b'{"sku": "SKU-HOME"', 400),
    (b"[1, 2]", 400),
    (b'"text"', 400),
    (b"null", 400),
    (b"", 400),
    (b'{"sku": "\\ud800"}', 400),
    (b'{"sku": "\\u0000"}', 400),
    (b'{"notes": "\xff\xfe"}', 400),
    (b"[" * 100_000, 400),
    (b'{"notes": "' + b"x" * 10_000_000 + b'"}', 413),
]


@pytest.mark.parametrize(("body", "status"), RAW_BODIES)
def test_body_that_is_no_proper_json_object_is_refused(place, body, status):
    answer = place.generic("POST", MOVEMENTS, body, content_type="application/json")

    assert (answer.status_code, set(answer.json())) == (status, SHAPE), answer.content[:300]
    assert StockMovement.objects.count() == 1


def test_other_content_type_is_refused(place):
    answer = place.generic("POST", MOVEMENTS, b"<a/>", content_type="application/xml")

    assert (answer.status_code, set(answer.json())) == (415, SHAPE)


LISTS = [
    "/api/products/",
    "/api/variations/",
    "/api/categories/",
    "/api/suppliers/",
    "/api/warehouses/",
    "/api/stocks/",
    "/api/stock-movements/",
    "/api/low-stock-thresholds/",
    "/api/purchase-orders/",
    "/api/orders/purchase/",
    "/api/sales-orders/",
    "/api/sales-returns/",
    "/api/sales-prices/",
    "/api/fulfilments/",
    "/api/alerts/",
    "/api/notifications/",
    "/api/users/",
]
QUERIES = [
    ("page=2", "page"),
    ("page=0", "page"),
    ("page=-1", "page"),
    ("page=x", "page"),
    (f"page={10**30}", "page"),
    ("limit=0", "limit"),
    ("limit=101", "limit"),
    (f"limit={10**30}", "limit"),
    ("limit=%D9%A3", "limit"),
    ("ordering=password", "ordering"),
    ("no_such_filter=1", "no_such_filter"),
]


@pytest.mark.parametrize(("query", "parameter"), QUERIES)
@pytest.mark.parametrize("path", LISTS)
def test_list_refuses_a_wrong_parameter_by_its_name(api, path, query, parameter):
    client = api("admin")

    answer = client.get(f"{path}?{query}")

    assert (answer.status_code, set(answer.json())) == (400, SHAPE), answer.content
    assert parameter in answer.json()["details"]


@pytest.mark.parametrize("path", LISTS)
def test_list_answers_with_and_without_a_slash_and_refuses_nul(api, path):
    client = api("admin")

    assert client.get(path).status_code == 200
    assert client.get(path.rstrip("/")).json() == client.get(path).json()
    for place in (f"{path}?search=%00", f"{path}%00/", f"{path}?search=%FF"):
        answer = client.get(place)
        assert answer.status_code in (400, 404), place
        assert set(answer.json()) == SHAPE


@pytest.mark.parametrize(
    "query", ["start_date=2026-13-01", "end_date=tomorrow", "movement_type=x", "warehouse=NONE"]
)
def test_movement_filters_refuse_what_they_do_not_know(api, query):
    answer = api("admin").get(f"{MOVEMENTS}?{query}")

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == [query.split("=")[0]]


def test_unknown_path_below_api_answers_in_the_shape(api):
    answer = api("admin").get("/api/no-such-thing/")

    assert (answer.status_code, set(answer.json())) == (404, SHAPE)


def test_quantities_are_numbers_in_answers(place):
    answer = place.post(MOVEMENTS, movement(quantity=2.5, unit_cost="4.1250"))

    body = json.loads(answer.content, parse_float=Decimal)
    assert answer.status_code == 201
    assert (body["quantity"], body["new_stock_level"], body["unit_cost"]) == (
        Decimal("2.5"),
        Decimal("12.5"),
        Decimal("4.125"),
    )
    assert b'"stock_before":10,' in answer.content
