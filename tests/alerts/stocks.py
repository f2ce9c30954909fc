"""Balances that fall and rise, for tests about alerts."""

from decimal import Decimal

from inventory.models import Stock
from inventory.services.ledger import StockChange, apply_stock_changes
from tests.factories.inventory import ProductFactory, VariationFactory
from tests.factories.warehouses import WarehouseFactory


def stock_of(quantity, *, reorder_level=20, warehouse=None, name="Bolt M8", **variation) -> Stock:
    """Return a balance of so much, posted without a word to anybody."""
    variation = VariationFactory(
        product=ProductFactory(name=name),
        reorder_level=reorder_level,
        stock_unit="pieces",
        **variation,
    )
    warehouse = warehouse or WarehouseFactory()
    post(variation.pk, warehouse.pk, max(quantity, 1), quiet=True)
    if quantity == 0:
        post(variation.pk, warehouse.pk, -1, quiet=True)
    return Stock.objects.get(variation=variation, warehouse=warehouse)


def move(stock: Stock, quantity, **change) -> None:
    """Post one movement of a balance through the ledger."""
    post(stock.variation_id, stock.warehouse_id, quantity, **change)


def post(variation_id, warehouse_id, quantity, *, quiet=False, **change) -> None:
    apply_stock_changes(
        [
            StockChange(
                variation_id=variation_id,
                warehouse_id=warehouse_id,
                quantity=Decimal(quantity),
                movement_type="outbound" if quantity < 0 else "inbound",
                **change,
            )
        ],
        acting_user=None,
        quiet=quiet,
    )
