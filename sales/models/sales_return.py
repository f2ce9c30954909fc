"""What customers sent back."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.audit import audited
from sales.models.order import QUANTITY, SalesOrder, SalesOrderItem
from warehouses.models import WarehouseScopedQuerySet


@audited()
class SalesReturn(models.Model):
    """Goods of one order that came back together."""

    code_field = "return_number"
    warehouse_paths = ("order__warehouse",)

    return_number = models.CharField(max_length=30, unique=True)
    order = models.ForeignKey(SalesOrder, models.PROTECT, related_name="returns")
    occurred_at = models.DateTimeField()
    notes = models.CharField(max_length=1000, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = WarehouseScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.return_number


@audited(part_of="sales_return")
class SalesReturnItem(models.Model):
    """How much of one order line came back, why, and whether it can be sold again."""

    class Reason(models.TextChoices):
        UNWANTED = "unwanted"
        WRONG_ITEM = "wrong_item"
        LATE = "late"
        DAMAGED = "damaged"
        DEFECTIVE = "defective"
        EXPIRED = "expired"
        OTHER = "other"

    class Disposition(models.TextChoices):
        STOCK = "stock"
        SCRAP = "scrap"

    SCRAPPED = (Reason.DAMAGED, Reason.DEFECTIVE, Reason.EXPIRED)

    sales_return = models.ForeignKey(SalesReturn, models.CASCADE, related_name="items")
    order_item = models.ForeignKey(SalesOrderItem, models.PROTECT, related_name="return_items")
    quantity = models.DecimalField(**QUANTITY)
    reason = models.CharField(max_length=10, choices=Reason.choices)
    disposition = models.CharField(max_length=5, choices=Disposition.choices)
    unit_cost = models.DecimalField(max_digits=15, decimal_places=4)
    lot_number = models.CharField(max_length=50, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="return_item_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.order_item}"
