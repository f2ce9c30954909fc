"""What purchasing knows that other apps ask."""

from decimal import ROUND_DOWN, Decimal
from typing import Any

from django.db.models import F, QuerySet, Sum

from common.models import CompanySettings
from purchasing.models import PurchaseOrder, PurchaseOrderItem

THOUSANDTH = Decimal("0.001")


def incoming_by_stock() -> QuerySet[Any, Any]:
    """Return rows of variation_id, warehouse_id and quantity: what open orders still lack."""
    return (
        PurchaseOrderItem.objects.filter(
            order__status__in=PurchaseOrder.INCOMING,
            quantity_ordered__gt=F("quantity_received"),
        )
        .order_by()
        .values("variation_id", warehouse_id=F("order__warehouse_id"))
        .annotate(quantity=Sum(F("quantity_ordered") - F("quantity_received")))
    )


def over_receipt_tolerance(order: PurchaseOrder) -> Decimal:
    """Return how many percent above an order may come in: the supplier's, else the company's."""
    own = order.supplier.over_receipt_tolerance_percent
    return CompanySettings.current().over_receipt_tolerance_percent if own is None else own


def most_receivable(item: PurchaseOrderItem, percent: Decimal | None = None) -> Decimal:
    """Return how much of a line may be accepted in all: the order plus the tolerance."""
    percent = over_receipt_tolerance(item.order) if percent is None else percent
    return (item.quantity_ordered * (1 + percent / 100)).quantize(THOUSANDTH, ROUND_DOWN)
