"""What purchasing knows that other apps ask."""

from collections.abc import Collection
from datetime import datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from common.models import CompanySettings
from purchasing.models import PurchaseOrder, PurchaseOrderItem
from purchasing.models.figures import CENT

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


def returned_share_of_orders(
    supplier_ids: Collection[int], start: datetime, end: datetime
) -> dict[int, Decimal]:
    """Return by supplier which percentage of its orders of a period had goods sent back.

    Orders that were placed from `start` up to `end` and of which something came in; two places.
    Suppliers without such orders are left out.
    """
    orders = PurchaseOrder.objects.filter(
        supplier__in=supplier_ids, order_date__gte=start, order_date__lt=end
    )
    received = orders.filter(items__quantity_received__gt=0).order_by()
    sums = received.values_list("supplier").annotate(
        all=Count("pk", distinct=True),
        back=Count("pk", filter=Q(items__quantity_returned__gt=0), distinct=True),
    )
    return {
        supplier: (Decimal(100) * back / total).quantize(CENT, ROUND_HALF_UP)
        for supplier, total, back in sums
    }
