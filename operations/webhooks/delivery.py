"""Sending what is due, as the outbox sends mails: claimed with a lease, sent outside of any
transaction, marked afterwards.

A worker that dies in between is replaced when the lease ends: an event arrives at least once, and
an extra copy has the same id.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from common.exceptions import DomainError
from common.outbound import Answer, OutboundError, send_request
from common.sealed import unseal
from notifications.services import MAX_ATTEMPTS, delete_in_parts, pause_after
from operations.models import Webhook, WebhookDelivery, WebhookHealth
from operations.webhooks.moves import collect_moves
from operations.webhooks.signing import signed_headers
from operations.webhooks.switching_off import switch_off

logger = logging.getLogger(__name__)

# Longer than a look-up, a request and its answer may take together.
LEASE = timedelta(seconds=60)
LONGEST_RUN = timedelta(seconds=100)
# While a receiver fails its other deliveries wait: 15 s, 30 s, 1 min … at most 5 minutes.
FIRST_HOLD, LONGEST_HOLD = timedelta(seconds=15), timedelta(minutes=5)
FAILS_FOR = timedelta(days=5)
KEEP = timedelta(days=30)
LONGEST_ANSWER = 2_000
BYTES_A_CHARACTER = 4
GIVEN_UP = "The worker died at every attempt."

Status = WebhookDelivery.Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one attempt went; `error` is empty where the receiver took the event."""

    error: str
    milliseconds: int
    response_status: int | None = None
    response_body: str = ""


def deliver_due_webhooks() -> int:
    """Send what is due; return how many deliveries were settled.

    Any number of these may run at once and be killed at any instant. A receiver that failed is
    left alone for the rest of the run.
    """
    end = timezone.now() + LONGEST_RUN
    collect_moves()
    settled, in_trouble = 0, set[int]()
    while timezone.now() < end and (delivery := claim(in_trouble)) is not None:
        outcome = send(delivery)
        if outcome.error:
            in_trouble.add(delivery.webhook_id)
        settled += record(delivery, outcome)
    return settled


@transaction.atomic(durable=True)
def claim(in_trouble: set[int]) -> WebhookDelivery | None:
    """Take the lease on the next due delivery and count the attempt, or return None.

    A delivery whose last attempt ended with the worker's death becomes dead here.
    """
    due = WebhookDelivery.objects.due().exclude(webhook__in=in_trouble).select_related("webhook")
    free = due.select_for_update(skip_locked=True, of=("self",))
    while (delivery := free.first()) is not None:
        delivery.lease_token = uuid4()
        if delivery.attempts < MAX_ATTEMPTS:
            delivery.attempts += 1
            delivery.next_attempt_at = timezone.now() + LEASE
            delivery.save(update_fields=["attempts", "lease_token", "next_attempt_at"])
            return delivery
        delivery.status, delivery.lease_token = Status.DEAD, None
        delivery.error = delivery.error or GIVEN_UP
        delivery.save(update_fields=["status", "lease_token", "error"])
    return None


def send(delivery: WebhookDelivery) -> Outcome:
    """Post an event and say how it went; raises nothing that a receiver or an address can cause.

    Must be called outside of any transaction.
    """
    hook, now, started = delivery.webhook, timezone.now(), monotonic()
    answer: Answer | None = None
    try:
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "InventoryPulse-Webhooks",
            **signed_headers(secrets_of(hook, now), delivery.event_id, delivery.body, now),
        }
        answer = send_request(
            "POST",
            hook.url,
            body=delivery.body.encode(),
            headers=headers,
            most_bytes=LONGEST_ANSWER * BYTES_A_CHARACTER,
        )
        error = fault_of(answer)
    except (OutboundError, DomainError) as refusal:
        error = str(refusal)
    return Outcome(
        error=error[:500],
        milliseconds=int((monotonic() - started) * 1000),
        response_status=answer.status if answer else None,
        response_body=text_of(answer) if answer else "",
    )


def secrets_of(hook: Webhook, now: datetime) -> list[str]:
    """Return the secrets that sign now: the one before also does, for a while after a rotation."""
    known = [unseal(hook, "secret")]
    if hook.previous_secret and hook.previous_secret_until and now < hook.previous_secret_until:
        known.append(unseal(hook, "previous_secret"))
    return known


def fault_of(answer: Answer) -> str:
    """Say why an answer does not mean that the event was taken; nothing where it was."""
    if answer.is_success:
        return ""
    if answer.is_redirect:
        return f"The receiver redirects ({answer.status}); redirects are not followed."
    return f"The receiver answered {answer.status}."


def text_of(answer: Answer) -> str:
    text = answer.body.decode("utf-8", errors="replace").replace("\x00", "�")
    return text[:LONGEST_ANSWER]


@transaction.atomic(durable=True)
def record(delivery: WebhookDelivery, outcome: Outcome) -> bool:
    """Note how an attempt went, if the lease is still ours; say whether that settled it.

    Locks the health of the webhook, then the delivery. A receiver that has failed for five days is
    switched off.
    """
    health = WebhookHealth.objects.select_for_update(no_key=True)
    row = health.filter(webhook=delivery.webhook_id).first()
    if row is None:
        return False
    now = timezone.now()
    is_last = delivery.attempts >= MAX_ATTEMPTS
    ended: dict[str, Any] = {"status": Status.DELIVERED, "delivered_at": now}
    if outcome.error:
        pause = now + pause_after(delivery.attempts)
        ended = {"status": Status.DEAD if is_last else Status.PENDING, "next_attempt_at": pause}
        logger.warning(
            "Delivery %s of webhook %s, attempt %s: %s",
            delivery.pk, delivery.webhook_id, delivery.attempts, outcome.error,
        )  # fmt: skip
    settled = leased(delivery).update(
        lease_token=None,
        last_attempt_at=now,
        error=outcome.error,
        duration_ms=outcome.milliseconds,
        response_status=outcome.response_status,
        response_body=outcome.response_body,
        **ended,
    )
    if settled and delivery.event_type != WebhookDelivery.PING:
        note_health(row, outcome, now)
    return bool(settled) and not outcome.error


def note_health(health: WebhookHealth, outcome: Outcome, now: datetime) -> None:
    """Let a receiver that fails have a rest, one that recovered go on, and end with a dead one."""
    if not outcome.error:
        if health.failing_since or health.paused_until:
            health.failing_since, health.failures, health.paused_until = None, 0, None
            health.save(update_fields=["failing_since", "failures", "paused_until"])
        return
    health.failing_since = health.failing_since or now
    health.failures += 1
    health.paused_until = now + min(FIRST_HOLD * 2 ** min(health.failures - 1, 10), LONGEST_HOLD)
    health.save(update_fields=["failing_since", "failures", "paused_until"])
    if health.failing_since <= now - FAILS_FOR:
        switch_off(health, f"Nothing was taken for {FAILS_FOR.days} days. Last: {outcome.error}")


def leased(delivery: WebhookDelivery) -> QuerySet[WebhookDelivery]:
    """The delivery, as long as the lease it was claimed under is the one in force."""
    return WebhookDelivery.objects.filter(
        pk=delivery.pk, lease_token=delivery.lease_token, status=Status.PENDING
    )


def purge_deliveries() -> int:
    """Delete what was settled over 30 days ago, in short statements; return how many rows."""
    old = WebhookDelivery.objects.filter(created_at__lt=timezone.now() - KEEP)
    return delete_in_parts(old.exclude(status=Status.PENDING))
