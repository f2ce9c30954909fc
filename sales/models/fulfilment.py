"""What left for customers, and when."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.audit import NumberCode, audited
from sales.models.order import QUANTITY, SalesOrder, SalesOrderItem


@audited(part_of="order", code=NumberCode("FUL-", digits=6))
class Fulfilment(models.Model):
    """Goods of one order that left together."""

    order = models.ForeignKey(SalesOrder, models.PROTECT, related_name="fulfilments")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    fulfilled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """The business code, such as FUL-000123."""
        return f"FUL-{self.pk:06d}"


@audited(part_of="fulfilment")
class FulfilmentItem(models.Model):
    """How much of one order line left, and at what cost per unit."""

    fulfilment = models.ForeignKey(Fulfilment, models.CASCADE, related_name="items")
    order_item = models.ForeignKey(SalesOrderItem, models.PROTECT, related_name="fulfilment_items")
    quantity = models.DecimalField(**QUANTITY)
    unit_cost = models.DecimalField(max_digits=15, decimal_places=4)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="fulfilment_item_positive"),
            models.CheckConstraint(
                condition=Q(unit_cost__gte=0), name="fulfilment_item_cost_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.order_item}"
