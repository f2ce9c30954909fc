"""Putting messages into the outbox: always inside the transaction of their cause."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from notifications.models import Notification, OutboxMessage
from notifications.stream_waker import wake_streams_after_commit
from notifications.tasks import deliver_outbox
from notifications.waker import Waker

waker = Waker(deliver_outbox.delay)


def record_event(topic: str, payload: dict[str, Any]) -> None:
    """Add an event for the handler of `topic`; the worker runs it within seconds of the commit.

    One INSERT. The payload holds ids only.
    """
    OutboxMessage.objects.create(topic=topic, channel=OutboxMessage.Channel.EVENT, payload=payload)
    kick_after_commit()


def queue_mail(
    topic: str,
    *,
    recipient: Any,
    payload: dict[str, Any],
    dedup_key: str | None = None,
    address: str = "",
) -> None:
    """Add a mail to one person; the writer registered for `topic` renders it when it is sent."""
    queue_mails([mail_message(topic, recipient.pk, payload, dedup_key, address=address)])


def mail_message(
    topic: str,
    recipient_id: int | None,
    payload: dict[str, Any],
    dedup_key: str | None = None,
    *,
    address: str = "",
) -> OutboxMessage:
    """Build a mail for queue_mails(): to an account, or to the address of somebody who has none."""
    return OutboxMessage(
        topic=topic,
        channel=OutboxMessage.Channel.EMAIL,
        recipient_id=recipient_id,
        address=address,
        payload=payload,
        dedup_key=dedup_key,
    )


def queue_mails(messages: Sequence[OutboxMessage]) -> None:
    """Add mails in one INSERT; one whose `dedup_key` is there already is left out."""
    if not messages:
        return
    OutboxMessage.objects.bulk_create(messages, ignore_conflicts=True)
    kick_after_commit()


def tell_in_app(notifications: Sequence[Notification]) -> None:
    """Add messages to read in the app, in one INSERT, each `dedup_key` once."""
    Notification.objects.bulk_create(notifications, ignore_conflicts=True)
    wake_streams_after_commit()


def kick_after_commit() -> None:
    """Wake the worker once the transaction is committed; where that fails, it polls anyway."""
    transaction.on_commit(waker.wake, robust=True)
