"""A made-up body of each type of event, written by what writes real ones."""

from datetime import UTC, datetime
from typing import Any

import orjson

from operations.models import WebhookDelivery
from operations.webhooks.event_types import STOCK_MOVED, EventType
from operations.webhooks.happenings import Happening, written

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
EVENT_ID = "evt_3f0c5a0b8f2d5b0e9f6a1d2c3b4a5968"
MOVEMENT = {
    "movement_id": "MOV-2026-000123",
    "movement_type": "outbound",
    "warehouse": "WH001",
    "product_id": "PRD-00042",
    "sku": "SKU-00042",
    "quantity": -2,
    "stock_before": 10,
    "stock_after": 8,
    "reason_code": "sale",
    "reference_type": "sales_order",
    "reference_id": "SO-2026-007",
    "recorded_at": AT,
}


def example_of(event_type: EventType) -> dict[str, Any]:
    """Return a body of a type of event, as a receiver reads it."""
    body: dict[str, Any] = orjson.loads(example_text(event_type))
    return body


def example_text(event_type: EventType) -> str:
    if event_type.name == STOCK_MOVED:
        facts: dict[str, Any] = {"warehouses": ["WH001"], "movements": [MOVEMENT]}
        return written(EVENT_ID, event_type.name, AT, facts)
    if event_type.name == WebhookDelivery.PING or event_type.subject is None:
        return written(EVENT_ID, event_type.name, AT, {"webhook": {"id": 1, "name": "ERP"}})
    return example_happening(event_type).body


def example_happening(event_type: EventType) -> Happening:
    subject = event_type.subject
    assert subject is not None
    status = subject.status_of(event_type.name)
    has_places = hasattr(subject.model, "warehouse_paths")
    return Happening(
        event_id=EVENT_ID,
        event_type=event_type,
        at=AT,
        object_id=12,
        code="CODE-0012",
        changed=["status"] if status else [],
        status=(subject.first_status, status) if status else None,
        warehouses={1: "WH001"} if has_places else {},
    )
