"""Of what webhooks tell: the one list of event types.

What concerns an object is read from its audit entries, which database triggers write in the
transaction of the change: a new status of a document is a new type of event by itself.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db import models

from alerts.models import Alert
from common.audit import object_type
from common.models import AuditEntry
from inventory.models import (
    AdjustmentRequest,
    Product,
    ProductSupplier,
    ProductVariation,
    StockCount,
    TransferRequest,
)
from operations.models import WebhookDelivery
from purchasing.models import PurchaseOrder, PurchaseOrderItem, PurchaseRequest
from sales.models import SalesOrder, SalesOrderItem, SalesReturn
from suppliers.models import Supplier
from warehouses.models import Warehouse

STOCK_MOVED = "stock.moved"
CREATED, CHANGED = AuditEntry.Action.CREATED, AuditEntry.Action.CHANGED


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A kind of object that is told of, and where the API has it.

    `prefix` and `words`, which renames statuses and `created`, make the names of event types;
    `tells_changes` where any change of it is an event, and any change of its `lines`.
    """

    model: type[models.Model]
    path: str
    prefix: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    tells_changes: bool = False
    lines: tuple[type[models.Model], ...] = ()

    @property
    def object_type(self) -> str:
        return object_type(self.model)

    @property
    def line_types(self) -> list[str]:
        return [object_type(line) for line in self.lines]

    def name_of(self, word: str) -> str:
        """Return the name of the event type for `created`, `updated` or a status."""
        return f"{self.prefix or self.object_type}.{self.words.get(word, word)}"

    def status_of(self, name: str) -> str:
        """Return the status whose event type has a name; empty where it is of none."""
        return next((one for one in self.statuses if self.name_of(one) == name), "")

    @property
    def first_status(self) -> str:
        """What a new one has anyway; empty where there is no status."""
        column: Any = self.model._meta.get_field("status") if self.statuses else None
        return str(column.default) if column else ""

    @property
    def told_statuses(self) -> list[str]:
        """The statuses that an object may come to after it was entered."""
        table: Any = getattr(self.model, "TRANSITIONS", None)
        if not table:
            return self.statuses
        later = {str(status) for steps in table.values() for status in steps}
        return [status for status in self.statuses if status in later]

    @property
    def statuses(self) -> list[str]:
        choices: Any = getattr(self.model, "Status", None)
        return [str(value) for value in choices.values] if choices else []


SUBJECTS = [
    Subject(
        model=PurchaseOrder, path="/api/purchase-orders/{code}/", tells_changes=True,
        lines=(PurchaseOrderItem,),
    ),
    Subject(model=PurchaseRequest, path="/api/purchase-requests/{code}/"),
    Subject(
        model=SalesOrder, path="/api/sales-orders/{code}/", tells_changes=True,
        lines=(SalesOrderItem,),
    ),
    Subject(model=SalesReturn, path="/api/sales-returns/{code}/"),
    Subject(
        model=TransferRequest, path="/api/transfer-requests/{code}/", prefix="transfer",
        words={"created": "requested", "in_transit": "shipped"},
    ),
    Subject(
        model=AdjustmentRequest, path="/api/adjustment-requests/{code}/", prefix="adjustment",
        words={"created": "requested"},
    ),
    Subject(model=StockCount, path="/api/stock-counts/{code}/", words={"created": "opened"}),
    Subject(model=Alert, path="/api/alerts/{code}/", words={"created": "raised"}),
    Subject(
        model=Product, path="/api/products/{code}/", tells_changes=True,
        lines=(ProductVariation, ProductSupplier),
    ),
    Subject(model=Supplier, path="/api/suppliers/{code}/", tells_changes=True),
    Subject(model=Warehouse, path="/api/warehouses/{code}/", tells_changes=True),
]  # fmt: skip
# What an alert is about, told by its own name as well.
OF_ALERTS = {
    Alert.Type.LOW_STOCK.value: ("stock.low", "Available stock came to a reorder point or below."),
    Alert.Type.OUT_OF_STOCK.value: ("stock.out", "Nothing is available any more."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EventType:
    """What may happen; `matches` says whether an audit entry tells of it."""

    name: str
    description: str
    subject: Subject | None = None
    matches: Callable[[AuditEntry], bool] = field(default=lambda entry: False)


def is_new(entry: AuditEntry) -> bool:
    return entry.action == CREATED


def after(entry: AuditEntry, column: str) -> Any:
    """Return what a column holds since a change, None where the change did not set it."""
    return entry.changes.get(column, (None, None))[1]


def types_of(subject: Subject) -> Iterator[EventType]:
    """Yield what may happen to a kind of object."""
    noun = str(subject.model._meta.verbose_name).capitalize()

    def named(word: str, description: str, matches: Callable[[AuditEntry], bool]) -> EventType:
        return EventType(
            name=subject.name_of(word), description=description, subject=subject, matches=matches
        )

    yield named("created", f"{noun} entered.", created(subject))
    for status in subject.told_statuses:
        words = status.replace("_", " ")
        yield named(status, f"{noun}: the status became {words}.", became(subject, status))
    if subject.tells_changes:
        yield named("updated", f"{noun}: something else than the status changed.", changed(subject))


def created(subject: Subject) -> Callable[[AuditEntry], bool]:
    return lambda entry: entry.object_type == subject.object_type and is_new(entry)


def became(subject: Subject, status: str) -> Callable[[AuditEntry], bool]:
    def matches(entry: AuditEntry) -> bool:
        if entry.object_type != subject.object_type or after(entry, "status") != status:
            return False
        return not (is_new(entry) and status == subject.first_status)

    return matches


def changed(subject: Subject) -> Callable[[AuditEntry], bool]:
    """Match a change of anything but the status, which is an event of its own."""

    def matches(entry: AuditEntry) -> bool:
        if entry.action != CHANGED:
            return False
        if entry.object_type in subject.line_types:
            return entry.document_type == subject.object_type
        return entry.object_type == subject.object_type and "status" not in entry.changes

    return matches


def types_of_alerts(subject: Subject) -> Iterator[EventType]:
    for kind, (name, description) in OF_ALERTS.items():
        yield EventType(
            name=name, description=description, subject=subject, matches=raised(subject, kind)
        )


def raised(subject: Subject, kind: str) -> Callable[[AuditEntry], bool]:
    def matches(entry: AuditEntry) -> bool:
        is_one = entry.object_type == subject.object_type and is_new(entry)
        return is_one and after(entry, "alert_type") == kind

    return matches


@cache
def event_types() -> dict[str, EventType]:
    """Return every type of event by its name."""
    of_alerts = next(subject for subject in SUBJECTS if subject.model is Alert)
    found = [one for subject in SUBJECTS for one in types_of(subject)]
    found += types_of_alerts(of_alerts)
    found += [
        EventType(
            name=STOCK_MOVED,
            description="Movements were posted to the ledger; up to 100 of one warehouse at once.",
        ),
        EventType(
            name=WebhookDelivery.PING,
            description="Somebody tries the webhook out; sent to it whatever it is told of.",
        ),
    ]
    return {one.name: one for one in sorted(found, key=lambda one: one.name)}


def watched_types() -> list[str]:
    """Return the types of rows whose audit entries may be events."""
    return sorted(
        {kind for subject in SUBJECTS for kind in (subject.object_type, *subject.line_types)}
    )
