"""What sales does when something happens below it."""

from typing import Any

from django.dispatch import receiver

from inventory.signals import stock_became_available
from sales.services.back_orders import reserve_back_orders


@receiver(stock_became_available, dispatch_uid="sales.reserve_back_orders")
def on_stock_became_available(
    sender: Any, *, stock_ids: list[int], acting_user: Any, quiet: bool, **kwargs: Any
) -> None:
    reserve_back_orders(stock_ids=stock_ids, acting_user=acting_user, quiet=quiet)
