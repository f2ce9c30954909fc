"""What came of orders."""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import Q

from purchasing.models.figures import AMOUNT, QUANTITY
from purchasing.models.order import PurchaseOrder
from purchasing.models.order_item import PurchaseOrderItem
from warehouses.models import WarehouseScopedQuerySet


class GoodsReceipt(models.Model):
    """Goods of one order that arrived together. Rows are added, never changed."""

    append_only = True
    code_field = "code"
    warehouse_paths = ("order__warehouse",)

    code = models.CharField(max_length=30, unique=True)
    order = models.ForeignKey(PurchaseOrder, models.PROTECT, related_name="receipts")
    delivery_note = models.CharField(max_length=100, blank=True)
    notes = models.CharField(max_length=500, blank=True)
    occurred_at = models.DateTimeField()
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = WarehouseScopedQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.code


class GoodsReceiptLine(models.Model):
    """How much of one order line was accepted and how much was turned away."""

    append_only = True

    receipt = models.ForeignKey(GoodsReceipt, models.PROTECT, related_name="lines")
    item = models.ForeignKey(PurchaseOrderItem, models.PROTECT, related_name="receipt_lines")
    quantity_accepted = models.DecimalField(**QUANTITY)
    quantity_rejected = models.DecimalField(**QUANTITY, default=0)
    goods_amount = models.DecimalField(
        **AMOUNT, default=0, help_text="What was accepted costs by the order's line."
    )
    charges_amount = models.DecimalField(
        **AMOUNT, default=0, help_text="Its share of shipping, duty and other charges."
    )
    lot_number = models.CharField(max_length=50, blank=True)
    expiration_date = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity_accepted__gte=0, quantity_rejected__gte=0)
                & ~Q(quantity_accepted=0, quantity_rejected=0),
                name="goods_receipt_line_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity_accepted} of {self.item}"

    @property
    def landed_amount(self) -> Decimal:
        """What was accepted costs now that it is here."""
        return self.goods_amount + self.charges_amount
