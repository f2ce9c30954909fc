from inventory.admin.catalogue import CategoryAdmin, ProductAdmin, VariationAdmin
from inventory.admin.stock import LowStockThresholdAdmin, StockAdmin, StockMovementAdmin

__all__ = [
    "CategoryAdmin",
    "LowStockThresholdAdmin",
    "ProductAdmin",
    "StockAdmin",
    "StockMovementAdmin",
    "VariationAdmin",
]
