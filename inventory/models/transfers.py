"""Goods on their way from one warehouse to another, and who had them when."""

from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Prefetch, Q

from common.audit import audited, not_audited
from common.decided import PERSON, Decided
from inventory.models.catalogue import ProductVariation
from inventory.models.lot import Lot
from inventory.models.stock import QUANTITY
from warehouses.models import Warehouse, WarehouseScopedQuerySet

IN_TRANSIT = (
    F("quantity_shipped")
    - F("quantity_received")
    - F("quantity_damaged")
    - F("quantity_lost")
    - F("quantity_returned")
)


class TransferRequestQuerySet(WarehouseScopedQuerySet):
    def with_lines(self) -> Self:
        """Transfers with what a list shows: warehouses, people, lines and their products."""
        lots = TransferLot.objects.select_related("lot")
        lines = TransferLine.objects.select_related("variation__product").prefetch_related(
            Prefetch("lots", lots)
        )
        return self.select_related(
            "from_warehouse", "to_warehouse", "requested_by", "decided_by", "shipped_by",
            "received_by", "closed_by", "follows", "followed_by",
        ).prefetch_related(Prefetch("lines", lines))  # fmt: skip


@audited()
class TransferRequest(Decided):
    """Goods that one warehouse shall give to another: asked for, decided, shipped, received."""

    class Status(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"
        IN_TRANSIT = "in_transit"
        PARTIALLY_RECEIVED = "partially_received"
        RECEIVED = "received"
        CLOSED = "closed"
        CANCELLED = "cancelled"

    # The one table of lawful steps. Approval usually ships at once, by way of `approved`;
    # `received` is all of what was shipped, `closed` all but what got lost or went back.
    TRANSITIONS = {
        Status.PENDING: (Status.APPROVED, Status.REJECTED, Status.CANCELLED),
        Status.APPROVED: (Status.IN_TRANSIT, Status.CANCELLED),
        Status.REJECTED: (),
        Status.IN_TRANSIT: (
            Status.PARTIALLY_RECEIVED, Status.RECEIVED, Status.CLOSED, Status.CANCELLED,
        ),
        Status.PARTIALLY_RECEIVED: (Status.PARTIALLY_RECEIVED, Status.RECEIVED, Status.CLOSED),
        Status.RECEIVED: (),
        Status.CLOSED: (),
        Status.CANCELLED: (),
    }  # fmt: skip
    ON_THE_WAY = (Status.IN_TRANSIT, Status.PARTIALLY_RECEIVED)

    warehouse_paths = ("from_warehouse", "to_warehouse")

    from_warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="transfers_out", db_index=False
    )
    to_warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="transfers_in", db_index=False
    )
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING)
    auto_receive = models.BooleanField(
        default=False, help_text="What is shipped counts as received at once."
    )
    notes = models.CharField(max_length=500, blank=True)
    shipped_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, **PERSON)
    shipped_at = models.DateTimeField(null=True, blank=True)
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, **PERSON)
    received_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, **PERSON)
    closed_at = models.DateTimeField(null=True, blank=True)
    closing_note = models.CharField(max_length=500, blank=True)
    follows = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="followed_by",
        help_text="The transfer of which this is the rest, to be shipped later.",
    )  # fmt: skip

    objects = TransferRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "transfer"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(from_warehouse=F("to_warehouse")), name="transfer_goes_elsewhere"
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "pending", "approved", "rejected", "in_transit", "partially_received",
                        "received", "closed", "cancelled",
                    ]
                ),
                name="transfer_status_known",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["from_warehouse", "-id"], name="transfer_source"),
            models.Index(fields=["to_warehouse", "-id"], name="transfer_destination"),
            models.Index(fields=["status", "-id"], name="transfer_status"),
        ]

    @property
    def is_on_the_way(self) -> bool:
        return self.status in self.ON_THE_WAY

    @property
    def moves_goods(self) -> bool:
        """Whether goods shall leave, or left: not so where it ended before they did."""
        ended = self.status in (self.Status.REJECTED, self.Status.CANCELLED)
        return self.shipped_at is not None or not ended


@audited(part_of="transfer")
class TransferLine(models.Model):
    """So much of one variation: asked for, shipped at a cost, and what became of it.

    What was shipped is received, arrives damaged, is lost or goes back; the rest is in transit.
    """

    transfer = models.ForeignKey(
        TransferRequest, models.CASCADE, related_name="lines", db_index=False
    )
    position = models.PositiveIntegerField()
    variation = models.ForeignKey(ProductVariation, models.PROTECT, related_name="transfer_lines")
    quantity = models.DecimalField(**QUANTITY)
    quantity_shipped = models.DecimalField(**QUANTITY, default=0)
    quantity_received = models.DecimalField(**QUANTITY, default=0)
    quantity_damaged = models.DecimalField(**QUANTITY, default=0)
    quantity_lost = models.DecimalField(**QUANTITY, default=0)
    quantity_returned = models.DecimalField(**QUANTITY, default=0)
    unit_cost = models.DecimalField(
        max_digits=15, decimal_places=4, null=True, blank=True,
        help_text="What a unit was worth when it left; empty: nothing left yet.",
    )  # fmt: skip
    discrepancy = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["transfer", "variation"], name="transfer_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="transfer_line_positive"),
            models.CheckConstraint(
                condition=Q(quantity_shipped__gte=0, quantity_shipped__lte=F("quantity")),
                name="transfer_line_shipped_within_asked",
            ),
            models.CheckConstraint(
                condition=Q(
                    quantity_received__gte=0,
                    quantity_damaged__gte=0,
                    quantity_lost__gte=0,
                    quantity_returned__gte=0,
                    quantity_shipped__gte=F("quantity_received")
                    + F("quantity_damaged")
                    + F("quantity_lost")
                    + F("quantity_returned"),
                ),
                name="transfer_line_within_shipped",
            ),
            models.CheckConstraint(
                condition=Q(quantity_shipped=0) | Q(unit_cost__gte=0),
                name="transfer_line_valued",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.quantity} {self.variation}"

    @property
    def quantity_in_transit(self) -> Decimal:
        """What was shipped and has neither arrived nor been given up."""
        gone = self.quantity_received + self.quantity_damaged
        return self.quantity_shipped - gone - self.quantity_lost - self.quantity_returned

    @property
    def value_in_transit(self) -> Decimal:
        return (self.quantity_in_transit * (self.unit_cost or Decimal(0))).quantize(Decimal("0.01"))


@not_audited("Written with the movements of its transfer, which are its record.")
class TransferLot(models.Model):
    """How much of a lot left with a line, and how much of that is still in transit."""

    line = models.ForeignKey(TransferLine, models.CASCADE, related_name="lots", db_index=False)
    lot = models.ForeignKey(Lot, models.PROTECT, related_name="transfer_lots")
    quantity_shipped = models.DecimalField(**QUANTITY)
    quantity_in_transit = models.DecimalField(**QUANTITY)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["line", "lot"], name="transfer_lot_once"),
            models.CheckConstraint(
                condition=Q(quantity_in_transit__gte=0)
                & Q(quantity_in_transit__lte=F("quantity_shipped")),
                name="transfer_lot_within_shipped",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity_shipped} of {self.lot}"
