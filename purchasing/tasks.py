"""What purchasing does by the clock."""

from celery import Task, shared_task
from django.db import OperationalError


@shared_task(
    bind=True,
    name="purchasing.measure_suppliers",
    autoretry_for=(OperationalError,),
    retry_backoff=10,
    max_retries=3,
)
def measure_suppliers(self: Task) -> int:
    """Measure all suppliers by their orders and receipts; return how many months changed."""
    from purchasing.services import measuring  # noqa: PLC0415 - see the house style

    return measuring.measure_suppliers()
