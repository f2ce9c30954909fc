"""Where did lot X go: from the delivery to the customers."""

import csv
import io
from datetime import date

import pytest

from inventory.models import Lot
from tests.factories.inventory import ProductFactory, VariationFactory
from tests.factories.purchasing import make_order
from tests.factories.transfers import make_transfer
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
LATE = "2040-01-01"


@pytest.fixture
def milk():
    return VariationFactory(product=ProductFactory(lot_tracking=True, expiration_tracking=True))


@pytest.fixture
def shop():
    return WarehouseFactory()


def deliver(client, milk, shop, *lots):
    """Order and receive (lot, quantity) in one delivery; return the order."""
    order = make_order(sum(number for _, number in lots), variations=[milk], warehouse=shop)
    items = [
        {
            "sku": milk.sku_code,
            "quantity_accepted": quantity,
            "lot_number": lot,
            "expiration_date": LATE,
        }
        for lot, quantity in lots
    ]
    answer = client.post(f"/api/purchase-orders/{order.order_number}/receive/", {"items": items})
    assert answer.status_code == 200, answer.json()
    return order


def sell(client, milk, shop, quantity, email, **fulfilment):
    body = {
        "warehouse": shop.code,
        "customer_email": email,
        "items": [{"sku": milk.sku_code, "quantity": quantity}],
    }
    order = client.post("/api/sales-orders/", body).json()
    answer = client.post(f"/api/sales-orders/{order['order_number']}/fulfill/", fulfilment)
    assert answer.status_code == 200, answer.json()
    return order["order_number"]


def test_recall_tells_deliveries_customers_transfers_and_what_is_left(api, milk, shop):
    client, elsewhere = api("manager", shop), WarehouseFactory()
    bought = deliver(client, milk, shop, ("A", 10), ("B", 10))
    ann = sell(client, milk, shop, 4, "ann@example.com")
    lines = [
        {"line": 1, "quantity": 1, "lot_number": "A"},
        {"line": 1, "quantity": 2, "lot_number": "B"},
    ]
    bob = sell(client, milk, shop, 3, "bob@example.com", items=lines)
    sell(
        client,
        milk,
        shop,
        2,
        "eve@example.com",
        items=[{"line": 1, "quantity": 2, "lot_number": "B"}],
    )
    returned = client.post(
        "/api/sales-returns/",
        {"order_number": ann, "items": [{"line": 1, "quantity": 3, "reason": "unwanted"}]},
    )
    assert returned.json()["items"][0]["lot_number"] == "A"
    transfer = make_transfer(
        2, variations=[milk], source=shop, to=elsewhere, auto_receive=True, status="in_transit"
    )
    lot = Lot.objects.get(lot_number="A")

    answer = client.get(f"/api/lots/{lot.code}/recall/").json()

    assert [
        (row["reference_id"], row["supplier_id"], row["warehouse"], row["quantity"])
        for row in answer["received_from"]
    ] == [(bought.order_number, bought.supplier.code, shop.code, 10)]
    assert [
        (
            row["order_number"],
            row["customer_email"],
            row["quantity_sold"],
            row["quantity_returned"],
            row["quantity_with_customer"],
        )
        for row in answer["sold_to"]
    ] == [(ann, "ann@example.com", 4, 3, 1), (bob, "bob@example.com", 1, 0, 1)]
    assert [
        (row["movement_type"], row["reference_type"], row["reference_id"], row["quantity"])
        for row in answer["other_movements"]
    ] == [
        ("inbound", "sales_return", returned.json()["return_number"], 3),
        ("transfer", "transfer", transfer.code, -2),
    ]
    assert answer["lot"]["balances"] == [
        {"warehouse": shop.code, "on_hand": 6, "quarantined": False, "expired": False}
    ]
    everywhere = api("admin").get(f"/api/lots/{lot.pk}/recall/").json()
    assert [balance["on_hand"] for balance in everywhere["lot"]["balances"]] == [6, 2]
    assert [row["quantity"] for row in everywhere["other_movements"]] == [3, -2, 2]


