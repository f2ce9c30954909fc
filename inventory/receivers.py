"""The mails about documents of the warehouse floor, and who has which of them open."""

from typing import Any

from common.documents.words import day
from inventory.asked_goods import goods_of
from inventory.models import AdjustmentRequest, StockCount, TransferRequest
from inventory.services.tell import (
    COUNT_ASSIGNED,
    DOCUMENT_DECIDED,
    DOCUMENT_WAITS,
    DOCUMENTS,
    TRANSFER_DISCREPANCY,
    TRANSFER_SHIPPED,
)
from notifications.models import OutboxMessage
from notifications.notices import notice, way_to
from notifications.registry import CauseGone, Mail, register_mail
from warehouses.open_tasks import register_open_tasks

WAITING = ("pending", "submitted")
MOVING = ("pending", "approved", "in_transit", "partially_received")


def document_of(message: OutboxMessage) -> Any:
    """Return the document of a mail, if its recipient may still see it; raises CauseGone."""
    model = DOCUMENTS[message.payload["kind"]]
    recipient: Any = message.recipient
    document = model.objects.visible_to(recipient).filter(pk=message.payload["id"]).first()
    if document is None:
        raise CauseGone("The recipient does not see this document any more.")
    return document


def mail_about(message: OutboxMessage, document: Any, heading: str, text: str) -> Mail:
    asked_by = getattr(document, "requested_by", None) or getattr(document, "submitted_by", None)
    places = [
        ("From", getattr(document, "from_warehouse", "")),
        ("To", getattr(document, "to_warehouse", "")),
        ("Warehouse", getattr(document, "warehouse", "")),
    ]
    facts = [
        ("Document", document.code),
        *places,
        ("Asked by", asked_by or ""),
        ("What is counted", getattr(document, "scope_in_words", "")),
        ("Reason", getattr(document, "reason", "")),
        ("Needed by", day_of(getattr(document, "needed_by", None))),
        ("Notes", getattr(document, "notes", "")),
        ("Decided by", document.decided_by or ""),
        ("Decision", document.decision_note),
        ("How it ended", getattr(document, "closing_note", "")),
        ("Sent by", getattr(document, "shipped_by", None) or ""),
    ]
    way = way_to(document, message.recipient)
    return notice(heading, text, facts, **way, goods=goods_of(document))


def day_of(date: Any) -> str:
    return day(date) if date else ""


def title_of(document: Any) -> str:
    name = str(document._meta.verbose_name).capitalize()
    return f"{name} {document.code}, {document.get_status_display().lower()}"


@register_open_tasks(
    "transfer_request", begun_by="requested_by", title=title_of, place="from_warehouse"
)
def open_transfers(seen_by: Any) -> Any:
    return TransferRequest.objects.visible_to(seen_by).filter(status__in=MOVING)


@register_open_tasks("adjustment_request", begun_by="requested_by", title=title_of)
def open_adjustments(seen_by: Any) -> Any:
    return AdjustmentRequest.objects.visible_to(seen_by).filter(status="pending")


@register_open_tasks("stock_count", begun_by="created_by", title=title_of)
def open_counts(seen_by: Any) -> Any:
    return StockCount.objects.visible_to(seen_by).filter(status__in=StockCount.OPEN)


@register_mail(DOCUMENT_WAITS)
def write_document_waits(message: OutboxMessage) -> Mail:
    """Write that a document waits, as long as it does."""
    document, kind = document_of(message), message.payload["kind"]
    if document.status not in WAITING:
        raise CauseGone(f"{document.code} is {document.status}.")
    return mail_about(
        message, document, f"{kind.capitalize()} {document.code} waits for a decision",
        "Somebody asks for it; you may decide it.",
    )  # fmt: skip


@register_mail(DOCUMENT_DECIDED)
def write_document_decided(message: OutboxMessage) -> Mail:
    document, kind = document_of(message), message.payload["kind"]
    word = document.get_status_display().lower()
    return mail_about(
        message, document, f"{kind.capitalize()} {document.code} is {word}",
        "You asked for it; this is what was decided.",
    )  # fmt: skip


@register_mail(TRANSFER_SHIPPED)
def write_transfer_shipped(message: OutboxMessage) -> Mail:
    """Write that goods are on their way, as long as they are."""
    transfer = document_of(message)
    if not transfer.is_on_the_way:
        raise CauseGone(f"{transfer.code} is {transfer.status}.")
    heading = f"Transfer {transfer.code} is on its way to {transfer.to_warehouse.code}"
    return mail_about(
        message, transfer, heading,
        "Receive the goods when they arrive, and say what is missing or damaged.",
    )  # fmt: skip


@register_mail(COUNT_ASSIGNED)
def write_count_assigned(message: OutboxMessage) -> Mail:
    """Write that a count waits for somebody to count, as long as it does."""
    count = document_of(message)
    if count.status != StockCount.Status.COUNTING or count.assigned_to_id != message.recipient_id:
        raise CauseGone(f"{count.code} is {count.status}, or given to somebody else.")
    return mail_about(
        message, count, f"Count {count.code} is yours to count",
        "Its page has a place to scan, and a sheet to print; submit it when you are done.",
    )  # fmt: skip


@register_mail(TRANSFER_DISCREPANCY)
def write_transfer_discrepancy(message: OutboxMessage) -> Mail:
    transfer = document_of(message)
    return mail_about(
        message, transfer, f"Transfer {transfer.code} did not arrive as it left",
        "You asked for these goods or sent them. What is found again is put back by reversing the "
        "movement that wrote it off.",
    )  # fmt: skip
