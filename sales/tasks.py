"""What sales does by the clock."""

from celery import Task, shared_task
from django.db import OperationalError


@shared_task(
    bind=True,
    name="sales.release_expired_reservations",
    autoretry_for=(OperationalError,),
    retry_backoff=10,
    max_retries=3,
)
def release_expired_reservations(self: Task) -> int:
    """Release what orders hold whose reservation is over; return how many orders."""
    from sales.services import reservation_expiry  # noqa: PLC0415 - see the house style

    return reservation_expiry.release_expired_reservations()
