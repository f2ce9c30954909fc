"""What purchasing knows that other apps ask."""

from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet, Sum

from common.models import CompanySettings
from purchasing.models import PurchaseOrder, PurchaseOrderItem


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


def most_receivable(item: PurchaseOrderItem) -> Decimal:
    """Return how much of a line may be accepted in all: the order plus the tolerance."""
    factor = 1 + CompanySettings.current().over_receipt_tolerance_percent / 100
    return (item.quantity_ordered * factor).quantize(Decimal("0.001"))
