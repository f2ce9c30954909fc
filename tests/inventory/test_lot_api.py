"""Lots over HTTP."""

from datetime import UTC, datetime

import pytest
import time_machine

from inventory.models import Lot, LotBalance, StockMovement
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
JULY, AUGUST = "2026-07-01", "2026-08-01"


@pytest.fixture(autouse=True)
def middle_of_june():
    with time_machine.travel(datetime(2026, 6, 15, 12, tzinfo=UTC)):
        yield


@pytest.fixture
def milk():
    return VariationFactory(product=ProductFactory(lot_tracking=True, expiration_tracking=True))


@pytest.fixture
def shop():
    return WarehouseFactory()


def move(client, variation, warehouse, movement_type, quantity, **rest):
    body = {
        "sku": variation.sku_code,
        "warehouse": warehouse.code,
        "movement_type": movement_type,
        "quantity": quantity,
        **rest,
    }
    return client.post("/api/stock-movements/", body)


def test_movements_name_lots_and_say_which_they_took(api, milk, shop):
    client = api("staff", shop)
    for lot, expires in (("LATE", AUGUST), ("SOON", JULY)):
        answer = move(client, milk, shop, "inbound", 5, lot_number=lot, expiration_date=expires)
        assert answer.status_code == 201
    assert answer.json()["lot_number"] == "SOON"

    answer = move(client, milk, shop, "outbound", 7)

    codes = [one.code for one in StockMovement.objects.order_by("pk")[2:]]
    assert answer.json()["lots"] == [
        {"lot_number": "SOON", "expiration_date": JULY, "quantity": -5, "movement_id": codes[0]},
        {"lot_number": "LATE", "expiration_date": AUGUST, "quantity": -2, "movement_id": codes[1]},
    ]
    assert (answer.json()["movement_id"], answer.json()["new_stock_level"]) == (codes[0], 3)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "lot_number"),
        ({"lot_number": "L1"}, "expiration_date"),
        ({"lot_number": "L1", "expiration_date": "2026-06-14"}, "expiration_date"),
        ({"lot_number": "L1", "expiration_date": "soon"}, "expiration_date"),
    ],
)
def test_receipt_without_a_fitting_lot_names_the_field(api, milk, shop, body, field):
    answer = move(api("staff", shop), milk, shop, "inbound", 5, **body)

    assert (answer.status_code, list(answer.json()["details"])) == (400, [field])
    assert not Lot.objects.exists()


def test_assigned_stock_of_tracked_goods_names_its_lot(api, milk, shop):
    body = {"sku": milk.sku_code, "warehouse": shop.code, "quantity": 5}
    client = api("staff", shop)

    assert client.post("/api/stocks/assign/", body).json()["details"].keys() == {"lot_number"}
    body |= {"lot_number": "L1", "expiration_date": JULY}
    assert client.post("/api/stocks/assign/", body).status_code == 201

    assert list(LotBalance.objects.values_list("lot__lot_number", "on_hand")) == [("L1", 5)]


def test_product_of_tracked_goods_takes_no_stock_without_a_lot(api, milk, shop):
    client = api("manager", shop)
    body = {"inventory": {"current_stock": 5}}

    refused = client.patch(f"/api/products/{milk.product.code}/", body)
    new = {"name": "Cheese", "lot_tracking": True, **body}
    refused_too = client.post("/api/products/", new)

    for answer in (refused, refused_too):
        assert (answer.status_code, list(answer.json()["details"])) == (
            400,
            ["inventory.current_stock"],
        )


