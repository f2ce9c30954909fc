"""The kinds of files: what their columns are, what is judged, and how they are written."""

from operations.exchange.kinds.base import Kind
from operations.exchange.kinds.products import PRODUCTS
from operations.exchange.kinds.stock import STOCK
from operations.exchange.kinds.suppliers import SUPPLIERS
from operations.exchange.kinds.thresholds import THRESHOLDS

KINDS: dict[str, Kind] = {kind.name: kind for kind in (PRODUCTS, SUPPLIERS, STOCK, THRESHOLDS)}
