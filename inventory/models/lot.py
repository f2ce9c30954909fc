"""Which lots there are, how much of each is where, and who set one aside.

Only inventory.services.ledger writes LotBalance; it makes a Lot when its first goods come in.
"""

from datetime import date
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from common.audit import NumberCode, audited_columns, not_audited
from common.references import as_primary_key
from inventory.models.catalogue import ProductVariation
from inventory.models.stock import QUANTITY, Stock
from warehouses.models import Warehouse, WarehouseScopedQuerySet


def stock_day() -> date:
    """Today, as expiry counts days: the same day everywhere, in UTC."""
    return timezone.now().date()


class LotQuerySet(models.QuerySet["Lot"]):
    def by_reference(self, reference: object) -> Self:
        """Narrow to the lot of a code such as LOT-000123, or of a primary key."""
        text = str(reference).strip().upper()
        key = as_primary_key(text.removeprefix("LOT-"))
        return self.filter(pk=key) if key is not None else self.none()

    def visible_to(self, user: Any) -> Self:
        """Lots of which the user's warehouses have, or ever had, anything."""
        own = LotBalance.objects.visible_to(user).values("lot")
        return self.filter(pk__in=own)


@audited_columns("lot_number", "expiration_date", code=NumberCode("LOT-", digits=6))
class Lot(models.Model):
    """Goods of one variation that were made together and expire together."""

    code_field = "pk"

    variation = models.ForeignKey(
        ProductVariation, models.PROTECT, related_name="lots", db_index=False
    )
    lot_number = models.CharField(max_length=50)
    expiration_date = models.DateField(
        null=True, blank=True, help_text="The last day on which it may leave, in UTC."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LotQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["variation", "lot_number"], name="lot_once"),
            models.CheckConstraint(condition=~Q(lot_number=""), name="lot_named"),
        ]
        indexes = [
            models.Index(
                fields=["expiration_date"],
                condition=Q(expiration_date__isnull=False),
                name="lot_by_expiry",
            ),
            models.Index(fields=["lot_number"], name="lot_by_number"),
        ]

    def __str__(self) -> str:
        return f"{self.lot_number} of {self.variation}"

    @property
    def code(self) -> str:
        """The business code, such as LOT-000123."""
        return f"LOT-{self.pk:06d}"

    @property
    def is_expired(self) -> bool:
        return self.expiration_date is not None and self.expiration_date < stock_day()


@not_audited("Written by the ledger alone: movements are its record.")
class LotBalance(models.Model):
    """How much of a lot is in one warehouse; what is quarantined or expired is not available."""

    code_field = "pk"
    warehouse_paths = ("stock__warehouse",)

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="balances")
    stock = models.ForeignKey(Stock, models.PROTECT, related_name="lots", db_index=False)
    on_hand = models.DecimalField(**QUANTITY, default=0)
    quarantined = models.BooleanField(default=False)
    # Whether the expiry date has been acted upon: the balance's `unavailable` contains it.
    expired = models.BooleanField(default=False)

    objects = WarehouseScopedQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["stock", "lot"], name="lot_balance_once"),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="lot_balance_not_negative"),
        ]
        indexes = [
            models.Index(fields=["stock"], condition=Q(on_hand__gt=0), name="lot_balance_in_stock"),
        ]

    def __str__(self) -> str:
        return f"{self.on_hand} of {self.lot}"


class LotQuarantine(models.Model):
    """A lot was set aside in a warehouse, or released: by whom, when and why."""

    append_only = True
    warehouse_paths = ("warehouse",)

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="quarantines")
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, db_index=False, related_name="+")
    quarantined = models.BooleanField()
    quantity = models.DecimalField(**QUANTITY)
    released_reservations = models.DecimalField(**QUANTITY, default=0)
    reason = models.CharField(max_length=500)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    changed_at = models.DateTimeField(auto_now_add=True)

    objects = WarehouseScopedQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.lot}: {'quarantined' if self.quarantined else 'released'}"


class LotExpiryChange(models.Model):
    """The date of a lot was corrected: from what to what, by whom, when and why."""

    append_only = True

    lot = models.ForeignKey(Lot, models.PROTECT, related_name="expiry_changes")
    before = models.DateField(null=True)
    after = models.DateField(null=True)
    reason = models.CharField(max_length=500)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    changed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.lot}: {self.before or 'no date'} to {self.after or 'no date'}"
