"""What went back to suppliers."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.audit import audited
from purchasing.models.figures import AMOUNT, QUANTITY
from purchasing.models.order import PurchaseOrder
from purchasing.models.order_item import PurchaseOrderItem
from warehouses.models import WarehouseScopedQuerySet


@audited()
class SupplierReturn(models.Model):
    """Goods of one order that went back to its supplier together, and what is credited for them."""

    code_field = "return_number"
    warehouse_paths = ("order__warehouse",)

    return_number = models.CharField(max_length=30, unique=True)
    order = models.ForeignKey(PurchaseOrder, models.PROTECT, related_name="supplier_returns")
    occurred_at = models.DateTimeField()
    credit_amount = models.DecimalField(**AMOUNT, help_text="In the order's currency.")
    notes = models.CharField(max_length=1000, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = WarehouseScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(credit_amount__gte=0), name="supplier_return_credit_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.return_number


@audited(part_of="supplier_return")
class SupplierReturnItem(models.Model):
    """How much of one order line went back, and why."""

    class Reason(models.TextChoices):
        DAMAGED = "damaged"
        DEFECTIVE = "defective"
        WRONG_ITEM = "wrong_item"
        EXPIRED = "expired"
        EXCESS = "excess"
        OTHER = "other"

    supplier_return = models.ForeignKey(SupplierReturn, models.CASCADE, related_name="items")
    item = models.ForeignKey(PurchaseOrderItem, models.PROTECT, related_name="return_items")
    quantity = models.DecimalField(**QUANTITY)
    reason = models.CharField(max_length=10, choices=Reason.choices)
    lot_number = models.CharField(max_length=50, blank=True)
    unit_cost = models.DecimalField(
        max_digits=15, decimal_places=4, help_text="What the order's line says."
    )
    credit_amount = models.DecimalField(**AMOUNT)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0, credit_amount__gte=0),
                name="supplier_return_item_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.item}"
