"""What alerts hear from the apps below, and the mails they write."""

from decimal import Decimal
from typing import Any

from alerts.models import Alert
from alerts.queries import alert_recipients
from alerts.services import refresh_expiry_alerts, refresh_late_deliveries, refresh_stock_alerts
from alerts.services.late_deliveries import order_of_cause
from alerts.services.stock_findings import plain, stock_of_cause
from alerts.services.tell import (
    EXPIRY_ALERT,
    LATE_DELIVERY_ALERT,
    STOCK_ALERT,
    topic_of,
    wants_topic,
)
from inventory.models import Stock
from inventory.signals import STOCK_LEVELS_CHANGED
from notifications.models import OutboxMessage
from notifications.notices import notice, way_to
from notifications.registry import CauseGone, Mail, register_event_handler, register_mail
from purchasing.models import PurchaseOrder
from purchasing.services.lateness import LATE_ORDERS_CHANGED
from warehouses.open_tasks import register_open_tasks


@register_event_handler(STOCK_LEVELS_CHANGED)
def judge_changed_stock(payload: dict[str, Any]) -> None:
    refresh_stock_alerts(payload["stock_ids"])
    refresh_expiry_alerts(payload["stock_ids"])


@register_event_handler(LATE_ORDERS_CHANGED)
def judge_late_orders(payload: dict[str, Any]) -> None:
    refresh_late_deliveries(payload["order_ids"])


@register_open_tasks("alert", begun_by="acknowledged_by", title=lambda alert: alert.title)
def alerts_taken_on(seen_by: Any) -> Any:
    """Return the alerts that somebody took on and that are not resolved."""
    return Alert.objects.visible_to(seen_by).filter(status=Alert.Status.ACKNOWLEDGED)


def alert_of(message: OutboxMessage) -> Any:
    """Return the alert of a mail; raises CauseGone where its recipient need not read it."""
    alert = (
        Alert.objects.select_related("product", "variation", "warehouse")
        .filter(pk=message.payload["alert_id"])
        .first()
    )
    if alert is None:
        raise CauseGone("The alert does not exist any more.")
    if alert.status not in Alert.OPEN:
        raise CauseGone(
            f"Alert {alert.code} is {alert.status}: {alert.resolution_type or 'quiet'}."
        )
    user: Any = message.recipient
    if user not in alert_recipients({alert.warehouse_id})[alert.warehouse_id]:
        raise CauseGone("The recipient is not told of this warehouse's alerts any more.")
    if not (user.notify_by_email and wants_topic(user, topic_of(alert))):
        raise CauseGone("The recipient does not want mails about this.")
    return alert


@register_mail(STOCK_ALERT)
def write_stock_alert(message: OutboxMessage) -> Mail:
    """Write a mail about a stock alert with the figures of this moment."""
    alert = alert_of(message)
    stock = Stock.objects.get(pk=stock_of_cause(alert.cause_key))
    if not stock.is_low:
        raise CauseGone("The stock has recovered meanwhile.")
    return Mail(
        subject=subject_of(alert),
        template="low_stock_alert",
        context={
            "alert": alert,
            "product": alert.product,
            "variation": alert.variation,
            "warehouse": alert.warehouse,
            "available": plain(stock.available),
            "on_hand": plain(stock.on_hand),
            "reserved": plain(stock.reserved),
            "incoming": plain(stock.incoming),
            "reorder_point": plain(stock.reorder_point or Decimal(0)),
            "unit": alert.variation.stock_unit,
            "suggestion": plain(suggested_quantity(stock)),
        },
    )


@register_mail(EXPIRY_ALERT)
def write_expiry_alert(message: OutboxMessage) -> Mail:
    """Write a mail about a lot that expires soon or has expired, as the alert says it now."""
    alert = alert_of(message)
    return notice(
        alert.title,
        alert.message,
        [
            ("Alert", alert.code),
            ("Product", alert.product.name),
            ("SKU", alert.variation.sku_code),
            ("Warehouse", f"{alert.warehouse.code} {alert.warehouse.name}"),
        ],
        subject=subject_of(alert),
        **way_to(alert, message.recipient, alert.code),
    )


@register_mail(LATE_DELIVERY_ALERT)
def write_late_delivery(message: OutboxMessage) -> Mail:
    """Write a mail about an order whose goods are late, as long as they are."""
    alert = alert_of(message)
    order = PurchaseOrder.objects.select_related("supplier").get(pk=order_of_cause(alert.cause_key))
    if not order.is_late:
        raise CauseGone("The order is not late any more.")
    return notice(
        alert.title,
        alert.message,
        [
            ("Order", order.order_number),
            ("Supplier", f"{order.supplier.code} {order.supplier.company_name}"),
            ("Expected", f"{order.expected_delivery_date:%Y-%m-%d}"),
            ("Days late", order.days_late),
            ("Warehouse", f"{alert.warehouse.code} {alert.warehouse.name}"),
            ("Alert", alert.code),
        ],
        subject=subject_of(alert),
        **way_to(order, message.recipient),
    )


def subject_of(alert: Any) -> str:
    return f"[{alert.severity}] {alert.title} ({alert.warehouse.code})"


def suggested_quantity(stock: Stock) -> Decimal:
    """Return how much to order, 0 where enough is on its way.

    The variation's reorder quantity where it has one, else up to its maximum, else up to twice
    the reorder point; less than that is only suggested because of what is incoming.
    """
    variation = stock.variation
    shortfall_at_reorder_point = (stock.reorder_point or Decimal(0)) - stock.available
    if stock.incoming > shortfall_at_reorder_point:
        return Decimal(0)
    if variation.reorder_quantity:
        return variation.reorder_quantity
    target = variation.max_stock_level or 2 * (stock.reorder_point or Decimal(0))
    return max(target - stock.available - stock.incoming, Decimal(0))
