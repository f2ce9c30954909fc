"""Alerts about what belongs to no warehouse: shown to administrators, told to who may act."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from alerts.models import Alert
from common.permissions import Can
from notifications.models import Notification
from notifications.outbox import tell_in_app
from notifications.stream_waker import wake_streams_after_commit
from suppliers.models import Supplier
from users.models import User

Type, Status = Alert.Type, Alert.Status
SYSTEM_ALERT = "alerts.system_alert"
LONGEST = {"title": 200, "message": 1000}


@transaction.atomic
def raise_system_alert(
    *,
    cause_key: str,
    severity: str,
    title: str,
    message: str,
    supplier: Supplier | None = None,
    told: Can = Can.MANAGE_CATALOGUE,
) -> Alert | None:
    """Raise an alert of a cause, or bring the one that is open up to date; None while dismissed.

    A new one is told in the app to everybody who has the right `told`. Locks the alert of the
    cause; the unique constraint holds one against any writer.
    """
    texts = {"title": title[: LONGEST["title"]], "message": message[: LONGEST["message"]]}
    now = timezone.now()
    standing = unfinished(cause_key)
    if standing is not None:
        if standing.status == Status.DISMISSED:
            return None
        standing.severity, standing.updated_at = severity, now
        standing.title, standing.message = texts["title"], texts["message"]
        standing.save(update_fields=["severity", "title", "message", "updated_at"])
        return standing
    row = Alert(
        alert_type=Type.SYSTEM,
        severity=severity,
        cause_key=cause_key,
        supplier=supplier,
        action_required=True,
        created_at=now,
        **texts,
    )
    Alert.objects.bulk_create([row], ignore_conflicts=True)
    alert = Alert.objects.open().filter(alert_type=Type.SYSTEM, cause_key=cause_key).first()
    if alert is not None and alert.created_at == now:
        tell_people(alert, told)
        wake_streams_after_commit()
    return alert


@transaction.atomic
def end_system_alert(*, cause_key: str, notes: str) -> None:
    """Close the alert of a cause that is gone, if there is one. Locks it."""
    alert = unfinished(cause_key)
    if alert is None:
        return
    now = timezone.now()
    alert.cause_ended_at = alert.updated_at = now
    if alert.status != Status.DISMISSED:
        alert.status, alert.resolved_at = Status.RESOLVED, now
        alert.resolution_type, alert.resolution_notes = "cause_gone", notes[:500]
    alert.save()
    wake_streams_after_commit()


def unfinished(cause_key: str) -> Alert | None:
    """Lock and return the alert that stands for a cause."""
    found: Any = Alert.objects.unfinished().filter(alert_type=Type.SYSTEM, cause_key=cause_key)
    alert: Alert | None = found.select_for_update(no_key=True).first()
    return alert


def tell_people(alert: Alert, right: Can) -> None:
    """Tell everybody who has a right of an alert, once a person."""
    tell_in_app(
        [
            Notification(
                recipient=user,
                topic=SYSTEM_ALERT,
                title=alert.title,
                message=alert.message,
                reference=alert.code,
                dedup_key=f"alert:{alert.pk}:{user.pk}:in_app",
            )
            for user in User.objects.who_can(right)
            if user.notify_in_app
        ]
    )