def test_expired_lot_is_refused_by_name_and_disposed_of_by_an_adjustment(api, milk, shop):
    client = api("staff", shop)
    move(client, milk, shop, "inbound", 5, lot_number="OLD", expiration_date="2026-06-15")

    with time_machine.travel(datetime(2026, 6, 16, 12, tzinfo=UTC)):
        sale = move(client, milk, shop, "outbound", 1, lot_number="OLD")
        disposal = move(
            client, milk, shop, "adjustment", -5, lot_number="OLD", reason_code="expired"
        )

    assert (sale.status_code, sale.json()["code"]) == (409, "insufficient_stock")
    assert sale.json()["message"].startswith("Lot OLD expired on 2026-06-15. Name another lot")
    assert (disposal.status_code, disposal.json()["new_stock_level"]) == (201, 0)


@pytest.fixture
def lots(milk, shop):
    """Four lots in two warehouses: for sale, set aside, and two of them used up or elsewhere."""
    elsewhere = WarehouseFactory()
    for warehouse, lot, expires in (
        (shop, "A", JULY),
        (shop, "B", AUGUST),
        (elsewhere, "B", AUGUST),
        (elsewhere, "C", AUGUST),
    ):
        put_in_stock(milk, warehouse, 5, lot_number=lot, expiration_date=date_of(expires))
    return elsewhere


def date_of(text):
    return datetime.fromisoformat(text).date()


def numbers(answer):
    assert answer.status_code == 200, answer.json()
    return [lot["lot_number"] for lot in answer.json()["lots"]]


def test_list_shows_lots_and_balances_of_own_warehouses_alone(api, milk, shop, lots):
    answer = api("viewer", shop).get("/api/lots/")

    assert answer.json()["lots"][1] == {
        "id": Lot.objects.get(lot_number="B").pk,
        "code": Lot.objects.get(lot_number="B").code,
        "lot_number": "B",
        "product_id": milk.product.code,
        "product_name": milk.product.name,
        "sku": milk.sku_code,
        "expiration_date": AUGUST,
        "status": "available",
        "on_hand": 5,
        "created_at": "2026-06-15T12:00:00Z",
        "balances": [
            {"warehouse": shop.code, "on_hand": 5, "quarantined": False, "expired": False}
        ],
    } | {"created_at": answer.json()["lots"][1]["created_at"]}
    assert numbers(answer) == ["A", "B"]
    assert numbers(api("admin").get("/api/lots/")) == ["A", "B", "C"]


def test_list_filters(api, milk, shop, lots):
    client = api("manager", shop)
    client.post(f"/api/lots/{Lot.objects.get(lot_number='B').pk}/quarantine/", {"reason": "Glass"})
    move(client, milk, shop, "outbound", 5, lot_number="A")

    assert numbers(client.get("/api/lots/", {"expires_before": AUGUST})) == ["A"]
    assert numbers(client.get("/api/lots/", {"sku": milk.sku_code})) == ["A", "B"]
    assert numbers(client.get("/api/lots/", {"product_id": milk.product.code})) == ["A", "B"]
    assert numbers(client.get("/api/lots/", {"lot_number": "b"})) == ["B"]
    assert numbers(client.get("/api/lots/", {"status": "quarantined"})) == ["B"]
    assert numbers(client.get("/api/lots/", {"status": "empty"})) == ["A"]
    assert numbers(client.get("/api/lots/", {"status": "available"})) == []
    assert numbers(client.get("/api/lots/", {"warehouse": shop.code})) == ["A", "B"]
    assert numbers(client.get("/api/lots/", {"warehouse": lots.code})) == []
    assert numbers(api("admin").get("/api/lots/", {"warehouse": lots.code})) == ["B", "C"]
    with time_machine.travel(datetime(2026, 8, 2, tzinfo=UTC)):
        assert numbers(client.get("/api/lots/", {"status": "expired"})) == ["B"]


@pytest.mark.parametrize("number", [1, 3])
def test_list_takes_the_same_queries_for_one_lot_and_three(
    api, milk, shop, number, django_assert_num_queries
):
    for index in range(number):
        put_in_stock(milk, shop, 1, lot_number=f"L{index}", expiration_date=date_of(JULY))
    client = api("viewer", shop)

    with django_assert_num_queries(2):  # lots with their number, their balances
        answer = client.get("/api/lots/")

    assert len(answer.json()["lots"]) == number


