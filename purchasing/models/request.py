"""What people of a warehouse ask for out of its stock."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Prefetch, Q

from common.audit import audited
from common.decided import PERSON, Decided
from inventory.models import ProductVariation
from purchasing.models.figures import CENT, QUANTITY
from warehouses.models import Warehouse, WarehouseScopedQuerySet


class PurchaseRequestQuerySet(WarehouseScopedQuerySet):
    def pending(self) -> Self:
        """Requests that nobody has decided yet."""
        return self.filter(status=PurchaseRequest.Status.PENDING)

    def with_lines(self) -> Self:
        """Requests with what a list shows: warehouse, people, lines and their products."""
        lines = PurchaseRequestLine.objects.select_related("variation__product")
        return self.select_related("warehouse", "requested_by", "decided_by").prefetch_related(
            Prefetch("lines", lines)
        )


@audited()
class PurchaseRequest(Decided):
    """Goods that somebody asks for out of a warehouse; approval takes them out of its stock."""

    class Status(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"
        CANCELLED = "cancelled"

    TRANSITIONS = {
        Status.PENDING: (Status.APPROVED, Status.REJECTED, Status.CANCELLED),
        Status.APPROVED: (),
        Status.REJECTED: (),
        Status.CANCELLED: (),
    }

    warehouse_paths = ("warehouse",)

    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="purchase_requests", db_index=False
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    reason = models.CharField(max_length=500, blank=True)
    needed_by = models.DateField(null=True, blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, **PERSON | {"db_index": True}
    )

    objects = PurchaseRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "purchase request"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["pending", "approved", "rejected", "cancelled"]),
                name="purchase_request_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["approved", "rejected"]) | Q(decided_at__isnull=False),
                name="purchase_request_decided_when",
            ),
        ]
        indexes = [
            models.Index(fields=["warehouse", "-id"], name="purchase_request_place"),
            models.Index(
                fields=["warehouse"], condition=Q(status="pending"), name="purchase_request_open"
            ),
        ]


@audited(part_of="request")
class PurchaseRequestLine(models.Model):
    """So much of one variation: asked for, and given out at a cost."""

    request = models.ForeignKey(
        PurchaseRequest, models.CASCADE, related_name="lines", db_index=False
    )
    position = models.PositiveIntegerField()
    variation = models.ForeignKey(
        ProductVariation, models.PROTECT, related_name="purchase_request_lines"
    )
    quantity = models.DecimalField(**QUANTITY)
    quantity_approved = models.DecimalField(**QUANTITY, default=0)
    unit_cost = models.DecimalField(
        max_digits=15, decimal_places=4, null=True, blank=True,
        help_text="What a unit was worth when it left; empty: nothing left.",
    )  # fmt: skip

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "variation"], name="purchase_request_line_once"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="purchase_request_line_positive"
            ),
            models.CheckConstraint(
                condition=Q(quantity_approved__gte=0, quantity_approved__lte=F("quantity")),
                name="purchase_request_line_within_asked",
            ),
            models.CheckConstraint(
                condition=Q(quantity_approved=0) | Q(unit_cost__gte=0),
                name="purchase_request_line_valued",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.quantity} {self.variation}"

    @property
    def value(self) -> Decimal:
        """What was given out, at the cost at which it left."""
        worth = self.quantity_approved * (self.unit_cost or Decimal(0))
        return worth.quantize(CENT, ROUND_HALF_UP)
