"""What somebody should know about and act on."""

import re
from collections.abc import Iterable
from datetime import UTC
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.audit import NumberCode, audited
from common.permissions import Can
from common.references import as_primary_key
from inventory.models import Product, ProductVariation
from suppliers.models import Supplier
from warehouses.models import Warehouse, WarehouseScopedQuerySet

ALERT_CODE = re.compile(r"^ALT-(\d{4})-(\d{3,18})\Z", re.IGNORECASE)


class AlertQuerySet(WarehouseScopedQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Narrow to alerts of the user's own warehouses, and for buyers to those of suppliers.

        What a supplier's price list did belongs to no warehouse; it is the work of those who
        manage the catalogue. What else belongs to none is for administrators.
        """
        visible = super().visible_to(user)
        if visible is self or not user.can(Can.MANAGE_CATALOGUE):
            return visible
        return visible | self.of_suppliers()

    def of_suppliers(self) -> Self:
        """Alerts of the whole company that name a supplier."""
        return self.filter(warehouse__isnull=True, supplier__isnull=False)

    def by_reference(self, reference: object) -> Self:
        """Narrow to the alert of a code such as ALT-2026-001, or of a primary key."""
        code = ALERT_CODE.match(str(reference).strip())
        if code:
            return self.filter(pk=int(code[2]), created_at__year=int(code[1]))
        key = as_primary_key(reference)
        return self.filter(pk=key) if key is not None else self.none()

    def coded(self, codes: Iterable[str]) -> Self:
        """Narrow to the alerts of some codes; a code holds the primary key."""
        return self.filter(
            pk__in=[int(found[2]) for found in map(ALERT_CODE.match, codes) if found]
        )

    def open(self) -> Self:
        """Alerts that still wait for somebody or for their cause to go away."""
        return self.filter(status__in=Alert.OPEN)

    def unfinished(self) -> Self:
        """Open alerts, and dismissed ones whose cause still lasts: these are not raised anew."""
        return self.filter(Alert.UNFINISHED)


@audited(
    code=NumberCode("ALT-", digits=3, year_of="created_at"),
    ignored=("current_value", "message", "title"),
)
class Alert(models.Model):
    """One incident: at most one is unfinished per type and cause, a repeat updates it."""

    class Type(models.TextChoices):
        LOW_STOCK = "low_stock"
        OUT_OF_STOCK = "out_of_stock"
        OVERSTOCK = "overstock"
        EXPIRY_WARNING = "expiry_warning"
        REORDER_SUGGESTION = "reorder_suggestion"
        LATE_DELIVERY = "late_delivery"
        SYSTEM = "system"

    class Severity(models.TextChoices):
        LOW = "low"
        MEDIUM = "medium"
        HIGH = "high"
        CRITICAL = "critical"

    class Status(models.TextChoices):
        ACTIVE = "active"
        ACKNOWLEDGED = "acknowledged"
        RESOLVED = "resolved"
        DISMISSED = "dismissed"

    code_field = "pk"
    warehouse_paths = ("warehouse",)
    OPEN = (Status.ACTIVE, Status.ACKNOWLEDGED)
    # The statuses that somebody may give an alert next.
    TRANSITIONS: dict[str, tuple[str, ...]] = {
        Status.ACTIVE: (Status.ACKNOWLEDGED, Status.RESOLVED, Status.DISMISSED),
        Status.ACKNOWLEDGED: (Status.RESOLVED, Status.DISMISSED),
        Status.RESOLVED: (),
        Status.DISMISSED: (),
    }
    UNFINISHED = Q(status__in=["active", "acknowledged"]) | Q(
        status="dismissed", cause_ended_at__isnull=True
    )

    alert_type = models.CharField(max_length=20, choices=Type.choices)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.ACTIVE)
    cause_key = models.CharField(
        max_length=100, help_text="What it is about, such as stock:17; one open alert per cause."
    )
    product = models.ForeignKey(
        Product, models.CASCADE, null=True, blank=True, related_name="alerts", db_index=False
    )
    variation = models.ForeignKey(
        ProductVariation, models.CASCADE, null=True, blank=True, related_name="alerts"
    )
    warehouse = models.ForeignKey(
        Warehouse, models.CASCADE, null=True, blank=True, related_name="alerts", db_index=False
    )
    supplier = models.ForeignKey(
        Supplier, models.CASCADE, null=True, blank=True, related_name="alerts"
    )
    title = models.CharField(max_length=200)
    message = models.CharField(max_length=1000)
    current_value = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)
    threshold_value = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)
    action_required = models.BooleanField(default=False)
    auto_generated = models.BooleanField(default=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    snoozed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True, blank=True)
    dismissed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    dismissed_at = models.DateTimeField(null=True, blank=True)
    cause_ended_at = models.DateTimeField(null=True, blank=True)
    resolution_type = models.CharField(max_length=50, blank=True)
    resolution_notes = models.CharField(max_length=500, blank=True)
    reference_id = models.CharField(
        max_length=50, blank=True, help_text="The document that resolved it, such as PO-2026-002."
    )
    notes = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(auto_now=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["alert_type", "cause_key"],
                condition=Q(status__in=["active", "acknowledged"])
                | Q(status="dismissed", cause_ended_at__isnull=True),
                name="one_alert_per_cause",
            )
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="alert_newest"),
            models.Index(fields=["warehouse", "-created_at", "-id"], name="alert_of_warehouse"),
            models.Index(fields=["product", "-created_at"], name="alert_of_product"),
            models.Index(fields=["status", "severity", "-created_at"], name="alert_by_status"),
            models.Index(fields=["alert_type", "-created_at"], name="alert_by_type"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def allowed_transitions(self) -> list[str]:
        """The statuses that the alert may take next."""
        return [str(status) for status in self.TRANSITIONS[self.status]]

    @property
    def code(self) -> str:
        """The business code, such as ALT-2026-001."""
        return f"ALT-{self.created_at.astimezone(UTC):%Y}-{self.pk:03d}"
