"""Telling of stock that moved: the ledger is the log, so that a posting writes nothing for it.

Each webhook has its place in the ledger, in the order of transactions, as event streams have
(operations.live.position); what lies between it and the oldest open transaction is told in batches.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import F

from inventory.models import StockMovement
from operations.live.events import (
    MOVEMENTS,
    REACH,
    Horizon,
    movement_facts,
    read_horizon,
    read_rows,
)
from operations.live.position import Position
from operations.models import Webhook, WebhookDelivery, WebhookHealth
from operations.webhooks.event_types import STOCK_MOVED
from operations.webhooks.fan_out import make_deliveries
from operations.webhooks.happenings import new_event_id, written

ROWS_AT_ONCE = 500
IN_ONE_EVENT = 100


@dataclass(frozen=True, slots=True)
class Told:
    """What a webhook hears of the ledger."""

    warehouse_id: int | None

    def narrow(self, rows: Any, is_log: bool) -> Any:
        """Leave out other warehouses, and what is entered for days long past: that is history."""
        recent = rows.filter(occurred_at__gt=F("recorded_at") - REACH)
        return recent.filter(warehouse_id=self.warehouse_id) if self.warehouse_id else recent


def collect_moves() -> int:
    """Make deliveries of what was posted since; return how many."""
    hooks = Webhook.objects.hearing(STOCK_MOVED).order_by("pk").values_list("pk", flat=True)
    return sum(collect_moves_of(key) for key in hooks)


@transaction.atomic(durable=True)
def collect_moves_of(webhook_id: int) -> int:
    """Make deliveries for one webhook and move its place on, both or neither.

    Locks its health row; another worker that is at it already is left to it.
    """
    free = WebhookHealth.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    health = free.select_related("webhook").filter(webhook=webhook_id).first()
    if health is None:
        return 0
    horizon = read_horizon()
    start = place_of(health, horizon)
    told = Told(health.webhook.warehouse_id)
    rows = read_rows(StockMovement, MOVEMENTS, start, horizon.final, told, ROWS_AT_ONCE)
    end = rows[-1][0] if len(rows) == ROWS_AT_ONCE else max(start, Position(horizon.final))
    if (end.transaction_id, end.row_id) != (health.told_transaction, health.told_movement):
        move_on(health, end)
    return make_deliveries(deliveries(health.webhook, [row for _, row in rows]))


def place_of(health: WebhookHealth, horizon: Horizon) -> Position:
    """Return up to where the ledger was told; a place in another database counts for nothing."""
    if health.told_transaction > horizon.unborn:
        return Position(horizon.final)
    return Position(health.told_transaction, MOVEMENTS, health.told_movement)


def move_on(health: WebhookHealth, place: Position) -> None:
    WebhookHealth.objects.filter(pk=health.pk).update(
        told_transaction=place.transaction_id, told_movement=place.row_id
    )


def start_of_news() -> dict[str, int]:
    """Return the place in the ledger from which on everything is news."""
    return {"told_transaction": read_horizon().final, "told_movement": 0}


def deliveries(hook: Webhook, rows: list[dict[str, Any]]) -> Iterator[WebhookDelivery]:
    """Yield events of up to 100 movements of one warehouse."""

    def place(row: dict[str, Any]) -> Any:
        return row["warehouse__code"]

    for code, of_place in groupby(sorted(rows, key=place), key=place):
        moved = list(of_place)
        for start in range(0, len(moved), IN_ONE_EVENT):
            some = moved[start : start + IN_ONE_EVENT]
            event_id = new_event_id("moves", some[0]["id"], some[-1]["id"], len(some))
            facts = {"warehouses": [code], "movements": [told_facts(row) for row in some]}
            yield WebhookDelivery(
                webhook=hook,
                event_id=event_id,
                event_type=STOCK_MOVED,
                body=written(event_id, STOCK_MOVED, some[-1]["recorded_at"], facts),
            )


def told_facts(row: dict[str, Any]) -> dict[str, Any]:
    return {**movement_facts(row), "recorded_at": row["recorded_at"]}
