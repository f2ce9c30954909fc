"""What it costs to get ordered goods here, beside the goods."""

from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from common.audit import audited
from purchasing.models.figures import AMOUNT
from purchasing.models.order import PurchaseOrder


@audited(part_of="order")
class PurchaseOrderCharge(models.Model):
    """An amount in the order's currency that becomes part of what its goods cost in stock."""

    class Kind(models.TextChoices):
        SHIPPING = "shipping"
        DUTY = "duty"
        INSURANCE = "insurance"
        HANDLING = "handling"
        OTHER = "other"

    class Spread(models.TextChoices):
        VALUE = "value", "By value"
        QUANTITY = "quantity", "By quantity"

    order = models.ForeignKey(PurchaseOrder, models.CASCADE, related_name="charges")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    amount = models.DecimalField(**AMOUNT)
    spread = models.CharField(max_length=8, choices=Spread.choices, default=Spread.VALUE)
    carried = models.DecimalField(
        **AMOUNT, default=0, help_text="How much of it came into stock with goods."
    )
    notes = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, carried__gte=0, carried__lte=F("amount")),
                name="purchase_charge_carried",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount}"

    @property
    def left(self) -> Decimal:
        """How much of it waits for goods that are to come."""
        return self.amount - self.carried
