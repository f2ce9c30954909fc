"""Which documents files may be attached to: apps register theirs in receivers.py."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from common.permissions import Can


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentKind:
    """A kind of document with files: whoever sees the document sees them.

    documents: a queryset with `visible_to` and `by_reference`.
    may_remove: what removes the files of others, besides one's own.
    guard: the row whose lock guards how many files a document has; some documents cannot be locked.
    """

    name: str
    title: str
    documents: Callable[[], Any]
    may_view: Can
    may_attach: Can
    may_remove: Can
    guard: Callable[[Any], Any] = lambda document: document


_kinds: dict[str, AttachmentKind] = {}


def register_attachments(kind: AttachmentKind) -> None:
    """Let files be attached to documents of a kind."""
    _kinds[kind.name] = kind


def attachment_kinds() -> dict[str, AttachmentKind]:
    """Return the kinds of documents by their names, as the API has them."""
    return dict(_kinds)
