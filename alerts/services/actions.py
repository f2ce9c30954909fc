"""What people do with an alert."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from alerts.exceptions import AlertClosed
from alerts.models import Alert
from common.exceptions import InvalidInput
from notifications.stream_waker import wake_streams_after_commit

Status = Alert.Status


@transaction.atomic
def acknowledge_alert(*, alert: Alert, notes: str = "", acting_user: Any) -> Alert:
    """Note that somebody has seen an active alert and takes care of it.

    Locks the alert. Raises AlertClosed unless it is active.
    """
    alert = locked(alert, "acknowledged", [Status.ACTIVE])
    alert.status = Status.ACKNOWLEDGED
    alert.acknowledged_by, alert.acknowledged_at = acting_user, timezone.now()
    alert.notes = notes or alert.notes
    alert.save(
        update_fields=["status", "acknowledged_by", "acknowledged_at", "notes", "updated_at"]
    )
    return alert


@transaction.atomic
def resolve_alert(
    *,
    alert: Alert,
    resolution_type: str = "",
    resolution_notes: str = "",
    reference_id: str = "",
    acting_user: Any,
) -> Alert:
    """Close an open alert after something was done; it is raised anew if the cause still shows.

    Locks the alert. Raises AlertClosed unless it is open.
    """
    alert = locked(alert, "resolved", Alert.OPEN)
    alert.status = Status.RESOLVED
    alert.resolved_by, alert.resolved_at = acting_user, timezone.now()
    alert.resolution_type = resolution_type or "manual"
    alert.resolution_notes, alert.reference_id = resolution_notes, reference_id
    alert.save(
        update_fields=[
            "status",
            "resolved_by",
            "resolved_at",
            "resolution_type",
            "resolution_notes",
            "reference_id",
            "updated_at",
        ]
    )
    return alert


@transaction.atomic
def dismiss_alert(*, alert: Alert, notes: str = "", acting_user: Any) -> Alert:
    """Close an open alert without doing anything; its cause stays quiet until it has gone.

    Locks the alert. Raises AlertClosed unless it is open.
    """
    alert = locked(alert, "dismissed", Alert.OPEN)
    alert.status = Status.DISMISSED
    alert.dismissed_by, alert.dismissed_at = acting_user, timezone.now()
    alert.notes = notes or alert.notes
    alert.save(update_fields=["status", "dismissed_by", "dismissed_at", "notes", "updated_at"])
    return alert


@transaction.atomic
def snooze_alert(
    *, alert: Alert, snoozed_until: datetime, notes: str = "", acting_user: Any
) -> Alert:
    """Put an open alert aside until a time to come; its status stays.

    Locks the alert. Raises InvalidInput for a time that has passed, AlertClosed unless it is open.
    """
    if snoozed_until <= timezone.now():
        text = "Send a time in the future."
        raise InvalidInput(text, {"snoozed_until": [text]})
    alert = locked(alert, "snoozed", Alert.OPEN)
    alert.snoozed_until, alert.snoozed_by = snoozed_until, acting_user
    alert.notes = notes or alert.notes
    alert.save(update_fields=["snoozed_until", "snoozed_by", "notes", "updated_at"])
    return alert


def locked(
    alert: Alert, step: str, allowed: list[Alert.Status] | tuple[Alert.Status, ...]
) -> Alert:
    """Lock an alert and read it again; raises AlertClosed unless its status permits the step."""
    wake_streams_after_commit()
    fresh: Alert = Alert.objects.select_for_update(no_key=True).get(pk=alert.pk)
    if fresh.status not in allowed:
        raise AlertClosed(fresh.code, fresh.status, step, allowed)
    return fresh
