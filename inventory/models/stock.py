"""How much there is, and every change of it.

Only inventory.services.ledger writes Stock quantities, StockMovement and StockReservation.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Cast

from common.audit import audited, audited_columns, not_audited
from common.references import as_primary_key
from inventory.models.catalogue import ProductVariation
from warehouses.models import Warehouse, WarehouseScopedQuerySet

QUANTITY: Any = {"max_digits": 14, "decimal_places": 3}


class StockQuerySet(WarehouseScopedQuerySet):
    def low(self) -> Self:
        """Balances whose available quantity is at or below their reorder point."""
        return self.filter(is_low=True)


# Quantities are recorded by movements; these two are set by people.
@audited_columns("bin_location", "reorder_point", part_of="variation")
class Stock(models.Model):
    """The balance of one variation in one warehouse."""

    code_field = "pk"
    warehouse_paths = ("warehouse",)

    variation = models.ForeignKey(ProductVariation, models.PROTECT, related_name="stocks")
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="stocks")
    on_hand = models.DecimalField(**QUANTITY, default=0)
    reserved = models.DecimalField(**QUANTITY, default=0)
    unavailable = models.DecimalField(**QUANTITY, default=0)
    incoming = models.DecimalField(**QUANTITY, default=0)
    average_cost = models.DecimalField(max_digits=15, decimal_places=4, default=0)
    reorder_point = models.DecimalField(
        **QUANTITY, null=True, blank=True, help_text="The threshold in force; empty: no alerts."
    )
    bin_location = models.CharField(max_length=100, blank=True)
    # Copies of the product's lot_tracking and expiration_tracking, under the balance's own lock.
    tracks_lots = models.BooleanField(default=False, db_default=False, editable=False)
    tracks_expiry = models.BooleanField(default=False, db_default=False, editable=False)
    # A copy of what the variation's unit allows, under the balance's own lock.
    quantity_decimals = models.PositiveSmallIntegerField(default=3, db_default=3, editable=False)
    # Stored, because an index on the compared columns themselves would end HOT updates.
    is_low = models.GeneratedField(
        expression=Q(reorder_point__isnull=False)  # type: ignore[arg-type]
        & Q(reorder_point__gte=F("on_hand") - F("reserved") - F("unavailable")),
        output_field=models.BooleanField(),
        db_persist=True,
    )

    objects = StockQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "stock"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["variation", "warehouse"], name="stock_once"),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="on_hand_not_negative"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, reserved__lte=F("on_hand")),
                name="reserved_within_on_hand",
            ),
            models.CheckConstraint(condition=Q(incoming__gte=0), name="incoming_not_negative"),
            models.CheckConstraint(
                condition=Q(unavailable__gte=0), name="unavailable_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(on_hand__gte=F("reserved") + F("unavailable")),
                name="available_not_negative",
            ),
        ]
        indexes = [
            models.Index(fields=["warehouse"], condition=Q(is_low=True), name="stock_low"),
            models.Index(
                fields=["bin_location"], condition=~Q(bin_location=""), name="stock_by_bin"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variation} in {self.warehouse.code}"

    @property
    def available(self) -> Decimal:
        """What may be promised: on hand, less reserved, less unavailable."""
        return self.on_hand - self.reserved - self.unavailable


class StockMovementQuerySet(WarehouseScopedQuerySet):
    def by_reference(self, reference: object) -> Self:
        """Narrow to the movement of a code such as MOV-2026-000123, or of a primary key."""
        text = str(reference).strip().upper()
        key = as_primary_key(text.rpartition("-")[2] if text.startswith("MOV-") else text)
        return self.filter(pk=key) if key is not None else self.none()


class StockMovement(models.Model):
    """One line of the stock ledger. Rows are added, never changed."""

    class Type(models.TextChoices):
        INBOUND = "inbound"
        OUTBOUND = "outbound"
        ADJUSTMENT = "adjustment"
        TRANSFER = "transfer"

    append_only = True
    code_field = "pk"
    warehouse_paths = ("warehouse",)

    stock = models.ForeignKey(Stock, models.PROTECT, related_name="movements", db_index=False)
    # Copies of the balance's own columns for the indexes; the balance's key guards them.
    variation = models.ForeignKey(
        ProductVariation, models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    movement_type = models.CharField(max_length=10, choices=Type.choices)
    quantity = models.DecimalField(**QUANTITY)
    stock_before = models.DecimalField(**QUANTITY)
    stock_after = models.DecimalField(**QUANTITY)
    unit_cost = models.DecimalField(max_digits=15, decimal_places=4)
    total_value = models.DecimalField(max_digits=24, decimal_places=4)
    reason_code = models.CharField(max_length=50, blank=True)
    reason_description = models.CharField(max_length=500, blank=True)
    reference_type = models.CharField(max_length=30, blank=True)
    reference_code = models.CharField(max_length=50, blank=True)
    bin_location = models.CharField(max_length=100, blank=True)
    # Of tracked goods; guarded by the lot's balance, which is written in the same statement.
    lot = models.ForeignKey(
        "inventory.Lot", models.PROTECT, null=True, blank=True, related_name="movements",
        db_index=False, db_constraint=False,
    )  # fmt: skip
    lot_number = models.CharField(max_length=50, blank=True)
    expiration_date = models.DateField(null=True, blank=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    processed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    notes = models.CharField(max_length=500, blank=True)
    # The transaction that wrote it: what is told apart by it can be summed once, whatever commits
    # when.
    transaction_id = models.BigIntegerField(
        db_default=Cast(
            Cast(Func(function="pg_current_xact_id"), models.TextField()), models.BigIntegerField()
        ),
        editable=False,
    )

    objects = StockMovementQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(quantity=0), name="movement_moves"),
            models.CheckConstraint(
                condition=Q(stock_after=F("stock_before") + F("quantity")),
                name="movement_adds_up",
            ),
            models.CheckConstraint(condition=Q(stock_after__gte=0), name="movement_not_negative"),
        ]
        indexes = [
            models.Index(fields=["stock", "id"], name="movement_chain"),
            models.Index(
                F("variation"), F("occurred_at").desc(), F("id").desc(), name="movement_history"
            ),
            models.Index(F("occurred_at").desc(), F("id").desc(), name="movement_by_time"),
            models.Index(fields=["reference_type", "reference_code"], name="movement_reference"),
            BrinIndex(fields=["transaction_id"], autosummarize=True, name="movement_transaction"),
            models.Index(
                fields=["lot", "id"], condition=Q(lot__isnull=False), name="movement_of_lot"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """The business code, such as MOV-2026-000123."""
        return movement_code(self.pk, self.recorded_at)


def movement_code(key: int, recorded_at: datetime) -> str:
    return f"MOV-{recorded_at.astimezone(UTC).year}-{key:06d}"


@not_audited("Written by the ledger alone, for lines of documents that are audited.")
class StockReservation(models.Model):
    """What a document line holds of a balance; 0 once it is used up or released."""

    stock = models.ForeignKey(Stock, models.PROTECT, related_name="reservations")
    reference_type = models.CharField(max_length=30)
    reference_id = models.BigIntegerField()
    quantity = models.DecimalField(**QUANTITY)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["reference_type", "reference_id", "stock"], name="reservation_once"
            ),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="reservation_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} for {self.reference_type} {self.reference_id}"


@audited(part_of="variation")
class LowStockThreshold(models.Model):
    """The reorder point of a variation in one warehouse, in place of the variation's own."""

    code_field = "pk"
    warehouse_paths = ("warehouse",)

    variation = models.ForeignKey(ProductVariation, models.CASCADE, related_name="thresholds")
    warehouse = models.ForeignKey(Warehouse, models.CASCADE, related_name="thresholds")
    threshold = models.DecimalField(**QUANTITY)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = WarehouseScopedQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["variation", "warehouse"], name="threshold_once"),
            models.CheckConstraint(condition=Q(threshold__gt=0), name="threshold_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.variation} in {self.warehouse.code}: {self.threshold}"
