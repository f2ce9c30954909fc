from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory.models import ProductSupplier, Stock
from purchasing.models import PurchaseOrder
from tests.factories.inventory import VariationFactory
from tests.factories.purchasing import make_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db

PATH = "/api/purchase-orders/"
ADDRESS = {
    "name": "Main Warehouse",
    "street": "123 Warehouse Rd",
    "city": "Warehouseville",
    "state": "GA",
    "postal_code": "30303",
    "country": "USA",
}


def body_of(variation, supplier, **more):
    item = {"product_id": variation.product.code, "quantity_ordered": 75, "unit_cost": 50.0}
    return {"supplier_id": supplier.code, "items": [item], **more}


def balance(order):
    return [(row.on_hand, row.incoming) for row in Stock.objects.filter(warehouse=order.warehouse)]


def test_create_takes_the_body_of_the_specification(manager, place):
    variation, supplier = VariationFactory(), SupplierFactory(currency="EUR")
    body = body_of(
        variation,
        supplier,
        order_number="po-2025-002",
        order_date="2025-01-25T16:00:00Z",
        expected_delivery_date="2025-02-05T00:00:00Z",
        status="draft",
        shipping_address=ADDRESS,
        notes="Follow-up on sensor unit restock recommendation.",
    )

    response = manager.post("/api/orders/purchase", body)

    answer = response.json()
    assert response.status_code == 201
    assert answer["message"] == "Purchase order created successfully"
    order = PurchaseOrder.objects.get()
    assert (answer["order_number"], answer["id"]) == ("PO-2025-002", order.pk)
    assert answer["total_amount"] == 3750
    assert answer["currency"] == "EUR"
    assert answer["shipping_address"] == ADDRESS | {"country": "US"}
    assert answer["created_by"] == manager.user.code
    assert order.warehouse == place
    assert order.items.get().line_total == 3750
    assert not Stock.objects.exists()


def test_create_makes_number_dates_and_costs(manager, place):
    supplier = SupplierFactory(lead_time_days=9)
    offered, plain = VariationFactory(cost_price="3.1234"), VariationFactory(cost_price="4.5")
    ProductSupplier.objects.create(
        product=offered.product, supplier=supplier, cost_per_unit=Decimal("2.7500")
    )
    items = [
        {"product_variation": offered.pk, "quantity": 2},
        {"sku": plain.sku_code.lower(), "quantity_ordered": "3.5"},
        {"product_variation": plain.sku_code, "quantity_ordered": 1, "cost_per_unit": "0.3333"},
    ]

    answer = manager.post(PATH, {"supplier": supplier.pk, "items": items}).json()

    order = PurchaseOrder.objects.get()
    assert answer["order_number"].startswith(f"PO-{timezone.now():%Y}-")
    assert order.expected_delivery_date - order.order_date == timedelta(days=9)
    assert [row["unit_cost"] for row in answer["items"]] == [2.75, 4.5, 0.3333]
    assert [row["line_total"] for row in answer["items"]] == [5.5, 15.75, 0.33]
    assert answer["financial"]["subtotal"] == 21.58


def test_create_ignores_totals_of_the_client(manager):
    body = body_of(VariationFactory(), SupplierFactory(), total_amount=1)
    body["financial"] = {"subtotal": 1, "tax_amount": 10, "shipping_cost": 2.5, "total_amount": 1}

    answer = manager.post(PATH, body).json()

    assert answer["financial"]["subtotal"] == 3750
    assert answer["total_amount"] == answer["financial"]["total_amount"] == 3762.5


@pytest.mark.parametrize(
    ("status", "incoming", "on_hand"), [("Submitted", 75, 0), ("Received", 0, 75)]
)
def test_create_sent_or_received(manager, status, incoming, on_hand):
    response = manager.post(PATH, body_of(VariationFactory(), SupplierFactory(), status=status))

    assert response.status_code == 201
    assert response.json()["status"] == {"Submitted": "sent"}.get(status, "received")
    stock = Stock.objects.get()
    assert (stock.incoming, stock.on_hand) == (incoming, on_hand)


def test_a_taken_number_is_a_conflict(manager, place):
    order = make_order(10, warehouse=WarehouseFactory(), order_number="PO-1")

    response = manager.post(
        PATH, body_of(VariationFactory(), SupplierFactory(), order_number="po-1")
    )

    assert response.status_code == 409
    assert response.json()["code"] == "duplicate"
    assert list(response.json()["details"]) == ["order_number"]
    assert PurchaseOrder.objects.get() == order