def test_lot_of_a_foreign_warehouse_is_as_absent(api, milk, shop, lots):
    foreign = Lot.objects.get(lot_number="C")
    client = api("manager", shop)

    for method, path in (
        ("get", ""), ("patch", ""), ("post", "quarantine/"), ("post", "release/"),
        ("get", "recall/"),
    ):  # fmt: skip
        body = {"reason": "x", "expiration_date": JULY} if method != "get" else None
        answer = getattr(client, method)(f"/api/lots/{foreign.code}/{path}", body)
        assert answer.status_code == 404, path


def test_quarantine_is_of_own_warehouses_and_says_what_orders_lost(api, milk, shop, lots):
    client, lot = api("staff", shop), Lot.objects.get(lot_number="B")
    order = api("sales", shop).post(
        "/api/sales-orders/",
        {"warehouse": shop.code, "items": [{"sku": milk.sku_code, "quantity": 8}]},
    )

    answer = client.post(f"/api/lots/{lot.code}/quarantine/", {"reason": "Glass"})
    again = client.post(f"/api/lots/{lot.code}/quarantine/", {"reason": "Glass"})
    foreign = client.post(
        f"/api/lots/{lot.code}/quarantine/", {"reason": "Glass", "warehouse": lots.code}
    )

    assert (answer.status_code, answer.json()["status"]) == (200, "quarantined")
    assert [
        (row["warehouse"], row["quantity"], row["released_reservations"], row["reason"])
        for row in answer.json()["quarantines"]
    ] == [(shop.code, 5, 3, "Glass")]
    assert (again.status_code, foreign.status_code) == (409, 400)
    held = api("sales", shop).get(f"/api/sales-orders/{order.json()['order_number']}/")
    assert held.json()["items"][0]["quantity_reserved"] == 5
    assert set(LotBalance.objects.filter(quarantined=True).values_list("stock__warehouse")) == {
        (shop.pk,)
    }


def test_release_gives_the_goods_to_who_waits(api, milk, shop, lots):
    client, lot = api("staff", shop), Lot.objects.get(lot_number="B")
    client.post(f"/api/lots/{lot.pk}/quarantine/", {"reason": "Glass"})
    order = api("sales", shop).post(
        "/api/sales-orders/",
        {"warehouse": shop.code, "items": [{"sku": milk.sku_code, "quantity": 8}]},
    )

    answer = client.post(f"/api/lots/{lot.pk}/release/", {"reason": "No glass"})

    assert (answer.status_code, answer.json()["status"]) == (200, "available")
    held = api("sales", shop).get(f"/api/sales-orders/{order.json()['order_number']}/")
    assert held.json()["items"][0]["quantity_reserved"] == 8


def test_corrected_date_is_the_managers(api, milk, shop, lots):
    lot = Lot.objects.get(lot_number="A")
    body = {"expiration_date": "2026-06-01", "reason": "Misread"}

    assert api("staff", shop).patch(f"/api/lots/{lot.pk}/", body).status_code == 403
    answer = api("manager", shop).patch(f"/api/lots/{lot.pk}/", body)
    missing = api("manager", shop).patch(f"/api/lots/{lot.pk}/", {**body, "expiration_date": None})
    silent = api("manager", shop).patch(f"/api/lots/{lot.pk}/", {"expiration_date": "2026-06-02"})

    assert (answer.status_code, answer.json()["status"]) == (200, "expired")
    assert answer.json()["balances"][0]["expired"] is True
    assert (missing.status_code, list(missing.json()["details"])) == (400, ["expiration_date"])
    assert (silent.status_code, list(silent.json()["details"])) == (400, ["reason"])
    [change] = api("manager", shop).get(f"/api/lots/{lot.pk}/recall/").json()["expiry_changes"]
    assert (change["after"], change["reason"]) == ("2026-06-01", "Misread")
