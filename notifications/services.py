"""Delivering the outbox, and reading in-app messages.

A message is claimed in a short transaction of its own (SKIP LOCKED, attempt counted, lease
taken), so several workers share the work and one that is killed loses nothing: its lease runs
out and another takes over. An event's handler runs in the transaction that marks it done: exactly
once. A mail is sent outside any transaction and marked afterwards: at least once, and an extra
copy has the same Message-ID.
"""

import logging
import random
from datetime import timedelta
from smtplib import (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPException,
    SMTPHeloError,
    SMTPServerDisconnected,
)
from typing import Any
from uuid import uuid4

from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from notifications.mail import write_mail
from notifications.models import Notification, OutboxMessage
from notifications.outbox import kick_after_commit
from notifications.registry import CauseGone, event_handler

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
# Longer than a mail server can hold up one mail: six exchanges of EMAIL_TIMEOUT each.
LEASE = timedelta(seconds=150)
FIRST_PAUSE = timedelta(seconds=15)
LONGEST_PAUSE = timedelta(hours=6)
# A run ends in time for the task's own limit; the next poll goes on.
LONGEST_RUN = timedelta(seconds=100)
# Handled events say nothing that their effects do not; mails stay, as proof that they were sent.
KEEP_EVENTS = timedelta(days=7)
KEEP_READ = timedelta(days=90)
PURGED_AT_ONCE = 5_000

Channel, Status = OutboxMessage.Channel, OutboxMessage.Status
SERVER_TROUBLE = (
    SMTPAuthenticationError,
    SMTPConnectError,
    SMTPHeloError,
    SMTPServerDisconnected,
)


def deliver_due_messages() -> int:
    """Deliver what is due, events before mails; return how many messages were settled.

    Claims one message at a time, so any number of these may run at once and be killed at any
    instant. Stops sending mails for this run when the mail server itself is in trouble.
    """
    end = timezone.now() + LONGEST_RUN
    settled = 0
    mail_connection = get_connection()
    mail_server_answers = True
    try:
        while timezone.now() < end:
            if (message := claim(Channel.EVENT)) is not None:
                settled += handle_event(message)
            elif mail_server_answers and (message := claim(Channel.EMAIL)) is not None:
                mail_server_answers, sent = deliver_mail(message, mail_connection)
                settled += sent
            else:
                break
    finally:
        close_quietly(mail_connection)
    return settled


@transaction.atomic(durable=True)
def claim(channel: str) -> OutboxMessage | None:
    """Take the lease on the next due message of a channel and count the attempt, or return None.

    A message whose last attempt ended with the worker's death becomes dead here.
    """
    due = OutboxMessage.objects.due().filter(channel=channel).select_for_update(skip_locked=True)
    while (message := due.first()) is not None:
        if message.attempts < MAX_ATTEMPTS:
            message.attempts += 1
            message.lease_token = uuid4()
            message.next_attempt_at = timezone.now() + LEASE
            message.save(update_fields=["attempts", "lease_token", "next_attempt_at"])
            return message
        message.status = Status.DEAD
        message.lease_token = None
        message.last_error = message.last_error or "The worker died at every attempt."
        message.save(update_fields=["status", "lease_token", "last_error"])
    return None


def handle_event(message: OutboxMessage) -> bool:
    """Run the handler of an event; a failure is recorded, never raised. Say whether it is done."""
    try:
        return run_handler(message)
    except Exception as error:
        record_failure(message, error)
        return False


@transaction.atomic(durable=True)
def run_handler(message: OutboxMessage) -> bool:
    """Run the handler and mark the event done, in one transaction, if the lease is still ours.

    Locks the message, so nobody else can claim it while the handler runs.
    """
    if leased(message).select_for_update().first() is None:
        return False
    event_handler(message.topic)(message.payload)
    settle(message, Status.SENT)
    return True