def test_every_unknown_product_is_named_at_once(manager):
    known = VariationFactory()
    items = [
        {"sku": "NO-SUCH", "quantity_ordered": 1},
        {"sku": known.sku_code, "quantity_ordered": 1},
        {"product_id": "NOR-THIS", "quantity_ordered": 1},
        {"product_variation": 10**15, "quantity_ordered": 1},
    ]

    response = manager.post(PATH, {"supplier_id": SupplierFactory().code, "items": items})

    assert response.status_code == 400
    assert list(response.json()["details"]) == [
        "items.0.sku", "items.2.product_id", "items.3.product_variation",
    ]  # fmt: skip
    assert not PurchaseOrder.objects.exists()


def test_what_is_discontinued_is_not_ordered(manager):
    variation = VariationFactory()
    variation.product.status = "discontinued"
    variation.product.save()

    response = manager.post(PATH, body_of(variation, SupplierFactory()))

    assert response.status_code == 400
    assert list(response.json()["details"]) == ["items.0.product_id"]


BAD_ITEMS = [
    ({"quantity_ordered": 0}, "items.0.quantity_ordered"),
    ({"quantity_ordered": -5}, "items.0.quantity_ordered"),
    ({"quantity_ordered": "NaN"}, "items.0.quantity_ordered"),
    ({"quantity_ordered": 1e30}, "items.0.quantity_ordered"),
    ({"quantity_ordered": "1.2345"}, "items.0.quantity_ordered"),
    ({"quantity_ordered": None}, "items.0.quantity_ordered"),
    ({"unit_cost": -1}, "items.0.unit_cost"),
    ({"unit_cost": "Infinity"}, "items.0.unit_cost"),
    ({"product_id": None}, "items.0.product_id"),
    ({"product_id": {"a": 1}}, "items.0.product_id"),
    ({"notes": "x" * 201}, "items.0.notes"),
    ({"quantity_received": 5}, "items.0.quantity_received"),
]


@pytest.mark.parametrize(("change", "field"), BAD_ITEMS)
def test_a_bad_line_is_named(manager, change, field):
    body = body_of(VariationFactory(), SupplierFactory())
    body["items"][0] |= change

    response = manager.post(PATH, body)

    assert response.status_code == 400
    assert list(response.json()["details"]) == [field]
    assert not PurchaseOrder.objects.exists()


BAD_BODIES = [
    ({"supplier_id": "SUP-NONE"}, "supplier_id"),
    ({"supplier_id": None}, "supplier_id"),
    ({"items": []}, "items"),
    ({"items": "many"}, "items"),
    ({"items": [7]}, "items.0"),
    ({"status": "lost"}, "status"),
    ({"status": "shipped"}, "status"),
    ({"order_number": "no spaces"}, "order_number"),
    ({"order_date": "2025-01-25", "expected_delivery_date": "2025-01-24"},
     "expected_delivery_date"),
    ({"order_date": "9999-12-31T23:59:59Z"}, "order_date"),
    ({"expected_delivery_date": "soon"}, "expected_delivery_date"),
    ({"actual_delivery_date": "2025-01-24"}, "actual_delivery_date"),
    ({"currency": "dollars"}, "currency"),
    ({"tax_amount": -1}, "financial.tax_amount"),
    ({"notes": "x" * 1001}, "notes"),
    ({"shipping_address": {"country": "Atlantis"}}, "shipping_address.country"),
    ({"created_by": "USR999999"}, "created_by"),
    ({"approved_by": "somebody"}, "approved_by"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "field"), BAD_BODIES)
def test_a_bad_field_is_named(manager, change, field):
    response = manager.post(PATH, body_of(VariationFactory(), SupplierFactory()) | change)

    assert response.status_code == 400
    assert list(response.json()["details"]) == [field]
    assert not PurchaseOrder.objects.exists()


def test_the_caller_may_name_themselves(manager):
    body = body_of(VariationFactory(), SupplierFactory(), created_by=manager.user.code)

    assert manager.post(PATH, body).status_code == 201


def test_nothing_is_ordered_from_an_inactive_supplier(manager):
    response = manager.post(PATH, body_of(VariationFactory(), SupplierFactory(status="inactive")))

    assert (response.status_code, response.json()["code"]) == (409, "supplier_not_active")
    assert list(response.json()["details"]) == ["supplier_id"]
    assert not PurchaseOrder.objects.exists()


def test_a_foreign_warehouse_answers_as_an_unknown_one(manager):
    foreign = WarehouseFactory(code="WH-FOREIGN")
    body = body_of(VariationFactory(), SupplierFactory())

    answers = [
        manager.post(PATH, body | {"warehouse": code}) for code in (foreign.code, "WH-UNKNOWN")
    ]

    assert [answer.status_code for answer in answers] == [400, 400]
    texts = [answer.json()["details"]["warehouse"][0] for answer in answers]
    assert texts[0].replace(foreign.code, "WH-UNKNOWN") == texts[1]
    assert not PurchaseOrder.objects.exists()
