"""What is told: reading the events between two positions from the tables that hold the facts.

Stock events are the ledger's own rows: a posting writes nothing for them. Alerts and messages leave
a StreamEvent, by a trigger in the transaction of their change.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Any

import orjson
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from alerts.models import Alert
from common.api.renderers import OPTIONS, encode
from inventory.models import StockMovement
from inventory.models.stock import movement_code
from notifications.models import Notification
from operations.live.position import Position
from operations.models import StreamEvent

MOVEMENTS, LOG = 1, 2
# How far back a stream can be taken up again; the log is kept a day longer.
REACH = timedelta(days=2)
AT_ONCE = 500
HORIZON = """
    SELECT pg_snapshot_xmin(snapshot)::text::bigint, pg_snapshot_xmax(snapshot)::text::bigint
    FROM pg_current_snapshot() AS snapshot"""
MOVED = (
    "id", "transaction_id", "recorded_at", "movement_type", "quantity", "stock_before",
    "stock_after", "reason_code", "reference_type", "reference_code", "warehouse_id",
    "warehouse__code", "variation__sku_code", "variation__product__code", "stock__on_hand",
    "stock__reserved", "stock__unavailable", "stock__incoming",
)  # fmt: skip
TOLD_OF_ALERTS = (
    "alert_type", "severity", "status", "title", "message", "current_value", "threshold_value",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """Something to tell whoever may know it, as it is sent."""

    position: Position
    topic: str
    warehouse_id: int | None
    recipient_id: int | None
    text: bytes
    is_of_supplier: bool = False  # an alert that belongs to no warehouse


@dataclass(frozen=True, slots=True)
class News:
    """The events after a position, and how far they reach; `more` where there are others yet."""

    events: list[LiveEvent]
    position: Position
    more: bool = False


@dataclass(frozen=True, slots=True)
class Horizon:
    """Transactions below `final` are over; those from `unborn` on have not begun."""

    final: int
    unborn: int


def read_horizon() -> Horizon:
    with connection.cursor() as cursor:
        cursor.execute(HORIZON)
        return Horizon(*cursor.fetchone())


def read_news(after: Position, *, only: Any = None, limit: int = AT_ONCE) -> News:
    """Return what finished transactions wrote after a position, in its order, `limit` at most.

    One statement where nothing was written at all; at most five else, for any number of events.
    `only` is an Audience that narrows what is read.
    """
    # Asked first and by itself: the statements after it see all that is final for it.
    final = read_horizon().final
    if final <= after.transaction_id:
        return News([], after)
    rows = list(
        islice(
            merge(
                read_rows(StockMovement, MOVEMENTS, after, final, only, limit),
                read_rows(StreamEvent, LOG, after, final, only, limit),
                key=lambda row: row[0],
            ),
            limit,
        )
    )
    events = told(rows)
    if len(rows) < limit:
        return News(events, Position(final))
    return News(events, rows[-1][0], more=True)


def read_rows(
    model: Any, source: int, after: Position, final: int, only: Any, limit: int
) -> list[tuple[Position, dict[str, Any]]]:
    """Read the rows of one table that are due, each with its position."""
    columns = MOVED if source == MOVEMENTS else [
        "id", "transaction_id", "recorded_at", "topic", "change", "object_id", "warehouse_id",
        "recipient_id",
    ]  # fmt: skip
    found = (
        model.objects.filter(
            beyond(after, source),
            transaction_id__gte=after.transaction_id,
            transaction_id__lt=final,
            # Rows of a restored back-up have the transaction numbers of another server.
            recorded_at__gt=timezone.now() - REACH,
        )
        .order_by("transaction_id", "id")
        .values(*columns)
    )
    if only is not None:
        found = only.narrow(found, source == LOG)
    return [(Position(row["transaction_id"], source, row["id"]), row) for row in found[:limit]]


def beyond(after: Position, source: int) -> Q:
    """Narrow the rows of one table to those after a position."""
    if source > after.source:
        return Q(transaction_id__gte=after.transaction_id)
    later = Q(transaction_id__gt=after.transaction_id)
    if source == after.source:
        later |= Q(transaction_id=after.transaction_id, id__gt=after.row_id)
    return later


def told(rows: list[tuple[Position, dict[str, Any]]]) -> list[LiveEvent]:
    """Make events of rows; what a row was about and is gone by now is left out."""
    logged = [row for position, row in rows if position.source == LOG]
    alerts = load_alerts(row["object_id"] for row in logged if row["topic"] == "alerts")
    messages = load_messages(row["object_id"] for row in logged if row["topic"] == "notifications")
    events = []
    for position, row in rows:
        if position.source == MOVEMENTS:
            events.append(stock_event(position, row))
            continue
        facts = (alerts if row["topic"] == "alerts" else messages).get(row["object_id"])
        if facts is not None:
            events.append(logged_event(position, row, facts))
    return events


def stock_event(position: Position, row: dict[str, Any]) -> LiveEvent:
    """Tell of a movement, with the balance as it stands when it is told."""
    available = row["stock__on_hand"] - row["stock__reserved"] - row["stock__unavailable"]
    facts = {
        **movement_facts(row),
        "balance": {
            "on_hand": row["stock__on_hand"],
            "reserved": row["stock__reserved"],
            "unavailable": row["stock__unavailable"],
            "incoming": row["stock__incoming"],
            "available": available,
        },
        "recorded_at": row["recorded_at"],
    }
    text = frame("stock", facts, event_id=position.event_id(row["recorded_at"]))
    return LiveEvent(position, "stock", row["warehouse_id"], None, text)


def movement_facts(row: dict[str, Any]) -> dict[str, Any]:
    """Return what a movement is, which never changes."""
    return {
        "movement_id": movement_code(row["id"], row["recorded_at"]),
        "movement_type": row["movement_type"],
        "warehouse": row["warehouse__code"],
        "product_id": row["variation__product__code"],
        "sku": row["variation__sku_code"],
        "quantity": row["quantity"],
        "stock_before": row["stock_before"],
        "stock_after": row["stock_after"],
        "reason_code": row["reason_code"],
        "reference_type": row["reference_type"],
        "reference_id": row["reference_code"],
    }


def logged_event(position: Position, row: dict[str, Any], facts: dict[str, Any]) -> LiveEvent:
    """Tell of an alert or a message, as it stands when it is told."""
    name = "alert" if row["topic"] == "alerts" else "notification"
    text = frame(
        name,
        {"change": row["change"], **facts, "recorded_at": row["recorded_at"]},
        event_id=position.event_id(row["recorded_at"]),
    )
    is_of_supplier = name == "alert" and not facts["warehouse"] and bool(facts["supplier_id"])
    return LiveEvent(
        position, row["topic"], row["warehouse_id"], row["recipient_id"], text, is_of_supplier
    )


def load_alerts(keys: Iterable[int]) -> dict[int, dict[str, Any]]:
    wanted = set(keys)
    if not wanted:
        return {}
    alerts = Alert.objects.select_related("product", "variation", "warehouse", "supplier").in_bulk(
        wanted
    )
    return {
        key: {
            "alert_id": alert.code,
            **{name: getattr(alert, name) for name in TOLD_OF_ALERTS},
            "warehouse": alert.warehouse.code if alert.warehouse else None,
            "product_id": alert.product.code if alert.product else None,
            "sku": alert.variation.sku_code if alert.variation else None,
            "supplier_id": alert.supplier.code if alert.supplier else None,
        }
        for key, alert in alerts.items()
    }


def load_messages(keys: Iterable[int]) -> dict[int, dict[str, Any]]:
    wanted = set(keys)
    if not wanted:
        return {}
    rows = Notification.objects.filter(pk__in=wanted).values(
        "id", "topic", "title", "message", "reference", "created_at"
    )
    return {row["id"]: row for row in rows}


def frame(name: str, facts: dict[str, Any], *, event_id: str = "") -> bytes:
    """Write one event; JSON leaves no line end inside, so no text can end it early."""
    head = f"id: {event_id}\n" if event_id else ""
    body = orjson.dumps(facts, default=encode, option=OPTIONS)
    return f"{head}event: {name}\ndata: ".encode() + body + b"\n\n"


def heartbeat(position: Position, at: datetime) -> bytes:
    """Write a comment that keeps the connection, and moves the client's last id on."""
    return f": still here\nid: {position.event_id(at)}\n\n".encode()
