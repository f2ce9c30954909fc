"""The lines of purchase orders."""

from decimal import ROUND_HALF_UP, Decimal

from django.db import models
from django.db.models import Case, F, Q, When
from django.db.models.functions import Round

from common.audit import audited
from inventory.models import ProductVariation
from purchasing.models.figures import AMOUNT, CENT, QUANTITY


@audited(part_of="order")
class PurchaseOrderItem(models.Model):
    """One line of an order: so much of one variation at one cost.

    Rejected goods stay outstanding: the supplier still owes them. What is bought in packs keeps
    how many, of what size and at what cost each; quantities are in the stock unit all the same.
    """

    order = models.ForeignKey(
        "purchasing.PurchaseOrder", models.CASCADE, related_name="items", db_index=False
    )
    position = models.PositiveIntegerField()
    variation = models.ForeignKey(
        ProductVariation, models.PROTECT, related_name="purchase_order_items"
    )
    quantity_ordered = models.DecimalField(**QUANTITY)
    quantity_received = models.DecimalField(**QUANTITY, default=0)
    quantity_rejected = models.DecimalField(**QUANTITY, default=0)
    quantity_returned = models.DecimalField(**QUANTITY, default=0)
    unit_cost = models.DecimalField(max_digits=15, decimal_places=4)
    packs = models.PositiveIntegerField(null=True, blank=True)
    pack_size = models.DecimalField(
        **QUANTITY, null=True, blank=True, help_text="In the stock unit."
    )
    pack_cost = models.DecimalField(
        max_digits=15, decimal_places=4, null=True, blank=True, help_text="Of one pack."
    )
    line_total = models.GeneratedField(
        expression=Round(
            Case(
                When(packs__isnull=True, then=F("quantity_ordered") * F("unit_cost")),
                default=F("packs") * F("pack_cost"),
                output_field=models.DecimalField(max_digits=30, decimal_places=7),
            ),
            precision=2,
        ),
        output_field=models.DecimalField(**AMOUNT),
        db_persist=True,
    )
    notes = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="purchase_item_once"),
            models.CheckConstraint(
                condition=Q(quantity_ordered__gt=0), name="purchase_item_positive"
            ),
            models.CheckConstraint(
                condition=Q(quantity_received__gte=0, quantity_rejected__gte=0),
                name="purchase_item_received_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(
                    quantity_returned__gte=0, quantity_returned__lte=F("quantity_received")
                ),
                name="purchase_item_returned_came_in",
            ),
            models.CheckConstraint(
                condition=Q(unit_cost__gte=0), name="purchase_item_cost_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(packs__isnull=True, pack_size__isnull=True, pack_cost__isnull=True)
                | Q(
                    packs__gt=0,
                    pack_size__gt=0,
                    pack_cost__gte=0,
                    quantity_ordered=F("packs") * F("pack_size"),
                ),
                name="purchase_item_packs_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.quantity_ordered} {self.variation}"

    @property
    def unit(self) -> str:
        """In what the line was ordered: `stock` units or the supplier's `pack`s."""
        return "stock" if self.packs is None else "pack"

    @property
    def exact_unit_cost(self) -> Decimal:
        """The cost of one stock unit, as exactly as it can be told."""
        if self.pack_cost is None or self.pack_size is None:
            return self.unit_cost
        return self.pack_cost / self.pack_size

    def goods_amount(self, quantity: Decimal) -> Decimal:
        """What so much of the line costs, in cents; of packs the part of what they cost in all."""
        if self.packs is None or self.pack_cost is None:
            amount = quantity * self.unit_cost
        else:
            amount = self.packs * self.pack_cost * quantity / self.quantity_ordered
        return amount.quantize(CENT, ROUND_HALF_UP)

    @property
    def quantity_returnable(self) -> Decimal:
        """What came in and did not go back to the supplier."""
        return self.quantity_received - self.quantity_returned

    @property
    def quantity_outstanding(self) -> Decimal:
        """What was ordered and not accepted yet, be the order open or not."""
        return max(self.quantity_ordered - self.quantity_received, Decimal(0))
