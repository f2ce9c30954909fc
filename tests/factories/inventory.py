from decimal import Decimal

import factory
from django.db import connection
from factory.django import DjangoModelFactory

from inventory.models import Category, Product, ProductVariation, Stock
from inventory.services.ledger import StockChange, apply_stock_changes
from tests.factories.warehouses import WarehouseFactory

# A product as clients send it; its supplier is to be made.
WHOLE_PRODUCT = {
    "product_id": "NEWPRD-A1B2C3",
    "name": "New Widget X",
    "description": "A brand new and improved widget.",
    "category": "Tools",
    "subcategory": "Hand Tools",
    "sku": "WIDGET-X-001",
    "barcode": "1234567891234",
    "supplier_id": "SUP002",
    "pricing": {"cost_price": 10.50, "selling_price": 25.00, "currency": "USD"},
    "inventory": {
        "current_stock": 0,
        "reorder_threshold": 10,
        "reorder_quantity": 50,
        "max_stock_level": 500,
    },
    "suppliers": [
        {
            "supplier_id": "SUP002",
            "is_primary": True,
            "lead_time_days": 10,
            "min_order_quantity": 25,
            "cost_per_unit": 10.00,
        }
    ],
    "warehouse_location": "B-05-Shelf1-Bin2",
    "status": "pending",
    "tags": ["new arrival", "tool"],
}


class CategoryFactory(DjangoModelFactory):
    class Meta:
        model = Category

    code = factory.Sequence("CAT{:03d}".format)
    name = factory.Sequence("Category {}".format)


class ProductFactory(DjangoModelFactory):
    class Meta:
        model = Product

    code = factory.Sequence("PRD-{:05d}".format)
    name = factory.Sequence("Product {}".format)


class VariationFactory(DjangoModelFactory):
    class Meta:
        model = ProductVariation

    product = factory.SubFactory(ProductFactory)
    sku_code = factory.Sequence("SKU-{:05d}".format)
    cost_price = Decimal("4.00")
    selling_price = Decimal("9.99")
    stock_unit = "kg"
    is_default = True


def put_in_stock(variation=None, warehouse=None, quantity=10, **change) -> Stock:
    """Receive a quantity through the ledger and return the balance."""
    variation = variation or VariationFactory()
    warehouse = warehouse or WarehouseFactory()
    apply_stock_changes(
        [
            StockChange(
                variation_id=variation.pk,
                warehouse_id=warehouse.pk,
                quantity=Decimal(quantity),
                movement_type="inbound",
                unit_cost=Decimal("4.0000"),
                **change,
            )
        ],
        acting_user=None,
    )
    return Stock.objects.get(variation=variation, warehouse=warehouse)


def add_movements(stock, number):
    """Write movements of a balance past the ledger, every other one undoing the one before."""
    first = stock.movements.get()
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO inventory_stockmovement (stock_id, variation_id, warehouse_id,
                movement_type, quantity, stock_before, stock_after, unit_cost, total_value,
                reason_code, reason_description, reference_type, reference_code, bin_location,
                lot_number, occurred_at, recorded_at, notes)
            SELECT stock_id, variation_id, warehouse_id, 'adjustment', 1 - 2 * (n %% 2),
                stock_after - (n + 1) %% 2, stock_after - n %% 2, unit_cost, 4,
                '', '', '', '', '', '',
                occurred_at + (n / 3) * interval '1 second', recorded_at, repeat('note ', 20)
            FROM inventory_stockmovement, generate_series(1, %s) AS n WHERE id = %s""",
            [number, first.pk],
        )
