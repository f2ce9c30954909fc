"""Telling that something became of an order whose goods are late."""

from notifications.outbox import record_event
from purchasing.models import PurchaseOrder

LATE_ORDERS_CHANGED = "purchasing.late_orders_changed"


def tell_of_late_order(order: PurchaseOrder) -> None:
    """Record an event about an order that was late before it was received, cancelled or changed."""
    record_event(LATE_ORDERS_CHANGED, {"order_ids": [order.pk]})
