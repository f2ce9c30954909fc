from decimal import Decimal

import pytest

from inventory.models import Category, Product, Stock, StockMovement
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db


def test_flat_names_are_understood_and_a_quantity_is_an_opening_movement(manager, warehouse):
    answer = manager.post(
        "/api/products/",
        {"name": "Bolt", "category": "Parts", "quantity": 12, "price": 3.5, "cost_price": 1.2345},
    )

    assert answer.status_code == 201
    body = answer.json()
    assert body["inventory"]["current_stock"] == 12
    assert body["pricing"]["selling_price"] == 3.5
    movement = StockMovement.objects.get()
    assert (movement.movement_type, movement.quantity) == ("inbound", 12)
    assert movement.unit_cost == Decimal("1.2345")
    assert movement.warehouse == warehouse
    assert movement.processed_by == manager.user
    assert movement.reason_code == "initial_stock"


def test_opening_stock_goes_to_the_warehouse_that_is_named(api, warehouse):
    other = WarehouseFactory()
    manager = api("manager", warehouse, other)

    manager.post("/api/products/", {"name": "Bolt", "quantity": 5, "warehouse": other.code})

    assert Stock.objects.get().warehouse == other


def test_a_foreign_warehouse_is_refused_and_nothing_is_saved(manager):
    foreign = WarehouseFactory()

    for reference in (foreign.code, "NOPE"):
        answer = manager.post(
            "/api/products/",
            {"name": "Bolt", "category": "New", "quantity": 5, "warehouse": reference},
        )
        assert answer.status_code == 400
        assert list(answer.json()["details"]) == ["warehouse"]
    assert not Product.objects.exists()
    assert not Category.objects.exists()


def test_an_update_of_stock_posts_the_difference(manager, warehouse):
    stock = put_in_stock(warehouse=warehouse, quantity=75)

    answer = manager.put(
        f"/api/products/{stock.variation.product.code}/",
        {
            "inventory": {"current_stock": 80, "reserved_stock": 0},
            "status": "active",
            "last_modified_by": manager.user.code,
        },
    )

    assert answer.status_code == 200
    body = answer.json()
    assert body["message"] == "Product updated successfully"
    assert body["updated_fields"] == [
        "inventory.current_stock",
        "inventory.reserved_stock",
        "status",
    ]
    assert body["inventory"]["current_stock"] == 80
    movement = StockMovement.objects.first()
    assert (movement.movement_type, movement.quantity) == ("adjustment", 5)
    assert (movement.stock_before, movement.stock_after) == (75, 80)


def test_stock_is_set_over_all_own_warehouses_or_in_the_named_one(api, warehouse):
    other, foreign = WarehouseFactory(), WarehouseFactory()
    variation = VariationFactory()
    for place, quantity in ((warehouse, 10), (other, 20), (foreign, 40)):
        put_in_stock(variation, place, quantity)
    manager = api("manager", warehouse, other)
    path = f"/api/products/{variation.product.code}/"

    assert manager.get(path).json()["inventory"]["current_stock"] == 30
    manager.put(path, {"current_stock": 28})
    manager.put(path, {"current_stock": 21, "warehouse": other.code})

    assert {stock.warehouse: stock.on_hand for stock in Stock.objects.all()} == {
        warehouse: 8,
        other: 21,
        foreign: 40,
    }


def test_stock_cannot_be_set_below_what_the_warehouse_can_give(api, warehouse):
    other = WarehouseFactory()
    variation = VariationFactory()
    put_in_stock(variation, warehouse, 10)
    put_in_stock(variation, other, 20)
    manager = api("manager", warehouse, other)

    answer = manager.put(
        f"/api/products/{variation.product.code}/", {"current_stock": 5, "name": "Changed"}
    )

    assert answer.status_code == 409
    assert answer.json()["code"] == "insufficient_stock"
    assert sorted(Stock.objects.values_list("on_hand", flat=True)) == [10, 20]
    assert Product.objects.get().name != "Changed"


def test_reserved_stock_is_not_for_typing_in(manager):
    variation = VariationFactory()

    answer = manager.put(
        f"/api/products/{variation.product.code}/",
        {"inventory": {"reserved_stock": 3}, "name": "Changed"},
    )

    assert answer.status_code == 409
    assert list(answer.json()["details"]) == ["inventory.reserved_stock"]
    assert Product.objects.get().name != "Changed"


def test_a_product_with_movements_is_discontinued(manager, warehouse):
    stock = put_in_stock(warehouse=warehouse)

    answer = manager.delete(f"/api/products/{stock.variation.product.code}/")

    assert answer.status_code == 200
    assert answer.json()["status"] == "discontinued"
    assert answer.json()["message"].startswith("Product discontinued")
    assert Product.objects.get().status == "discontinued"
    assert StockMovement.objects.count() == 1
