"""Mails that say one thing: a heading, a paragraph, some facts, and a button."""

from collections.abc import Sequence
from typing import Any

from notifications.registry import Mail

Facts = Sequence[tuple[str, Any]]


def notice(
    heading: str,
    text: str,
    facts: Facts = (),
    link: str = "",
    button: str = "Open InventoryPulse",
    *,
    keeps_text: bool = True,
) -> Mail:
    """Build a mail of one heading, one paragraph and a table of facts; "" is no button."""
    context = {
        "heading": heading,
        "text": text,
        "facts": [(name, value) for name, value in facts if value],
        "link": link,
        "button": button,
    }
    return Mail(subject=heading, template="people", context=context, keeps_text=keeps_text)
