"""Purchase orders made of what is short, over HTTP."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from inventory.models import ProductSupplier
from purchasing.models import PurchaseOrder
from sales.services.cancellation import cancel_sales_order
from sales.services.fulfilment import fulfil_sales_order
from sales.services.line_choice import LineRequest
from sales.services.returns import return_goods
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.sales import take_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
SHORTAGE = "/api/purchase-orders/from-shortage/"
REORDER = "/api/purchase-orders/from-reorder-list/"


@pytest.fixture
def place():
    return WarehouseFactory(code="WH-A")


@pytest.fixture
def variation(place):
    variation = VariationFactory(
        sku_code="WIDGET-1", product__code="P-1", reorder_level=5, reorder_quantity=10
    )
    supplier = SupplierFactory(code="SUP-A", company_name="Acme", currency="EUR")
    ProductSupplier.objects.create(
        product=variation.product, supplier=supplier, is_primary=True, pack_size=12,
        cost_per_unit="1.5",
    )  # fmt: skip
    put_in_stock(variation, place, 1)
    return variation


def test_a_shortage_is_drafted_and_told(manager, place, variation):
    order = take_order((variation, 6), (VariationFactory(sku_code="LOST-1"), 2), warehouse=place)

    dry = manager.post(SHORTAGE, {"sales_orders": [order.order_number], "dry_run": True})
    answer = manager.post(SHORTAGE, {"sales_orders": [order.order_number]})

    assert (dry.status_code, answer.status_code) == (200, 201), answer.content
    body = answer.json()
    number = PurchaseOrder.objects.get().order_number
    assert body == {
        "message": "1 purchase order drafted",
        "dry_run": False,
        "orders": [
            {
                "order_number": number,
                "supplier_id": "SUP-A",
                "supplier_name": "Acme",
                "warehouse": "WH-A",
                "currency": "EUR",
                "subtotal": 18,
                "items": [
                    {
                        "product_id": "P-1",
                        "product_name": variation.product.name,
                        "sku": "WIDGET-1",
                        "quantity_needed": 5,
                        "quantity_ordered": 12,
                        "unit_cost": 1.5,
                        "demand_30_days": 6,
                    }
                ],
            }
        ],
        "not_ordered": [
            {
                "product_id": order.items.get(position=2).variation.product.code,
                "sku": "LOST-1",
                "warehouse": "WH-A",
                "quantity_needed": 2,
                "reason": "no_supplier",
                "message": "It has no supplier. Add one to the product.",
            }
        ],
    }
    same = dry.json()
    assert same["orders"][0].pop("order_number") is None
    body["orders"][0].pop("order_number")
    assert same["orders"] == body["orders"]
    assert (same["dry_run"], same["message"]) == (True, "Nothing was made: this is a dry run")


def test_demand_of_a_month_is_told_without_what_was_cancelled_or_came_back(
    manager, place, variation
):
    now = timezone.now()
    put_in_stock(variation, place, 20)
    old = take_order((variation, 9), warehouse=place, order_date=now - timedelta(days=30))
    young = take_order((variation, 8), warehouse=place, order_date=now - timedelta(days=29))
    take_order((variation, 50), warehouse=WarehouseFactory())
    fulfil_sales_order(order=young, lines=[LineRequest("line", "1", Decimal(5))], acting_user=None)
    cancel_sales_order(order=young, acting_user=None)
    back = LineRequest("line", "1", Decimal(2), reason="unwanted")
    return_goods(order=young, lines=[back], acting_user=None)
    short = take_order((variation, 30), warehouse=place)
    cancel_sales_order(order=old, acting_user=None)

    answer = manager.post(SHORTAGE, {"sales_orders": [short.order_number], "dry_run": True})

    (item,) = answer.json()["orders"][0]["items"]
    assert item["demand_30_days"] == 33  # 8 asked for - 3 cancelled - 2 came back + 30


def test_all_back_orders_of_a_warehouse_and_its_reorder_list(manager, place, variation):
    take_order((variation, 6), warehouse=place)

    first = manager.post(SHORTAGE, {})
    second = manager.post(REORDER, {"warehouse": "wh-a"})
    third = manager.post(REORDER, {"warehouse": "WH-A", "variations": ["widget-1"]})

    assert first.json()["orders"][0]["items"][0]["quantity_needed"] == 5
    # 1 on hand is reserved, 5 are back-ordered, 12 are drafted: 7 is above the reorder point.
    assert (second.status_code, second.json()["message"]) == (200, "Nothing is to be ordered")
    assert third.json()["not_ordered"][0]["reason"] == "not_low"
    assert PurchaseOrder.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (SHORTAGE, {"sales_orders": ["SO-NONE"]}, "sales_orders.0"),
        (SHORTAGE, {"sales_orders": ["{foreign}"]}, "sales_orders.0"),
        (SHORTAGE, {"sales_orders": []}, "sales_orders"),
        (SHORTAGE, {"sales_orders": "all"}, "sales_orders"),
        (SHORTAGE, {"sales_orders": ["SO-1"], "warehouse": "WH-A"}, "warehouse"),
        (SHORTAGE, {"warehouse": "WH-B"}, "warehouse"),
        (SHORTAGE, {"warehouse": "NOWHERE"}, "warehouse"),
        (SHORTAGE, {"dry_run": "perhaps"}, "dry_run"),
        (REORDER, {"warehouse": "WH-B"}, "warehouse"),
        (REORDER, {"variations": ["NO-SUCH"]}, "variations.0.sku"),
        (REORDER, {"variations": []}, "variations"),
    ],
)
def test_bad_bodies_name_the_field_and_nothing_is_made(manager, variation, path, body, field):
    foreign = take_order((variation, 6), warehouse=WarehouseFactory(code="WH-B"))
    body = {
        key: [one.format(foreign=foreign.order_number) for one in value]
        if isinstance(value, list)
        else value
        for key, value in body.items()
    }

    answer = manager.post(path, body)

    assert answer.status_code == 400, answer.content
    assert field in answer.json()["details"]
    assert PurchaseOrder.objects.count() == 0


def test_foreign_orders_are_refused_in_the_words_for_absent_ones(manager, variation):
    foreign = take_order((variation, 6), warehouse=WarehouseFactory()).order_number
    texts = [
        manager.post(SHORTAGE, {"sales_orders": [number]}).content.replace(number.encode(), b"")
        for number in (foreign, "SO-2026-99999")
    ]

    assert texts[0] == texts[1]


def test_a_request_sent_twice_with_one_key_drafts_once(manager, place, variation):
    headers = {"Idempotency-Key": "once"}

    first = manager.post(REORDER, {}, headers=headers)
    again = manager.post(REORDER, {}, headers=headers)

    assert (first.status_code, first.content) == (201, again.content)
    assert PurchaseOrder.objects.count() == 1
