"""What sales does by the clock."""

from celery import Task, shared_task

from common.retries import RETRIED


@shared_task(name="sales.release_expired_reservations", **RETRIED)
def release_expired_reservations(self: Task) -> int:
    """Release what orders hold whose reservation is over; return how many orders."""
    from sales.services import reservation_expiry  # noqa: PLC0415 - see the house style

    return reservation_expiry.release_expired_reservations()
