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


@shared_task(
    bind=True,
    name="inventory.roll_up_stock_days",
    autoretry_for=(OperationalError,),
    retry_backoff=10,
    max_retries=3,
)
def roll_up_stock_days(self: Task) -> int:
    """Add what was posted since the last time to the sums of its days; return how many sums."""
    from inventory.services import stock_days  # noqa: PLC0415 - see the house style

    return stock_days.roll_up_stock_days()
