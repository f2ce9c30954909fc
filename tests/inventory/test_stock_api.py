import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from inventory.models import Stock, StockMovement
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from users.api.tokens import refresh_token_of
from users.models import SignIn

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("row_count", [1, 3])
@pytest.mark.parametrize("path", ["/api/stocks/", "/api/stock-movements/"])
def test_list_takes_one_query_for_any_number_of_rows(
    api, row_count, path, django_assert_num_queries
):
    """It reads the page with its product and warehouse; where that ends, nobody counts."""
    warehouse = WarehouseFactory()
    for _ in range(row_count):
        put_in_stock(warehouse=warehouse)
    client = api("viewer", warehouse)

    with django_assert_num_queries(1):
        answer = client.get(path)

    body = answer.json()
    rows = next(value for key, value in body.items() if key != "pagination")
    assert len(rows) == body["pagination"]["total_items"] == row_count


def test_stock_row_shows_what_there_is_and_what_is_free(api):
    stock = put_in_stock(VariationFactory(reorder_level=Decimal(20)), quantity=Decimal("12.5"))
    client = api("viewer", stock.warehouse)

    row = client.get("/api/stocks/").json()["stocks"][0]

    assert row == {
        "id": stock.pk,
        "product_id": stock.variation.product.code,
        "product_name": stock.variation.product.name,
        "sku": stock.variation.sku_code,
        "warehouse": stock.warehouse.code,
        "on_hand": 12.5,
        "reserved": 0,
        "unavailable": 0,
        "available": 12.5,
        "incoming": 0,
        "average_cost": 4,
        "reorder_point": 20,
        "is_low": True,
        "bin_location": "",
    }


def test_stock_of_other_warehouses_is_not_there(api):
    own, foreign = put_in_stock(), put_in_stock()
    client = api("manager", own.warehouse)

    listed = client.get("/api/stocks/").json()["stocks"]

    assert [row["id"] for row in listed] == [own.pk]
    assert client.get(f"/api/stocks/{foreign.pk}/").status_code == 404
    movement = foreign.movements.get()
    assert client.get(f"/api/stock-movements/{movement.code}/").status_code == 404
    assert client.get(f"/api/stocks/?warehouse={foreign.warehouse.code}").json()["stocks"] == []


def test_movement_answers_in_the_shape_of_the_specification(api):
    stock = put_in_stock(quantity=75)
    client = api("staff", stock.warehouse)

    answer = client.post(
        "/api/stock-movements",
        {
            "product_id": stock.variation.product.code,
            "movement_type": "adjustment",
            "quantity": -5,
            "unit_cost": 50.00,
            "reason_code": "damaged_goods",
            "reason_description": "5 units found damaged during quality inspection.",
            "warehouse_location": "A-12-Shelf3-Bin4",
            "processed_by": client.user.code,
            "notes": "Adjusted stock due to damaged items.",
        },
    )

    body = answer.json()
    assert answer.status_code == 201
    assert body["message"] == "Stock movement recorded successfully"
    assert (body["new_stock_level"], body["quantity"], body["stock_before"]) == (70, -5, 75)
    assert body["movement_id"] == StockMovement.objects.get(pk=body["id"]).code
    assert body["processed_by"] == client.user.code
    found = client.get(f"/api/stock-movements/{body['movement_id']}/").json()
    assert found["reason_code"] == "damaged_goods"
    assert found["warehouse_location"] == "A-12-Shelf3-Bin4"


@pytest.mark.parametrize("quantity", [4, -4])
def test_outbound_takes_either_sign_and_answers_negative(api, quantity):
    stock = put_in_stock(quantity=10)
    client = api("staff", stock.warehouse)
    body = {"sku": stock.variation.sku_code, "movement_type": "outbound", "quantity": quantity}

    answer = client.post("/api/stock-movements/", body)

    assert (answer.json()["quantity"], answer.json()["new_stock_level"]) == (-4, 6)


@pytest.mark.parametrize(
    ("named", "field", "text"),
    [
        ({"sku": "NO-1"}, "sku", 'Unknown SKU "NO-1". Use a code or id of the catalogue.'),
        (
            {"product_id": "NO-2"},
            "product_id",
            'Unknown product "NO-2". Use a code or id of the catalogue.',
        ),
        ({"sku": ""}, "product_id", "Name a product: product_id, sku or product_variation."),
    ],
)
def test_a_movement_of_unknown_goods_says_which_and_of_none_what_to_name(api, named, field, text):
    client = api("staff", WarehouseFactory())

    answer = client.post(
        "/api/stock-movements/", {"movement_type": "inbound", "quantity": 1, **named}
    )

    assert (answer.status_code, answer.json()["details"]) == (400, {field: [text]})
    assert not StockMovement.objects.exists()


def test_a_product_alone_means_its_default_variation(api):
    product = ProductFactory()
    _, usual, _ = (
        VariationFactory(product=product, is_default=is_default)
        for is_default in (False, True, False)
    )
    client = api("staff", WarehouseFactory())
    body = {"product_id": product.code, "movement_type": "inbound", "quantity": 1}

    assert client.post("/api/stock-movements/", body).status_code == 201

    assert Stock.objects.get().variation == usual


