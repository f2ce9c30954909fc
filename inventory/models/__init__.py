from inventory.models.catalogue import Category, Product, ProductSupplier, ProductVariation
from inventory.models.stock import LowStockThreshold, Stock, StockMovement, StockReservation

__all__ = [
    "Category",
    "LowStockThreshold",
    "Product",
    "ProductSupplier",
    "ProductVariation",
    "Stock",
    "StockMovement",
    "StockReservation",
]
