"""The mails about documents of the warehouse floor."""

from typing import Any

from inventory.services.tell import DOCUMENT_DECIDED, DOCUMENT_WAITS, DOCUMENTS
from notifications.models import OutboxMessage
from notifications.registry import CauseGone, Mail, register_mail

WAITING = ("pending", "submitted")
PAGES = {"transfer": "transferrequest", "adjustment": "adjustmentrequest", "count": "stockcount"}


def document_of(message: OutboxMessage) -> Any:
    """Return the document of a mail, if its recipient may still see it; raises CauseGone."""
    model = DOCUMENTS[message.payload["kind"]]
    recipient: Any = message.recipient
    document = model.objects.visible_to(recipient).filter(pk=message.payload["id"]).first()
    if document is None:
        raise CauseGone("The recipient does not see this document any more.")
    return document


def mail_about(document: Any, kind: str, heading: str, text: str) -> Mail:
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
        ("Notes", document.notes),
        ("Decision", document.decision_note),
    ]
    return Mail(
        subject=heading,
        template="people",
        context={
            "heading": heading,
            "text": text,
            "facts": [(name, value) for name, value in facts if value],
            "link": f"/admin/inventory/{PAGES[kind]}/{document.pk}/change/",
            "button": f"Open {document.code}",
        },
    )


@register_mail(DOCUMENT_WAITS)
def write_document_waits(message: OutboxMessage) -> Mail:
    """Write that a document waits, as long as it does."""
    document, kind = document_of(message), message.payload["kind"]
    if document.status not in WAITING:
        raise CauseGone(f"{document.code} is {document.status}.")
    return mail_about(
        document, kind, f"{kind.capitalize()} {document.code} waits for a decision",
        "Somebody asks for it; you may decide it.",
    )  # fmt: skip


@register_mail(DOCUMENT_DECIDED)
def write_document_decided(message: OutboxMessage) -> Mail:
    document, kind = document_of(message), message.payload["kind"]
    word = document.get_status_display().lower()
    return mail_about(
        document, kind, f"{kind.capitalize()} {document.code} is {word}",
        "You asked for it; this is what was decided.",
    )  # fmt: skip
