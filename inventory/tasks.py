"""What inventory does by the clock."""

from celery import Task, shared_task
from django.db import OperationalError


@shared_task(
    bind=True,
    name="inventory.act_on_expiry",
    autoretry_for=(OperationalError,),
    retry_backoff=10,
    max_retries=3,
)
def act_on_expiry(self: Task) -> int:
    """Take lots that expired out of what is available; return how many that concerned."""
    from inventory.services import lots  # noqa: PLC0415 - see the house style

    return lots.act_on_expiry()
