"""What inventory does by the clock."""

from celery import Task, shared_task

from common.retries import RETRIED


@shared_task(name="inventory.act_on_expiry", **RETRIED)
def act_on_expiry(self: Task) -> int:
    """Take lots that expired out of what is available; return how many that concerned."""
    from inventory.services import lots  # noqa: PLC0415 - see the house style

    return lots.act_on_expiry()


@shared_task(name="inventory.roll_up_stock_days", **RETRIED)
def roll_up_stock_days(self: Task) -> int:
    """Add what was posted since the last time to the sums of its days; return how many sums."""
    from inventory.services import stock_days  # noqa: PLC0415 - see the house style

    return stock_days.roll_up_stock_days()
