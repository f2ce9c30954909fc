"""Alerts about what belongs to no warehouse: told, and of suppliers shown, to who may act."""

from dataclasses import replace
from typing import Any

from django.db import transaction

from alerts.models import Alert
from alerts.services.incidents import Finding, carry_out, compare
from common.permissions import Can
from notifications.models import Notification
from notifications.outbox import tell_in_app
from suppliers.models import Supplier
from users.models import User

SYSTEM_ALERT = "alerts.system_alert"
LONGEST_TITLE, LONGEST_MESSAGE = 200, 1000
GONE = Finding(
    cause_key="",
    alert_type="",
    severity=Alert.Severity.LOW,
    title="",
    message="",
    current_value=None,
    threshold_value=None,
    closed_as="cause_gone",
)


@transaction.atomic
def raise_system_alert(
    *,
    cause_key: str,
    severity: str,
    title: str,
    message: str,
    supplier: Supplier | None = None,
    told: Can = Can.MANAGE_CATALOGUE,
) -> None:
    """Raise an alert of a cause, or bring the one that is open up to date; a dismissed one stays.

    A new one is told in the app to everybody who has the right `told`. Locks the alert of the
    cause; the unique constraint holds one against any writer.
    """
    finding = replace(
        GONE,
        cause_key=cause_key,
        alert_type=Alert.Type.SYSTEM,
        severity=severity,
        title=title[:LONGEST_TITLE],
        message=message[:LONGEST_MESSAGE],
        supplier_id=supplier.pk if supplier else None,
    )
    for alert in carry_out(compare({cause_key: finding}, unfinished(cause_key))):
        tell_people(alert, told)


@transaction.atomic
def end_system_alert(*, cause_key: str, notes: str) -> None:
    """Close the alert of a cause that is gone, if there is one. Locks it."""
    gone = replace(GONE, cause_key=cause_key, message=notes)
    carry_out(compare({cause_key: gone}, unfinished(cause_key)))


def unfinished(cause_key: str) -> list[Alert]:
    """Lock and return the alert that stands for a cause."""
    found: Any = Alert.objects.unfinished().filter(
        alert_type=Alert.Type.SYSTEM, cause_key=cause_key
    )
    return list(found.select_for_update(no_key=True))


def tell_people(alert: Alert, right: Can) -> None:
    """Tell everybody who has a right of an alert, once a person."""
    tell_in_app(
        [
            Notification(
                recipient=user,
                topic=SYSTEM_ALERT,
                title=alert.title,
                message=alert.message,
                reference=alert.supplier.code if alert.supplier else alert.code,
                dedup_key=f"alert:{alert.pk}:{user.pk}:in_app",
            )
            for user in User.objects.who_can(right)
            if user.notify_in_app
        ]
    )
