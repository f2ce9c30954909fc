"""Telling the managers of a warehouse about its alerts."""

from collections.abc import Sequence

from alerts.models import Alert
from alerts.queries import alert_recipients
from notifications.models import Notification
from notifications.outbox import mail_message, queue_mails, tell_in_app
from users.models import User

STOCK_ALERT, EXPIRY_ALERT = "alerts.stock_alert", "alerts.expiry_alert"
LATE_DELIVERY_ALERT = "alerts.late_delivery"
TOPICS: dict[str, str] = {
    Alert.Type.EXPIRY_WARNING: EXPIRY_ALERT,
    Alert.Type.LATE_DELIVERY: LATE_DELIVERY_ALERT,
}


def tell_managers(alerts: Sequence[Alert]) -> None:
    """Queue one mail and one in-app message per alert and person, as each of them prefers.

    Adds rows to the outbox and to the in-app messages, each once per alert, person and channel.
    """
    if not alerts:
        return
    recipients = alert_recipients({alert.warehouse_id for alert in alerts if alert.warehouse_id})
    pairs = [
        (alert, user) for alert in alerts for user in recipients.get(alert.warehouse_id or 0, [])
    ]
    queue_mails(
        [
            mail_message(
                topic_of(alert),
                user.pk,
                {"alert_id": alert.pk},
                f"alert:{alert.pk}:{user.pk}:email",
            )
            for alert, user in pairs
            if user.notify_by_email and wants_topic(user, topic_of(alert))
        ]
    )
    tell_in_app(
        [
            Notification(
                recipient=user,
                topic=topic_of(alert),
                title=alert.title,
                message=alert.message,
                reference=alert.code,
                dedup_key=f"alert:{alert.pk}:{user.pk}:in_app",
            )
            for alert, user in pairs
            if user.notify_in_app and wants_topic(user, topic_of(alert))
        ]
    )


def topic_of(alert: Alert) -> str:
    return TOPICS.get(alert.alert_type, STOCK_ALERT)


def wants_topic(user: User, topic: str) -> bool:
    """Say whether somebody wants to hear of a topic at all: of stock one may not."""
    return topic == LATE_DELIVERY_ALERT or user.notify_low_stock