def deliver_mail(message: OutboxMessage, connection: BaseEmailBackend) -> tuple[bool, bool]:
    """Send one mail; return whether the mail server answers, and whether the mail is settled."""
    try:
        email = write_mail(message)
    except CauseGone as gone:
        return True, settle(message, Status.CLOSED, note=str(gone)[:500])
    except Exception as error:
        record_failure(message, error)
        return True, False
    email.connection = connection
    try:
        connection.open()  # and leave it open for the next mail
        email.send()
    except Exception as error:
        # The connection may be in the middle of an exchange: the next mail gets a new one.
        close_quietly(connection)
        record_failure(message, error)
        return not is_server_trouble(error), False
    subject = str(email.subject)[:255]
    return True, settle(message, Status.SENT, subject=subject, body=email.kept_text)


def is_server_trouble(error: Exception) -> bool:
    """Tell a mail server that is down from one that refuses this mail."""
    if isinstance(error, SMTPException):  # which is an OSError, too
        return isinstance(error, SERVER_TROUBLE)
    return isinstance(error, OSError)


def settle(message: OutboxMessage, status: str, **fields: Any) -> bool:
    """Mark a message, if the lease is still ours, and say whether it was."""
    sent_at = timezone.now() if status == Status.SENT else None
    return bool(leased(message).update(status=status, sent_at=sent_at, lease_token=None, **fields))


def record_failure(message: OutboxMessage, error: Exception) -> None:
    """Note the error and when to try again; after the last attempt the message is dead."""
    last = message.attempts >= MAX_ATTEMPTS
    logger.warning(
        "Outbox message %s (%s), attempt %s: %s",
        message.pk, message.topic, message.attempts, type(error).__name__, exc_info=error,
    )  # fmt: skip
    leased(message).update(
        status=Status.DEAD if last else Status.PENDING,
        lease_token=None,
        next_attempt_at=timezone.now() + pause_after(message.attempts),
        last_error=f"{type(error).__name__}: {error}".replace("\x00", "")[:500],
    )


def leased(message: OutboxMessage) -> QuerySet[OutboxMessage]:
    """The message, as long as the lease it was claimed under is the one in force."""
    return OutboxMessage.objects.filter(
        pk=message.pk, lease_token=message.lease_token, status=Status.PENDING
    )


def pause_after(attempts: int) -> timedelta:
    """Return how long to wait: 15 s, 1 min, 4 min … at most 6 h, less up to a half by chance.

    Eight attempts span some 8 to 11 hours: a mail server may be down for a night's work.
    """
    pause = min(FIRST_PAUSE * 4 ** (attempts - 1), LONGEST_PAUSE)
    return timedelta(seconds=pause.total_seconds() * random.uniform(0.5, 1.0))


def close_quietly(connection: BaseEmailBackend) -> None:
    """Close a mail connection that may be broken already."""
    try:
        connection.close()
    except OSError:
        logger.info("The mail server closed the connection first.")


@transaction.atomic
def redeliver_messages(messages: QuerySet[OutboxMessage]) -> int:
    """Give dead messages eight new attempts, from now; return how many there were."""
    revived = messages.filter(status=Status.DEAD).update(
        status=Status.PENDING, attempts=0, lease_token=None, next_attempt_at=timezone.now()
    )
    if revived:
        kick_after_commit()
    return revived


def mark_read(notification: Notification) -> Notification:
    """Note when a person read a message first."""
    Notification.objects.filter(pk=notification.pk).unread().update(read_at=timezone.now())
    notification.refresh_from_db()
    return notification


def mark_all_read(*, acting_user: Any) -> int:
    """Mark all messages of a person as read; return how many were not."""
    return Notification.objects.visible_to(acting_user).unread().update(read_at=timezone.now())


def purge_old_messages() -> dict[str, int]:
    """Delete events handled a week ago and in-app messages read 90 days ago, in short statements.

    Takes row locks on nothing that is still waiting or unread; returns how many rows of each.
    """
    now = timezone.now()
    events = OutboxMessage.objects.filter(
        channel=Channel.EVENT, status=Status.SENT, sent_at__lt=now - KEEP_EVENTS
    )
    read = Notification.objects.filter(read_at__lt=now - KEEP_READ)
    return {"events": delete_in_parts(events), "notifications": delete_in_parts(read)}


def delete_in_parts(rows: QuerySet[Any]) -> int:
    """Delete some thousand rows a statement, so that none holds locks for long."""
    deleted = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:PURGED_AT_ONCE]):
        deleted += rows.filter(pk__in=keys).delete()[0]
    return deleted
