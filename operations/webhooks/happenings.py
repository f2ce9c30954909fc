"""What happened, as it is told: a thin notice of the object, its address and what changed.

The facts are not in it: a receiver reads them with a token of its own, whose rights are judged
then, sees the newest, and a notice that comes late or twice does no harm.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

import orjson
from django.conf import settings
from django.db import models

from common.api.renderers import OPTIONS, encode
from common.models import AuditEntry
from operations.webhooks.event_types import CHANGED, EventType, Subject, event_types
from warehouses.models import Warehouse

# What only replays or makes up history is no news.
QUIET_COMMANDS = ("import_orders", "seed_demo")


@dataclass(slots=True, kw_only=True)
class Happening:
    """One event, before it is known who hears of it."""

    event_id: str
    event_type: EventType
    at: datetime
    object_id: int
    code: str
    changed: list[str]
    status: tuple[Any, Any] | None = None
    warehouses: dict[int, str] = field(default_factory=dict)

    @property
    def body(self) -> str:
        subject = self.event_type.subject
        facts: dict[str, Any] = {
            "changed": self.changed,
            "warehouses": list(self.warehouses.values()),
        }
        if subject is not None:
            facts["object"] = {
                "type": subject.object_type,
                "id": self.object_id,
                "code": self.code,
                "url": settings.PUBLIC_URL.rstrip("/") + subject.path.format(code=quote(self.code)),
            }
        if self.status is not None:
            facts["status"] = {"from": self.status[0], "to": self.status[1]}
        return written(self.event_id, self.event_type.name, self.at, facts)


def written(event_id: str, name: str, at: datetime, facts: dict[str, Any]) -> str:
    """Return the JSON of an event: id, type, timestamp, data."""
    whole = {"id": event_id, "type": name, "timestamp": at, "data": facts}
    return orjson.dumps(whole, default=encode, option=OPTIONS).decode()


def new_event_id(*parts: object) -> str:
    """Return an id made of what the event is: the same event always has the same one."""
    text = ":".join(map(str, (settings.PUBLIC_URL, *parts)))
    return f"evt_{uuid5(NAMESPACE_URL, text).hex}"


def happenings_of(entries: Iterable[AuditEntry]) -> list[Happening]:
    """Return what audit entries of one statement tell; changes of one object's lines are one.

    One query for each kind of object that belongs to warehouses.
    """
    found: dict[tuple[str, int], Happening] = {}
    for entry in entries:
        if entry.door == AuditEntry.Door.COMMAND and entry.origin in QUIET_COMMANDS:
            continue
        for event_type in event_types().values():
            if event_type.subject is not None and event_type.matches(entry):
                add(found, entry, event_type, event_type.subject)
    happened = list(found.values())
    add_warehouses(happened)
    return happened


def add(
    found: dict[tuple[str, int], Happening],
    entry: AuditEntry,
    event_type: EventType,
    subject: Subject,
) -> None:
    """Note an event; one of the same type and object takes up what else changed of it."""
    is_line = entry.object_type != subject.object_type
    key = entry.document_id if is_line else entry.object_id
    columns = [column.removesuffix("_id") for column in sorted(entry.changes)]
    changed = columns if entry.action == CHANGED else []
    known = found.get((event_type.name, key or 0))
    if known is not None:
        known.changed = sorted({*known.changed, *changed})
        return
    status = entry.changes.get("status")
    found[event_type.name, key or 0] = Happening(
        event_id=new_event_id("audit", entry.pk, event_type.name),
        event_type=event_type,
        at=entry.recorded_at,
        object_id=key or 0,
        code=entry.object_code,
        changed=changed,
        status=(status[0], status[1]) if status and not is_line else None,
    )


def add_warehouses(happened: Iterable[Happening]) -> None:
    """Note to which warehouses the objects belong; one query for each kind of object."""
    kinds: dict[type[models.Model], list[Happening]] = {}
    for one in happened:
        if one.event_type.subject is not None:
            kinds.setdefault(one.event_type.subject.model, []).append(one)
    for model, some in kinds.items():
        rows = read_rows(model, {one.object_id for one in some})
        for one in some:
            if one.object_id in rows:
                one.code, one.warehouses = rows[one.object_id]


def read_rows(model: type[models.Model], keys: set[int]) -> dict[int, tuple[str, dict[int, str]]]:
    """Return the code of each object, and the codes of its warehouses by their keys."""
    paths: tuple[str, ...] = getattr(model, "warehouse_paths", ())
    rows = model._default_manager.filter(pk__in=keys).select_related(*paths or (None,))
    return {row.pk: (code_of(row), places_of(row, paths)) for row in rows}


def code_of(row: Any) -> str:
    name = row.code_field if row.code_field != "pk" else "code"
    return str(getattr(row, name))


def places_of(row: Any, paths: Iterable[str]) -> dict[int, str]:
    """Return the warehouses that a row belongs to; a warehouse belongs to itself."""
    if isinstance(row, Warehouse):
        return {row.pk: row.code}
    reached = [attrgetter(path.replace("__", "."))(row) for path in paths]
    return {place.pk: place.code for place in reached if place is not None}
