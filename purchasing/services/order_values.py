"""Values of orders as the history of their changes holds them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Model

Change = dict[str, Any]


def as_json(value: Any) -> Any:
    """Return a value as JSON holds it; figures of these sizes are exact as numbers."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, Model):
        return getattr(value, str(getattr(value, "code_field", "pk")))
    return value
