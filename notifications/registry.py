"""Who handles an event, and who writes the mail of a topic: apps register in receivers.py."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifications.models import OutboxMessage


@dataclass(frozen=True, kw_only=True)
class MailFile:
    """A file that goes with a mail; it is made when the mail is sent and kept nowhere."""

    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True, kw_only=True)
class Mail:
    """What to render: `template` names a pair of files, templates/email/<template>.{html,txt}.

    `keeps_text` false: the text holds a secret, and the outbox does not keep it. `reply_to` is the
    account that answers go to, where that is not the sender.
    """

    subject: str
    template: str
    context: Mapping[str, Any] = field(default_factory=dict)
    keeps_text: bool = True
    files: Sequence[MailFile] = ()
    reply_to: Any = None


class CauseGone(Exception):
    """Raised while a mail is written: what it should tell no longer holds; the text says why."""


EventHandler = Callable[[dict[str, Any]], object]
MailWriter = Callable[[OutboxMessage], Mail]

_event_handlers: dict[str, EventHandler] = {}
_mail_writers: dict[str, MailWriter] = {}


def register_event_handler(topic: str) -> Callable[[EventHandler], EventHandler]:
    """Make a function the handler of a topic.

    It gets the payload and runs in the transaction that marks the event as done, so its effect in
    the database happens exactly once. It must not send or call anything outside the database.
    """

    def register(handler: EventHandler) -> EventHandler:
        _event_handlers[topic] = handler
        return handler

    return register


def register_mail(topic: str) -> Callable[[MailWriter], MailWriter]:
    """Make a function the writer of a topic's mails.

    It gets the outbox message, loads the facts by the ids of its payload, and returns a Mail or
    raises CauseGone. It runs outside any transaction, once an attempt.
    """

    def register(writer: MailWriter) -> MailWriter:
        _mail_writers[topic] = writer
        return writer

    return register


def event_handler(topic: str) -> EventHandler:
    """Return the handler of a topic; raises LookupError where no app has one."""
    if topic not in _event_handlers:
        raise LookupError(f"No app handles the event {topic!r}.")
    return _event_handlers[topic]


def mail_writer(topic: str) -> MailWriter:
    """Return the mail writer of a topic; raises LookupError where no app has one."""
    if topic not in _mail_writers:
        raise LookupError(f"No app writes mails about {topic!r}.")
    return _mail_writers[topic]
