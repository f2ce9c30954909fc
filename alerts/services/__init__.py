from alerts.services.actions import (
    acknowledge_alert,
    dismiss_alert,
    resolve_alert,
    snooze_alert,
)
from alerts.services.expiry import refresh_expiry_alerts, sweep_expiry_alerts
from alerts.services.incidents import AlertChanges
from alerts.services.late_deliveries import refresh_late_deliveries, sweep_late_deliveries
from alerts.services.stock import refresh_stock_alerts, sweep_stock_alerts

__all__ = [
    "AlertChanges",
    "acknowledge_alert",
    "dismiss_alert",
    "refresh_expiry_alerts",
    "refresh_late_deliveries",
    "refresh_stock_alerts",
    "resolve_alert",
    "snooze_alert",
    "sweep_expiry_alerts",
    "sweep_late_deliveries",
    "sweep_stock_alerts",
]
