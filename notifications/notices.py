"""Mails that say one thing: a heading, a paragraph, some facts, and a button."""

from collections.abc import Mapping, Sequence
from typing import Any

from common.admin_links import page_of
from common.permissions import Can
from notifications.registry import Mail

Facts = Sequence[tuple[str, Any]]


def notice(
    heading: str,
    text: str,
    facts: Facts = (),
    link: str = "",
    button: str = "Open InventoryPulse",
    *,
    subject: str = "",
    goods: Mapping[str, Any] | None = None,
    keeps_text: bool = True,
) -> Mail:
    """Build a mail of one heading, one paragraph and a table of facts; "" is no button.

    `goods` are the lines that the mail lists, as templates/email/rows.html shows them.
    """
    context = {
        **(goods or {}),
        "heading": heading,
        "text": text,
        "facts": [(name, value) for name, value in facts if value],
        "link": link,
        "button": button,
    }
    return Mail(
        subject=subject or heading, template="people", context=context, keeps_text=keeps_text
    )


def way_to(document: Any, recipient: Any, name: str = "") -> dict[str, Any]:
    """Lead to the document's page, or to the front door those who have no back office."""
    if not recipient.can(Can.USE_BACK_OFFICE):
        return {"link": "/", "button": "Open InventoryPulse"}
    return {"link": page_of(document), "button": f"Open {name or document}"}
