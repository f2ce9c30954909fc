"""What operations hears of other parts, and the mails it writes."""

from typing import Any

from celery.signals import task_postrun

from notifications.models import OutboxMessage
from notifications.registry import CauseGone, Mail, register_event_handler, register_mail
from operations.models import Webhook
from operations.task_counts import count_task
from operations.webhooks.fan_out import tell_of_changes
from operations.webhooks.switching_off import SWITCHED_OFF
from operations.webhooks.triggers import ROWS_CHANGED


@task_postrun.connect(dispatch_uid="operations.count_task")
def on_task_end(task: Any, state: str | None = None, **kwargs: Any) -> None:
    count_task(task.name, state or "UNKNOWN")


@register_event_handler(ROWS_CHANGED)
def tell_webhooks(payload: dict[str, Any]) -> None:
    tell_of_changes(payload["entries"])


@register_mail(SWITCHED_OFF)
def write_webhook_switched_off(message: OutboxMessage) -> Mail:
    hook = Webhook.objects.filter(pk=message.payload["webhook_id"]).first()
    if hook is None or hook.is_active:
        raise CauseGone("The webhook was deleted, or is on again.")
    return Mail(
        subject=f"Webhook {hook.name} was switched off",
        template="webhook_switched_off",
        context={"hook": hook},
    )
