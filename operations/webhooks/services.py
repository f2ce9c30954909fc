"""Writes of webhooks by the people who manage them."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from common.exceptions import InvalidInput, WrongState
from common.outbound import read_url
from common.sealed import SecretUnreadable, seal, unseal
from operations.models import Webhook, WebhookDelivery, WebhookHealth
from operations.webhooks.event_types import STOCK_MOVED, event_types
from operations.webhooks.fan_out import make_deliveries, wake_after_commit
from operations.webhooks.happenings import written
from operations.webhooks.moves import start_of_news
from operations.webhooks.signing import new_secret
from operations.webhooks.switching_off import give_up_pending

SWITCHED_OFF_FIRST = "The webhook is switched off. Switch it on first."
BOTH_SIGN_FOR = timedelta(hours=24)
Status = WebhookDelivery.Status


@transaction.atomic
def create_webhook(
    *, url: str, event_types: Iterable[str], acting_user: Any, **fields: Any
) -> tuple[Webhook, str]:
    """Add a webhook; return it with its secret, which is shown to nobody again.

    It is told of what happens from now on. Raises InvalidInput (url, event_types).
    """
    read_url(url)
    secret = new_secret()
    hook: Webhook = Webhook.objects.create(
        url=url,
        event_types=known_types(event_types),
        secret=sealed(secret),
        created_by=acting_user,
        **fields,
    )
    WebhookHealth.objects.create(webhook=hook, **start_of_news())
    return hook, secret


@transaction.atomic
def change_webhook(*, webhook: Webhook, acting_user: Any, **fields: Any) -> Webhook:
    """Change a webhook; locks its health, then itself.

    What waits for one that is switched off is given up; one that is switched on again is told of
    what happens from now on. Raises InvalidInput (url, event_types).
    """
    if "url" in fields:
        read_url(fields["url"])
    if "event_types" in fields:
        fields["event_types"] = known_types(fields["event_types"])
    hook = lock_webhook(webhook)
    was_active, heard_moves = hook.is_active, hears_moves(hook.event_types)
    for name, value in fields.items():
        setattr(hook, name, value)
    if hook.is_active:
        hook.switched_off_reason = ""
    hook.save()
    if was_active and not hook.is_active:
        give_up_pending(hook.pk)
    if hook.is_active:
        is_new_to_moves = not was_active or (hears_moves(hook.event_types) and not heard_moves)
        let_go_on(hook, **(start_of_news() if is_new_to_moves else {}))
    return hook


@transaction.atomic
def rotate_secret(*, webhook: Webhook, acting_user: Any) -> tuple[Webhook, str]:
    """Give a webhook a new secret and return that; the one before signs beside it for 24 hours.

    Locks its health, then itself.
    """
    hook = lock_webhook(webhook)
    secret = new_secret()
    hook.previous_secret, hook.secret = resealed(hook), sealed(secret)
    hook.previous_secret_until = timezone.now() + BOTH_SIGN_FOR if hook.previous_secret else None
    hook.save()
    return hook, secret


@transaction.atomic
def delete_webhook(*, webhook: Webhook, acting_user: Any) -> None:
    """Delete a webhook with the log of its deliveries; locks its health first."""
    lock_health(webhook)
    webhook.delete()


@transaction.atomic
def ping_webhook(*, webhook: Webhook, acting_user: Any) -> WebhookDelivery:
    """Let the worker send a ping, also to a webhook that is switched off; return its delivery."""
    now, event_id = timezone.now(), f"evt_{uuid4().hex}"
    facts = {"webhook": {"id": webhook.pk, "name": webhook.name}}
    body = written(event_id, WebhookDelivery.PING, now, facts)
    make_deliveries(
        [
            WebhookDelivery(
                webhook=webhook, event_id=event_id, event_type=WebhookDelivery.PING, body=body
            )
        ]
    )
    return WebhookDelivery.objects.get(webhook=webhook, event_id=event_id)


@transaction.atomic
def redeliver(*, delivery: WebhookDelivery, acting_user: Any) -> WebhookDelivery:
    """Send an event again, from now, with the same id and up to eight attempts.

    Locks the webhook's health, then the delivery. Raises WrongState while it is being sent, and
    where the webhook is switched off.
    """
    lock_health(delivery.webhook)
    row = WebhookDelivery.objects.select_for_update(no_key=True, of=("self",))
    delivery = row.select_related("webhook").get(pk=delivery.pk)
    now = timezone.now()
    if delivery.lease_token is not None and delivery.next_attempt_at > now:
        raise WrongState("The event is being sent at this moment. Look again in a minute.")
    if not delivery.webhook.is_active and delivery.event_type != WebhookDelivery.PING:
        raise WrongState(SWITCHED_OFF_FIRST)
    delivery.status, delivery.attempts, delivery.next_attempt_at = Status.PENDING, 0, now
    delivery.lease_token = delivery.delivered_at = None
    delivery.save(
        update_fields=["status", "attempts", "next_attempt_at", "lease_token", "delivered_at"]
    )
    WebhookHealth.objects.filter(webhook=delivery.webhook).update(paused_until=None)
    wake_after_commit()
    return delivery


@transaction.atomic
def redeliver_dead(*, webhook: Webhook, acting_user: Any) -> int:
    """Send all dead events of a webhook again, oldest first; return how many there are.

    Locks its health, then itself. Raises WrongState where it is switched off.
    """
    hook = lock_webhook(webhook)
    if not hook.is_active:
        raise WrongState(SWITCHED_OFF_FIRST)
    revived = WebhookDelivery.objects.filter(webhook=hook, status=Status.DEAD).update(
        status=Status.PENDING, attempts=0, lease_token=None, next_attempt_at=F("created_at")
    )
    let_go_on(hook)
    if revived:
        wake_after_commit()
    return revived


def lock_health(webhook: Webhook) -> WebhookHealth:
    """Lock what every writer of a webhook or of its deliveries locks first."""
    health: WebhookHealth = WebhookHealth.objects.select_for_update(no_key=True).get(
        webhook=webhook.pk
    )
    return health


def lock_webhook(webhook: Webhook) -> Webhook:
    """Lock a webhook after its health, and return it as it is now."""
    lock_health(webhook)
    hook: Webhook = Webhook.objects.select_for_update(no_key=True, of=("self",)).get(pk=webhook.pk)
    return hook


def let_go_on(hook: Webhook, **news: int) -> None:
    """Forget what went wrong before: somebody has seen to it."""
    WebhookHealth.objects.filter(webhook=hook).update(
        failing_since=None, failures=0, paused_until=None, **news
    )


def known_types(names: Iterable[str]) -> list[str]:
    """Return the names of event types in order, each once; raises InvalidInput (event_types)."""
    wanted = sorted(set(names))
    unknown = [name for name in wanted if name != Webhook.ALL and name not in event_types()]
    if unknown:
        texts = [f"There is no event type {name!r}." for name in unknown]
        raise InvalidInput(
            "Name event types that /api/webhooks/event-types/ lists.", {"event_types": texts}
        )
    if not wanted:
        text = 'Name at least one event type, or "*" for all.'
        raise InvalidInput(text, {"event_types": [text]})
    return wanted


def hears_moves(names: Iterable[str]) -> bool:
    return bool({STOCK_MOVED, Webhook.ALL} & set(names))


def sealed(secret: str, column: str = "secret") -> str:
    field: Any = Webhook._meta.get_field(column)
    return seal(field, secret)


def resealed(hook: Webhook) -> str:
    """Return the secret as the one before; nothing where nobody can read it any more."""
    try:
        return sealed(unseal(hook, "secret"), "previous_secret")
    except SecretUnreadable:
        return ""
