"""Whom goods are bought from."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower

from common.audit import audited
from common.references import ReferenceQuerySet
from common.validators import business_code, country_code, currency_code, phone_number

PERCENT = [MinValueValidator(0), MaxValueValidator(100)]
STARS = [MinValueValidator(1), MaxValueValidator(5)]


@audited()
class Supplier(models.Model):
    """A company that goods are bought from."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        INACTIVE = "inactive"
        PENDING = "pending"

    code_field = "code"

    code = models.CharField("supplier id", max_length=30, unique=True, validators=[business_code])
    company_name = models.CharField(max_length=200)
    display_name = models.CharField(max_length=100, blank=True)
    primary_contact = models.CharField(max_length=200, blank=True)
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
    rating = models.DecimalField(max_digits=2, decimal_places=1, default=3, validators=STARS)
    on_time_delivery_rate = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, blank=True, validators=PERCENT
    )
    quality_score = models.DecimalField(
        max_digits=3, decimal_places=2, null=True, blank=True, validators=STARS
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
