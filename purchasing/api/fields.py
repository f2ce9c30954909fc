"""What several bodies of purchasing share."""

from decimal import Decimal
from typing import Any

from inventory.api.document_lines import OPTIONAL
from inventory.services.stock_change import LARGEST_QUANTITY

STATUS_SYNONYMS = {"submitted": "sent", "acknowledged": "confirmed", "canceled": "cancelled"}
MOST_LINES = 1000
ABOVE_NOTHING: dict[str, Any] = {
    "min_value": Decimal("0.001"),
    "max_value": LARGEST_QUANTITY,
    "error_messages": {"min_value": "Send a quantity above 0."},
}
UNITS = [("stock", "stock"), ("pack", "pack")]
UNIT_SYNONYMS = {"packs": "pack", "unit": "stock", "units": "stock"}
WORDS: dict[str, Any] = {**OPTIONAL, "allow_blank": True}
