from datetime import UTC, datetime

import pytest

from inventory.models import Stock, StockMovement
from purchasing.models import PurchaseOrder
from tests.factories.inventory import VariationFactory
from tests.factories.purchasing import facts, make_order
from tests.factories.suppliers import SupplierFactory

pytestmark = pytest.mark.django_db


def path_of(order):
    return f"/api/orders/purchase/{order.order_number}"


def on_hand(order):
    return list(
        Stock.objects.filter(warehouse=order.warehouse)
        .order_by("pk")
        .values_list("on_hand", flat=True)
    )


def test_put_takes_the_body_of_the_specification(manager, place):
    ordered = datetime(2025, 1, 20, 9, tzinfo=UTC)
    order = make_order(75, warehouse=place, status="confirmed", order_date=ordered)
    body = {
        "status": "shipped",
        "actual_delivery_date": "2025-02-03T10:00:00Z",
        "items": [
            {"product_id": order.items.get().variation.product.code, "quantity_received": 75}
        ],
    }

    response = manager.put(path_of(order), body)

    answer = response.json()
    assert response.status_code == 200
    assert answer["message"] == "Purchase order updated successfully"
    assert answer["order_number"] == order.order_number
    assert answer["updated_fields"] == ["status", "actual_delivery_date", "items"]
    assert answer["status"] == "received"
    assert answer["actual_delivery_date"].startswith("2025-02-03T10:00:00")
    assert on_hand(order) == [75]


def test_a_quantity_received_is_absolute(staff, place):
    order = make_order(10, warehouse=place, status="sent")
    item = {"sku": order.items.get().variation.sku_code}

    statuses = [
        staff.put(path_of(order), {"items": [item | {"quantity_received": quantity}]}).json()[
            "status"
        ]
        for quantity in (4, 4, 7, 10)
    ]

    assert statuses == ["partially_received"] * 3 + ["received"]
    assert [movement.quantity for movement in StockMovement.objects.order_by("pk")] == [4, 3, 3]
    assert on_hand(order) == [10]


def test_a_smaller_quantity_received_is_a_conflict(staff, place):
    order = make_order(10, warehouse=place, status="partially_received")
    item = order.items.get()
    before = facts(order)

    response = staff.put(path_of(order), {"items": [{"id": item.pk, "quantity_received": 0}]})

    assert (response.status_code, response.json()["code"]) == (409, "receipt_cannot_shrink")
    assert response.json()["details"]["lines"][0]["sku"] == item.variation.sku_code
    assert facts(order) == before


def test_more_than_ordered_is_a_conflict(staff, place):
    order = make_order(10, warehouse=place, status="sent")
    before = facts(order)
    item = {"id": order.items.get().pk, "quantity_received": 11}

    response = staff.put(path_of(order), {"items": [item]})

    assert (response.status_code, response.json()["code"]) == (409, "over_receipt")
    assert facts(order) == before


@pytest.mark.parametrize("status", ["draft", "sent", "confirmed", "shipped", "partially_received"])
def test_status_received_receives_all_that_is_outstanding(staff, place, status):
    order = make_order(10, 4, warehouse=place, status=status)

    answer = staff.patch(path_of(order), {"status": "Received"}).json()

    assert answer["status"] == "received"
    assert [row["quantity_outstanding"] for row in answer["items"]] == [0, 0]
    assert on_hand(order) == [10, 4]
    assert not Stock.objects.exclude(incoming=0).exists()


