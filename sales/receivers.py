"""What sales does when something happens below it."""

from collections.abc import Iterator
from typing import Any

from django.dispatch import receiver

from inventory.signals import stock_became_available
from sales.models import SalesOrder
from sales.services.back_orders import reserve_back_orders
from warehouses.open_tasks import OpenTask, register_open_tasks


@receiver(stock_became_available, dispatch_uid="sales.reserve_back_orders")
def on_stock_became_available(
    sender: Any, *, stock_ids: list[int], acting_user: Any, quiet: bool, **kwargs: Any
) -> None:
    reserve_back_orders(stock_ids=stock_ids, acting_user=acting_user, quiet=quiet)


@register_open_tasks
def open_orders_of(person: Any, seen_by: Any) -> Iterator[OpenTask]:
    """Name the orders that somebody took and of which something is still to be delivered."""
    orders = SalesOrder.objects.visible_to(seen_by).open().filter(created_by=person)
    for order in orders.select_related("warehouse").order_by("pk"):
        title = f"{order.get_status_display()} order {order.order_number}"
        yield OpenTask("sales_order", order.order_number, title, order.warehouse.code)
