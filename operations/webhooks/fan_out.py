"""Who hears of what happened: one delivery for each webhook that is told of it."""

from collections.abc import Iterable

from django.db import transaction

from common.models import AuditEntry
from notifications.waker import Waker
from operations.models import Webhook, WebhookDelivery
from operations.tasks import deliver_webhooks
from operations.webhooks.happenings import Happening, happenings_of

ROWS_AT_ONCE = 1_000
waker = Waker(deliver_webhooks.delay)


def tell_of_changes(entry_ids: Iterable[int]) -> int:
    """Make deliveries of what audit entries tell; return how many.

    Runs in the transaction that marks the outbox event as handled, so each is made exactly once.
    """
    hooks = list(Webhook.objects.filter(is_active=True).order_by("pk"))
    if not hooks:
        return 0
    entries = AuditEntry.objects.filter(pk__in=list(entry_ids)).order_by("pk")
    happened = happenings_of(entries)
    return make_deliveries(
        WebhookDelivery(
            webhook=hook, event_id=one.event_id, event_type=one.event_type.name, body=one.body
        )
        for one in happened
        for hook in hooks
        if hears(hook, one)
    )


def hears(hook: Webhook, one: Happening) -> bool:
    """Say whether a webhook is told of an event: of its type, and in its warehouse if in any."""
    if not {one.event_type.name, Webhook.ALL} & set(hook.event_types):
        return False
    return not hook.warehouse_id or not one.warehouses or hook.warehouse_id in one.warehouses


def make_deliveries(deliveries: Iterable[WebhookDelivery]) -> int:
    """Add deliveries, each event once a webhook, and wake the worker after the commit."""
    rows = list(deliveries)
    if rows:
        WebhookDelivery.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE, ignore_conflicts=True)
        wake_after_commit()
    return len(rows)


def wake_after_commit() -> None:
    transaction.on_commit(waker.wake, robust=True)
