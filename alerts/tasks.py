"""The daily sweeps, so that nothing is missed."""

from celery import Task, shared_task

from common.retries import RETRIED


@shared_task(name="alerts.check_low_stock", **RETRIED)
def check_low_stock(self: Task) -> int:
    """Compare every balance with its reorder point; return how many alerts were raised."""
    from alerts.services import sweep_stock_alerts  # noqa: PLC0415 - see the house style

    return sweep_stock_alerts().raised


@shared_task(name="alerts.check_expiry", **RETRIED)
def check_expiry(self: Task) -> int:
    """Compare every lot in stock with its date; return how many alerts were raised."""
    from alerts.services import sweep_expiry_alerts  # noqa: PLC0415 - see the house style

    return sweep_expiry_alerts().raised


@shared_task(name="alerts.check_late_deliveries", **RETRIED)
def check_late_deliveries(self: Task) -> int:
    """Look for orders whose goods are late; return how many alerts were raised."""
    from alerts.services import sweep_late_deliveries  # noqa: PLC0415 - see the house style

    return sweep_late_deliveries().raised
