"""The kinds of files: what their columns are, what is judged, and how they are written."""

from operations.exchange.kinds.base import Kind
from operations.exchange.kinds.products import PRODUCTS

KINDS: dict[str, Kind] = {kind.name: kind for kind in (PRODUCTS,)}
