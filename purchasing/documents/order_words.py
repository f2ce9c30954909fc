"""What the printed order and its mail have in common."""

from typing import Any

from django.db.models import Max

from purchasing.models import PurchaseOrder


def printable_orders() -> Any:
    """Return orders with the parties, the people, and the number of the last amendment."""
    return PurchaseOrder.objects.select_related(
        "supplier", "warehouse", "created_by", "approved_by"
    ).annotate(amendment=Max("amendments__number"))


def amendment_of(order: Any) -> int:
    """Return how often an order was changed since it was sent."""
    return order.amendment or 0


def title_of(order: Any) -> str:
    title = f"Purchase order {order.order_number}"
    number = amendment_of(order)
    return f"{title}, amendment {number}" if number else title


def delivery_name(order: PurchaseOrder) -> str:
    place: dict[str, Any] = order.shipping_address
    return str(place.get("name") or order.warehouse.name)
