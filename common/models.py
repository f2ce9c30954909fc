"""Tables that every app leans on."""

from decimal import Decimal
from typing import Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from common.validators import currency_code


class IdempotencyRecord(models.Model):
    """The answer that a request with an Idempotency-Key got, for whoever sends it again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    content_type = models.CharField(max_length=100, default="")
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once_per_user")
        ]

    def __str__(self) -> str:
        return self.key


class CompanySettings(models.Model):
    """What the company decided for everybody: one row, made when it is first asked for."""

    ONLY = 1

    name = models.CharField(max_length=200, blank=True)
    letterhead = models.CharField(
        max_length=1000, blank=True, help_text="What stands at the head of documents."
    )
    currency = models.CharField(max_length=3, default="USD", validators=[currency_code])
    over_receipt_tolerance_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=Decimal(0),
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="How much more than ordered a purchase receipt may bring.",
    )
    second_person_rule = models.BooleanField(
        default=True,
        help_text="Nobody decides their own request; off where there is only one person.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = "company settings"
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="company_settings_once"),
            models.CheckConstraint(
                condition=Q(
                    over_receipt_tolerance_percent__gte=0, over_receipt_tolerance_percent__lte=100
                ),
                name="over_receipt_tolerance_is_a_percentage",
            ),
        ]

    def __str__(self) -> str:
        return self.name or "Company settings"

    @classmethod
    def current(cls) -> Self:
        """Return the settings in force."""
        row, _ = cls.objects.get_or_create(pk=cls.ONLY)
        return row