def test_status_received_twice_receives_once(staff, place):
    order = make_order(10, warehouse=place, status="sent")

    answers = [staff.patch(path_of(order), {"status": "received"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert on_hand(order) == [10]
    assert order.receipts.count() == 1


def test_status_received_with_less_than_ordered_is_refused(staff, place):
    order = make_order(10, 4, warehouse=place, status="sent")
    before = facts(order)
    items = [{"id": order.items.first().pk, "quantity_received": 3}]

    response = staff.patch(path_of(order), {"status": "received", "items": items})

    assert (response.status_code, list(response.json()["details"])) == (400, ["status"])
    assert facts(order) == before


def test_status_partially_received_needs_quantities(staff, place):
    order = make_order(10, warehouse=place, status="sent")
    before = facts(order)

    response = staff.patch(path_of(order), {"status": "partially_received"})

    assert (response.status_code, list(response.json()["details"])) == (400, ["items"])
    assert facts(order) == before


@pytest.mark.parametrize(
    ("status", "step", "code"),
    [
        ("draft", "confirmed", 409), ("draft", "sent", 200), ("sent", "Acknowledged", 200),
        ("sent", "shipped", 200), ("sent", "draft", 409), ("shipped", "confirmed", 409),
        ("received", "cancelled", 409), ("partially_received", "cancelled", 409),
        ("confirmed", "cancelled", 200), ("cancelled", "sent", 409),
    ],
)  # fmt: skip
def test_status_changes_act(manager, place, status, step, code):
    order = make_order(10, warehouse=place, status=status)
    before = facts(order)

    response = manager.patch(path_of(order), {"status": step})

    assert response.status_code == code
    if code == 409:
        assert response.json()["details"]["allowed_transitions"] == order.allowed_transitions
        assert facts(order) == before


def test_what_a_client_read_may_be_sent_back(manager, staff, place):
    order = make_order(10, 4, warehouse=place, status="partially_received")
    before = facts(order)
    whole = manager.get(path_of(order)).json()

    for client in (manager, staff):
        assert client.put(path_of(order), whole).status_code == 200
    assert facts(order) == before

    whole["items"][1]["quantity_received"] = 4
    answer = staff.put(path_of(order), whole).json()
    assert [row["quantity_received"] for row in answer["items"]] == [1, 4]


def test_a_whole_order_sent_back_as_received_receives_the_rest(staff, manager, place):
    order = make_order(10, 4, warehouse=place, status="partially_received")
    whole = manager.get(path_of(order)).json()

    answer = staff.put(path_of(order), whole | {"status": "received"}).json()

    assert answer["status"] == "received"
    assert on_hand(order) == [10, 4]


def test_details_of_a_draft_change_and_totals_follow(manager, place):
    order = make_order(10, 4, warehouse=place)
    supplier, variation = SupplierFactory(), VariationFactory()
    kept = order.items.first()

    answer = manager.put(
        path_of(order),
        {
            "supplier_id": supplier.code,
            "tax_amount": 3,
            "shipping_address": {"city": "Ghent"},
            "items": [
                {"id": kept.pk, "quantity_ordered": 12},
                {"sku": variation.sku_code, "quantity_ordered": 2, "unit_cost": 1.5},
            ],
        },
    ).json()

    assert answer["updated_fields"] == [
        "supplier_id", "shipping_address.city", "items", "financial.tax_amount",
    ]  # fmt: skip
    assert answer["supplier_id"] == supplier.code
    assert [(row["sku"], row["line_total"]) for row in answer["items"]] == [
        (kept.variation.sku_code, 30), (variation.sku_code, 3),
    ]  # fmt: skip
    assert answer["financial"]["subtotal"] == 33
    assert answer["total_amount"] == 36
    assert answer["shipping_address"]["city"] == "Ghent"
    assert answer["shipping_address"]["name"] == place.name


@pytest.mark.parametrize(
    ("status", "body", "fields"),
    [
        ("received", {"items": [{"quantity_ordered": 99}]}, ["items"]),
        ("sent", {"currency": "EUR"}, ["currency"]),
        ("confirmed", {"order_date": "2020-01-01"}, ["order_date"]),
        ("received", {"tax_amount": 5}, ["tax_amount"]),
        ("received", {"actual_delivery_date": "2099-01-01"}, ["actual_delivery_date"]),
        ("sent", {"actual_delivery_date": "2030-01-01"}, ["actual_delivery_date"]),
        ("cancelled", {"expected_delivery_date": "2099-01-01"}, ["expected_delivery_date"]),
    ],
)
def test_what_no_longer_changes_is_named(manager, place, status, body, fields):
    order = make_order(10, warehouse=place, status=status)
    before = facts(order)
    for item in body.get("items", []):
        item["id"] = order.items.get().pk

    response = manager.patch(path_of(order), body)

    assert (response.status_code, response.json()["code"]) == (409, "wrong_state")
    assert list(response.json()["details"]) == fields
    assert facts(order) == before


@pytest.mark.parametrize("status", ["received", "cancelled"])
def test_a_word_about_a_closed_order_is_an_amendment(manager, place, status):
    order = make_order(10, warehouse=place, status=status)
    delivered = order.actual_delivery_date
    as_it_is = {"actual_delivery_date": delivered} if delivered else {}

    answer = manager.patch(path_of(order), {"notes": "Came in a wet box.", **as_it_is})

    assert answer.status_code == 200, answer.content
    (amendment,) = answer.json()["amendments"]
    assert amendment["changes"] == [{"field": "notes", "from": "", "to": "Came in a wet box."}]
    order.refresh_from_db()
    assert (order.status, order.notes, order.actual_delivery_date) == (
        status, "Came in a wet box.", delivered,
    )  # fmt: skip


def test_terms_change_after_sending(manager, place):
    order = make_order(10, warehouse=place, status="sent")

    answer = manager.patch(
        path_of(order), {"notes": "call first", "financial": {"shipping_cost": 9.5}}
    ).json()

    assert (answer["notes"], answer["total_amount"]) == ("call first", 34.5)
    assert manager.patch(path_of(order), {"notes": None}).json()["notes"] == ""


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"order_number": "PO-OTHER"}, "order_number"),
        ({"created_by": "USR999999"}, "created_by"),
        ({"expected_delivery_date": "2001-01-01"}, "expected_delivery_date"),
        ({"warehouse": "WH-NONE"}, "warehouse"),
        ({"supplier_id": "SUP-NONE"}, "supplier_id"),
        ({"items": [{"sku": "NO-SUCH", "quantity_ordered": 1}]}, "items.0.sku"),
        ({"items": [{"sku": "NO-SUCH", "quantity_received": 1}]}, "items.0.sku"),
        ({"items": [{"product_id": "NO-SUCH"}]}, "items.0.quantity_received"),
    ],
)
def test_a_bad_change_is_named(manager, place, body, field):
    order = make_order(10, warehouse=place)
    before = facts(order)

    response = manager.patch(path_of(order), body)

    assert response.status_code == 400
    assert list(response.json()["details"]) == [field]
    assert facts(order) == before


def test_lines_are_not_changed_and_received_at_once(manager, place):
    order = make_order(10, warehouse=place)
    before = facts(order)
    item = {"id": order.items.get().pk, "quantity_ordered": 12, "quantity_received": 12}

    response = manager.put(path_of(order), {"items": [item]})

    assert (response.status_code, list(response.json()["details"])) == (400, ["items"])
    assert facts(order) == before


def test_a_refused_receipt_takes_the_rest_of_the_request_with_it(manager, place):
    order = make_order(10, warehouse=place, status="sent")
    before = facts(order)
    item = {"id": order.items.get().pk, "quantity_received": 11}

    response = manager.put(path_of(order), {"status": "shipped", "notes": "late", "items": [item]})

    assert response.status_code == 409
    assert facts(order) == before
    assert PurchaseOrder.objects.get().notes == ""
