"""How exact the figures of purchasing are."""

from decimal import Decimal
from typing import Any

QUANTITY: dict[str, Any] = {"max_digits": 14, "decimal_places": 3}
AMOUNT: dict[str, Any] = {"max_digits": 24, "decimal_places": 2}
CENT = Decimal("0.01")
