from alerts.services.actions import (
    acknowledge_alert,
    dismiss_alert,
    resolve_alert,
    snooze_alert,
)
from alerts.services.stock import AlertChanges, refresh_stock_alerts, sweep_stock_alerts

__all__ = [
    "AlertChanges",
    "acknowledge_alert",
    "dismiss_alert",
    "refresh_stock_alerts",
    "resolve_alert",
    "snooze_alert",
    "sweep_stock_alerts",
]
