"""The kinds of files: what their columns are, what is judged, and how they are written."""

from operations.exchange.kinds.base import Kind
from operations.exchange.kinds.categories import CATEGORIES
from operations.exchange.kinds.products import PRODUCTS
from operations.exchange.kinds.purchase_orders import PURCHASE_ORDERS
from operations.exchange.kinds.sales_orders import SALES_ORDERS
from operations.exchange.kinds.sales_prices import SALES_PRICES
from operations.exchange.kinds.sourcing import SOURCING_TERMS
from operations.exchange.kinds.stock import STOCK
from operations.exchange.kinds.suppliers import SUPPLIERS
from operations.exchange.kinds.thresholds import THRESHOLDS

# In the order in which files of a whole company are imported: each refers to those before it.
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        CATEGORIES, SUPPLIERS, PRODUCTS, SOURCING_TERMS, SALES_PRICES, STOCK, THRESHOLDS,
        PURCHASE_ORDERS, SALES_ORDERS,
    )
}  # fmt: skip
