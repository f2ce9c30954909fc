"""Whom goods are bought from."""

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower

from common.audit import audited, not_audited
from common.references import ReferenceQuerySet
from common.validators import business_code, country_code, currency_code, one_line, phone_number

STARS = [MinValueValidator(1), MaxValueValidator(5)]
PERCENT: dict[str, Any] = {"max_digits": 5, "decimal_places": 2, "null": True}
DAYS: dict[str, Any] = {"max_digits": 10, "decimal_places": 2, "null": True}


@audited()
class Supplier(models.Model):
    """A company that goods are bought from."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        INACTIVE = "inactive"
        PENDING = "pending"

    code_field = "code"

    code = models.CharField("supplier id", max_length=30, unique=True, validators=[business_code])
    company_name = models.CharField(max_length=200, validators=[one_line])
    display_name = models.CharField(max_length=100, blank=True, validators=[one_line])
    primary_contact = models.CharField(max_length=200, blank=True, validators=[one_line])
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=16, blank=True, validators=[phone_number])
    alternative_phone = models.CharField(max_length=16, blank=True, validators=[phone_number])
    website = models.URLField(blank=True)
    street = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=100, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, blank=True, validators=[country_code])
    tax_id = models.CharField(max_length=50, blank=True)
    payment_terms = models.PositiveIntegerField("payment terms in days", default=30)
    currency = models.CharField(max_length=3, default="USD", validators=[currency_code])
    lead_time_days = models.PositiveIntegerField(default=7, validators=[MinValueValidator(1)])
    minimum_order_value = models.DecimalField(
        max_digits=15, decimal_places=2, default=0, validators=[MinValueValidator(0)]
    )
    over_receipt_tolerance_percent = models.DecimalField(
        **PERCENT,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="How much more than ordered a receipt may bring; empty: as the company's.",
    )
    rating = models.DecimalField(max_digits=2, decimal_places=1, default=3, validators=STARS)
    communication_score = models.DecimalField(
        max_digits=3,
        decimal_places=2,
        null=True,
        blank=True,
        validators=STARS,
        help_text="How good the supplier is to deal with, from 1 to 5; judged by people.",
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    preferred = models.BooleanField(default=False)
    notes = models.CharField(max_length=1000, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"), condition=~models.Q(email=""), name="supplier_email_once"
            )
        ]
        indexes = [models.Index(fields=["status"], name="supplier_status")]

    def __str__(self) -> str:
        return f"{self.code} {self.company_name}"


class Measurement(models.Model):
    """What deliveries showed of a supplier; null where nothing could be measured.

    Only purchasing.services.measuring writes it; purchasing.measuring has the formulas. Rates are
    percentages, times are days, the value is in the supplier's currency.
    """

    on_time_delivery_rate = models.DecimalField("on time %", **PERCENT)
    order_fulfillment_rate = models.DecimalField("fulfilled %", **PERCENT)
    quality_score = models.DecimalField("quality 1–5", **PERCENT)
    return_rate = models.DecimalField("returned %", **PERCENT)
    average_lead_time_days = models.DecimalField("lead time in days", **DAYS)
    lead_time_spread_days = models.DecimalField("± days", **DAYS)
    reliability_score = models.DecimalField("reliability 0–100", **PERCENT)
    judged_lines = models.PositiveIntegerField(default=0)
    evaluation_period_start = models.DateField()
    evaluation_period_end = models.DateField()
    recorded_at = models.DateTimeField()

    class Meta:
        abstract = True


@not_audited("Computed from orders and receipts, which are recorded themselves.")
class SupplierPerformance(Measurement):
    """A supplier's figures of the orders placed in one month."""

    code_field = "pk"

    supplier = models.ForeignKey(
        Supplier, models.CASCADE, related_name="performances", db_index=False
    )
    total_orders_in_period = models.PositiveIntegerField("orders", default=0)
    total_value_in_period = models.DecimalField(max_digits=30, decimal_places=2, default=0)
    communication_score = models.DecimalField("communication 1–5", **PERCENT)
    notes = models.CharField(max_length=1000, blank=True)

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        verbose_name = "supplier performance"
        verbose_name_plural = "supplier performance"
        ordering = ["-evaluation_period_start", "supplier"]
        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "evaluation_period_start"], name="supplier_performance_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["-evaluation_period_start", "supplier"], name="supplier_performance_month"
            )
        ]

    def __str__(self) -> str:
        return f"{self.supplier.code} {self.evaluation_period_start:%Y-%m}"

    @property
    def performance_record_id(self) -> str:
        """The row's name in the data warehouse: the same whenever it is measured again."""
        return f"{self.supplier_id}-{self.evaluation_period_start:%Y-%m}"


@not_audited("Computed from orders and receipts, which are recorded themselves.")
class SupplierStanding(Measurement):
    """A supplier's figures of the year before they were last measured: what lists sort by."""

    supplier = models.OneToOneField(Supplier, models.CASCADE, related_name="standing")
    total_orders = models.PositiveIntegerField(default=0)
    last_order_date = models.DateTimeField(null=True)

    class Meta:
        ordering = ["supplier"]

    def __str__(self) -> str:
        return f"{self.supplier.code} on {self.evaluation_period_end}"
