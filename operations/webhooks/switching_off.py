"""Ending what goes nowhere: a webhook that is switched off sends no more, and admins are told."""

from django.utils import timezone

from common.permissions import Can
from notifications.models import Notification
from notifications.outbox import mail_message, queue_mails, tell_in_app
from operations.models import Webhook, WebhookDelivery, WebhookHealth
from users.models import User

SWITCHED_OFF = "operations.webhook_switched_off"
NOT_SENT = "The webhook was switched off."


def switch_off(health: WebhookHealth, reason: str) -> None:
    """Switch a webhook off for a reason and tell administrators; its caller locks the health."""
    Webhook.objects.filter(pk=health.webhook_id, is_active=True).update(
        is_active=False, switched_off_reason=reason[:500], updated_at=timezone.now()
    )
    give_up_pending(health.webhook_id)
    tell_administrators(health, reason)


def give_up_pending(webhook_id: int) -> None:
    """Let what waits for a webhook be dead: it can be redelivered by hand."""
    waiting = WebhookDelivery.objects.filter(
        webhook=webhook_id, status=WebhookDelivery.Status.PENDING
    )
    waiting.exclude(event_type=WebhookDelivery.PING).update(
        status=WebhookDelivery.Status.DEAD, lease_token=None, error=NOT_SENT
    )


def tell_administrators(health: WebhookHealth, reason: str) -> None:
    """Add a mail and a message in the app for each one, as they prefer, once a failure."""
    since = health.failing_since.isoformat() if health.failing_since else ""
    key = f"webhook_off:{health.webhook_id}:{since}"
    admins = list(User.objects.who_can(Can.MANAGE_WEBHOOKS).order_by("pk"))
    queue_mails(
        [
            mail_message(
                SWITCHED_OFF, user.pk, {"webhook_id": health.webhook_id}, f"{key}:{user.pk}:email"
            )
            for user in admins
            if user.notify_by_email
        ]
    )
    tell_in_app(
        [
            Notification(
                recipient=user,
                topic=SWITCHED_OFF,
                title=f"Webhook {health.webhook.name} was switched off",
                message=reason[:1000],
                reference=str(health.webhook_id),
                dedup_key=f"{key}:{user.pk}:in_app",
            )
            for user in admins
            if user.notify_in_app
        ]
    )
