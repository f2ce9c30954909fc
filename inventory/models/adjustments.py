"""Corrections of stock: proposed with a reason, posted at once or after a decision."""

from typing import Self

from django.db import models
from django.db.models import Prefetch, Q

from common.audit import audited
from common.decided import Decided
from inventory.models.catalogue import ProductVariation
from inventory.models.stock import QUANTITY
from warehouses.models import Warehouse, WarehouseScopedQuerySet


class AdjustmentReason(models.TextChoices):
    """Why stock is corrected."""

    DAMAGED = "damaged"
    EXPIRED = "expired"
    THEFT = "theft"
    LOST = "lost"
    SAMPLE = "sample"
    INTERNAL_USE = "internal_use"
    FOUND = "found"
    COUNT = "count"
    DATA_ERROR = "data_error"
    OTHER = "other"


# What these reasons mean for stock; the others may go either way.
TAKES_AWAY = frozenset(
    {
        AdjustmentReason.DAMAGED, AdjustmentReason.EXPIRED, AdjustmentReason.THEFT,
        AdjustmentReason.LOST, AdjustmentReason.SAMPLE, AdjustmentReason.INTERNAL_USE,
    }
)  # fmt: skip
ADDS = frozenset({AdjustmentReason.FOUND})


class AdjustmentRequestQuerySet(WarehouseScopedQuerySet):
    def with_lines(self) -> Self:
        """Adjustments with what a list shows: warehouse, people, lines and their products."""
        lines = AdjustmentLine.objects.select_related("variation__product")
        return self.select_related("warehouse", "requested_by", "decided_by").prefetch_related(
            Prefetch("lines", lines)
        )


@audited()
class AdjustmentRequest(Decided):
    """A correction of stock: posted at once within the asker's limit, else after a decision."""

    class Status(models.TextChoices):
        PENDING = "pending"
        POSTED = "posted"
        REJECTED = "rejected"
        CANCELLED = "cancelled"

    TRANSITIONS = {
        Status.PENDING: (Status.POSTED, Status.REJECTED, Status.CANCELLED),
        Status.POSTED: (),
        Status.REJECTED: (),
        Status.CANCELLED: (),
    }

    warehouse_paths = ("warehouse",)

    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="adjustments", db_index=False
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    notes = models.CharField(max_length=500, blank=True)
    value = models.DecimalField(
        max_digits=24, decimal_places=2, default=0,
        help_text="What all lines are worth, whatever their sign, when it was asked for.",
    )  # fmt: skip
    posted_at = models.DateTimeField(null=True, blank=True)

    objects = AdjustmentRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "adjustment"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["pending", "posted", "rejected", "cancelled"]),
                name="adjustment_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(status="posted") | Q(posted_at__isnull=False),
                name="adjustment_posted_when",
            ),
        ]
        indexes = [
            models.Index(fields=["warehouse", "-id"], name="adjustment_place"),
            models.Index(fields=["status", "-id"], name="adjustment_status"),
        ]


@audited(part_of="adjustment")
class AdjustmentLine(models.Model):
    """So much more or less of one variation, and why."""

    adjustment = models.ForeignKey(
        AdjustmentRequest, models.CASCADE, related_name="lines", db_index=False
    )
    position = models.PositiveIntegerField()
    variation = models.ForeignKey(ProductVariation, models.PROTECT, related_name="adjustment_lines")
    quantity = models.DecimalField(**QUANTITY)
    reason_code = models.CharField(max_length=20, choices=AdjustmentReason.choices)
    reason_description = models.CharField(max_length=500, blank=True)
    unit_cost = models.DecimalField(
        max_digits=15, decimal_places=4, null=True, blank=True,
        help_text="Of goods that come in; empty: what the others of them cost.",
    )  # fmt: skip
    bin_location = models.CharField(max_length=100, blank=True)
    lot_number = models.CharField(max_length=50, blank=True)
    expiration_date = models.DateField(null=True, blank=True)
    released_reservations = models.DecimalField(**QUANTITY, default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["adjustment", "position"], name="adjustment_line_position"
            ),
            models.UniqueConstraint(
                fields=["adjustment", "variation", "lot_number"], name="adjustment_line_once"
            ),
            models.CheckConstraint(condition=~Q(quantity=0), name="adjustment_line_moves"),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.quantity} {self.variation}"