def test_the_customers_of_a_lot_are_a_file(api, milk, shop):
    client = api("manager", shop)
    deliver(client, milk, shop, ("A", 5))
    number = sell(client, milk, shop, 2, "ann@example.com")

    answer = client.get(f"/api/lots/{Lot.objects.get().code}/recall/?format=csv")

    [row] = csv.DictReader(io.StringIO(answer.getvalue().decode()))
    assert (row["order_number"], row["customer_email"], row["quantity_with_customer"]) == (
        number, "ann@example.com", "2",
    )  # fmt: skip
    assert answer["Content-Disposition"].endswith(f'"recall-{Lot.objects.get().code}.csv"')
    unknown = client.get("/api/lots/LOT-999999/recall/?format=csv")
    assert (unknown.status_code, unknown["Content-Type"]) == (404, "application/json")


def test_recall_shows_no_customer_of_a_foreign_warehouse(api, milk, shop):
    elsewhere, admin = WarehouseFactory(), api("admin")
    for place in (shop, elsewhere):
        deliver(admin, milk, place, ("A", 5))
    sell(admin, milk, elsewhere, 4, "secret@example.com")

    answer = api("manager", shop).get(f"/api/lots/{Lot.objects.get().pk}/recall/")

    assert answer.json()["sold_to"] == []
    assert "secret@example.com" not in answer.content.decode()


def test_recall_takes_the_same_queries_for_one_order_and_three(
    api, milk, shop, django_assert_num_queries
):
    client = api("manager", shop)
    deliver(client, milk, shop, ("A", 10))
    path = f"/api/lots/{Lot.objects.get().pk}/recall/"
    for _ in range(2):
        sell(client, milk, shop, 1, "ann@example.com")
        # the lot, its balances, movements by document, suppliers, orders, returns, what was set
        # aside, and dates that were corrected
        with django_assert_num_queries(8):
            client.get(path)


def test_delivery_without_the_lots_of_tracked_goods_names_the_line(api, milk, shop):
    client = api("manager", shop)
    order = make_order(1, 5, variations=[VariationFactory(), milk], warehouse=shop)

    answer = client.patch(f"/api/purchase-orders/{order.order_number}/", {"status": "received"})

    assert (answer.status_code, list(answer.json()["details"])) == (400, ["items.1.lot_number"])
    order.refresh_from_db()
    assert order.status == "draft"
    assert not Lot.objects.exists()


def test_return_of_a_lot_that_did_not_leave_for_the_order_is_refused(api, milk, shop):
    client = api("manager", shop)
    deliver(client, milk, shop, ("A", 2), ("B", 5))
    order = sell(client, milk, shop, 4, "ann@example.com")

    def give_back(lot, quantity):
        line = {"line": 1, "quantity": quantity, "reason": "unwanted", "lot_number": lot}
        return client.post("/api/sales-returns/", {"order_number": order, "items": [line]})

    unnamed, unknown, too_much = give_back("", 1), give_back("C", 1), give_back("A", 3)

    assert unnamed.json()["details"] == {
        "items.0.lot_number": ["Of several lots that left, name the one that came back: A, B."]
    }
    assert unknown.json()["details"] == {
        "items.0.lot_number": ["Lot C did not leave for this order. Lots that did: A, B."]
    }
    assert (too_much.status_code, too_much.json()["details"]) == (
        409, {"items.0.quantity": ["2 of lot A can come back. Send at most that."]},
    )  # fmt: skip
    assert give_back("A", 2).status_code == 201
    assert give_back("A", 1).status_code == 409
    assert Lot.objects.get(lot_number="A").balances.get().on_hand == 2
    assert Lot.objects.get(lot_number="A").expiration_date == date(2040, 1, 1)
