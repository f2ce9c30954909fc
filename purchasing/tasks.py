"""What purchasing does by the clock."""

from celery import Task, shared_task

from common.retries import RETRIED


@shared_task(name="purchasing.measure_suppliers", **RETRIED)
def measure_suppliers(self: Task) -> int:
    """Measure all suppliers by their orders and receipts; return how many months changed."""
    from purchasing.services import measuring  # noqa: PLC0415 - see the house style

    return measuring.measure_suppliers()