def test_only_managers_record_the_past(api):
    stock = put_in_stock(quantity=10)
    body = {
        "sku": stock.variation.sku_code,
        "movement_type": "inbound",
        "quantity": 1,
        "timestamp": "2025-01-28T09:00:00Z",
    }

    refused = api("staff", stock.warehouse).post("/api/stock-movements/", body)
    allowed = api("manager", stock.warehouse).post("/api/stock-movements/", body)

    assert refused.status_code == 403
    assert "timestamp" in refused.json()["details"]
    assert allowed.status_code == 201
    assert allowed.json()["timestamp"].startswith("2025-01-28T09:00:00")
    assert allowed.json()["stock_before"] == 10


def test_first_stock_is_assigned_as_an_inbound_movement(api):
    variation, warehouse = VariationFactory(), WarehouseFactory()
    client = api("staff", warehouse)

    answer = client.post(
        "/api/stocks/assign/",
        {"sku": variation.sku_code, "warehouse": warehouse.code, "quantity": 30},
    )

    assert answer.status_code == 201
    assert (answer.json()["movement_type"], answer.json()["reason_code"]) == (
        "inbound",
        "initial_stock",
    )
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.average_cost) == (30, 4)


@pytest.mark.parametrize("role", ["viewer", "sales"])
def test_who_only_reads_may_not_move_stock(api, role):
    stock = put_in_stock(quantity=10)
    client = api(role, stock.warehouse)
    body = {"sku": stock.variation.sku_code, "movement_type": "outbound", "quantity": 1}

    assert client.post("/api/stock-movements/", body).status_code == 403
    assert client.post("/api/stocks/assign/", body).status_code == 403
    stock.refresh_from_db()
    assert stock.on_hand == 10


def test_movement_filters(api):
    first, second = put_in_stock(quantity=1), put_in_stock(quantity=2)
    client = api("admin")

    def ids(query):
        rows = client.get(f"/api/stock-movements/?{query}").json()["stock_movements"]
        return [row["sku"] for row in rows]

    one, two = first.variation.sku_code, second.variation.sku_code
    assert ids("") == [two, one]
    assert ids(f"sku={one}") == [one]
    assert ids(f"product_id={second.variation.product.code}") == [two]
    assert ids(f"warehouse={first.warehouse.code.lower()}") == [one]
    assert ids("movement_type=outbound") == []
    assert ids("start_date=2000-01-01&end_date=2000-01-02") == []
    assert ids("ordering=occurred_at") == [one, two]
    refused = client.get("/api/stock-movements/?ordering=quantity")
    assert (refused.status_code, [*refused.json()["details"]]) == (400, ["ordering"])


MOVEMENT_STATEMENTS = [
    "SAVEPOINT",  # BEGIN outside of tests
    "SELECT",  # the signed-in user, with the sign-in that the token names
    "INSERT",  # the idempotency key
    "SELECT",  # the variation by its SKU, with its product
    "SELECT",  # the warehouse, among the caller's
    "SAVEPOINT",  # of the posting
    "SELECT",  # lock the balance
    "WITH",  # balance and movement in one statement
    "RELEASE",
    "UPDATE",  # the stored answer
    "RELEASE",  # COMMIT outside of tests
]


def first_word(sql):
    """Return the first word of a statement, behind what it tells the audit on its way."""
    return re.sub(r"^SELECT set_config\('inventorypulse\.audit', '.*?', true\);", "", sql).split()[
        0
    ]


def test_one_movement_through_http_takes_these_statements(client, api):
    stock = put_in_stock(quantity=10)
    sku, warehouse = stock.variation.sku_code, stock.warehouse.code
    signed_in = api("staff", stock.warehouse)
    password = "a-Long-enough-1"
    signed_in.user.set_password(password)
    signed_in.user.save()
    login = client.post(
        "/api/auth/login/",
        {"username": signed_in.user.username, "password": password},
        content_type="application/json",
    )

    with CaptureQueriesContext(connection) as queries:
        answer = client.post(
            "/api/stock-movements/",
            {
                "sku": sku,
                "warehouse": warehouse,
                "movement_type": "outbound",
                "quantity": 1,
            },
            content_type="application/json",
            headers={
                "Authorization": f"Bearer {login.json()['access_token']}",
                "Idempotency-Key": "one",
            },
        )

    assert answer.status_code == 201
    assert [first_word(query["sql"]) for query in queries] == MOVEMENT_STATEMENTS


@pytest.mark.parametrize(("headers", "statements"), [({}, 7), ({"Idempotency-Key": "k-1"}, 11)])
def test_one_movement_through_http_keeps_its_statement_count(headers, statements):
    """With the token of somebody signed in, from authentication to commit.

    The user with the sign-in, the variation, the warehouse; BEGIN, the lock, one statement that
    writes, COMMIT. A key puts all of it into a transaction of its own, in which it is claimed and
    the answer stored.
    """
    stock = put_in_stock()
    clerk = MembershipFactory(user=UserFactory(role="staff"), warehouse=stock.warehouse).user
    sign_in = SignIn.objects.create(
        user=clerk, current_jti="0" * 32, expires_at=timezone.now() + timedelta(hours=1)
    )
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {refresh_token_of(sign_in).access_token}")
    body = {"sku": stock.variation.sku_code, "warehouse": stock.warehouse.code}
    body |= {"movement_type": "outbound", "quantity": 1}

    with CaptureQueriesContext(connection) as queries:
        answer = client.post("/api/stock-movements/", body, headers=headers)

    assert (answer.status_code, answer.json()["new_stock_level"]) == (201, 9)
    assert len(queries) == statements
