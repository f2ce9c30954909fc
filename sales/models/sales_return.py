"""What customers sent back."""

from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from common.audit import audited
from sales.models.order import QUANTITY, SalesOrder, SalesOrderItem
from warehouses.models import Warehouse, WarehouseScopedQuerySet

CREDIT: dict[str, Any] = {"max_digits": 22, "decimal_places": 2}


class SalesReturnQuerySet(WarehouseScopedQuerySet):
    def in_inspection(self) -> Self:
        """Returns of which something waits for a decision between stock and scrap."""
        waiting = SalesReturnItem.objects.filter(sales_return=OuterRef("pk")).in_inspection()
        return self.filter(Exists(waiting))


@audited()
class SalesReturn(models.Model):
    """Goods of one order that came back together, to the order's own warehouse or to another."""

    code_field = "return_number"
    warehouse_paths = ("order__warehouse", "warehouse")

    return_number = models.CharField(max_length=30, unique=True)
    order = models.ForeignKey(SalesOrder, models.PROTECT, related_name="returns")
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="sales_returns", help_text="Where they came back."
    )
    restocking_fee_percent = models.DecimalField(
        max_digits=5, decimal_places=2, default=0, db_default=0
    )
    occurred_at = models.DateTimeField()
    notes = models.CharField(max_length=1000, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SalesReturnQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(restocking_fee_percent__gte=0, restocking_fee_percent__lte=100),
                name="sales_return_fee_is_a_percentage",
            ),
        ]

    def __str__(self) -> str:
        return self.return_number

    @property
    def credit_amount(self) -> Decimal:
        """What the customer gets back for all of it."""
        return sum((item.credit_amount for item in self.items.all()), Decimal(0))


class SalesReturnItemQuerySet(models.QuerySet["SalesReturnItem"]):
    def in_inspection(self) -> Self:
        """Lines that wait for a decision between stock and scrap."""
        return self.filter(quantity__gt=F("quantity_restocked") + F("quantity_scrapped"))


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
        QUARANTINE = "quarantine"

    SCRAPPED = (Reason.DAMAGED, Reason.DEFECTIVE, Reason.EXPIRED)

    sales_return = models.ForeignKey(SalesReturn, models.CASCADE, related_name="items")
    order_item = models.ForeignKey(SalesOrderItem, models.PROTECT, related_name="return_items")
    quantity = models.DecimalField(**QUANTITY)
    reason = models.CharField(max_length=10, choices=Reason.choices)
    disposition = models.CharField(max_length=10, choices=Disposition.choices)
    quantity_restocked = models.DecimalField(**QUANTITY, default=0, db_default=0)
    quantity_scrapped = models.DecimalField(**QUANTITY, default=0, db_default=0)
    credit_amount = models.DecimalField(**CREDIT, default=0, db_default=0)
    unit_cost = models.DecimalField(max_digits=15, decimal_places=4)
    lot_number = models.CharField(max_length=50, blank=True)

    objects = SalesReturnItemQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="return_item_positive"),
            models.CheckConstraint(
                condition=Q(
                    quantity_restocked__gte=0,
                    quantity_scrapped__gte=0,
                    quantity__gte=F("quantity_restocked") + F("quantity_scrapped"),
                ),
                name="return_item_decided_within",
            ),
            models.CheckConstraint(
                condition=Q(credit_amount__gte=0), name="return_item_credit_not_negative"
            ),
        ]
        indexes = [
            models.Index(
                fields=["sales_return"],
                condition=Q(quantity__gt=F("quantity_restocked") + F("quantity_scrapped")),
                name="return_item_in_inspection",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.order_item}"

    @property
    def quantity_in_inspection(self) -> Decimal:
        """What waits for a decision between stock and scrap; it is in no balance."""
        return self.quantity - self.quantity_restocked - self.quantity_scrapped
