"""Tables that every app leans on."""

import json
import re
from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format

from common.audit import audited, not_audited
from common.references import ReferenceQuerySet
from common.validators import currency_code


@not_audited("Answers kept for a week; what they answer to is recorded where it was written.")
class IdempotencyRecord(models.Model):
    """The answer that a request with an Idempotency-Key got, for whoever sends it again."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    content_type = models.CharField(max_length=100, default="")
    headers = models.JSONField(default=dict, db_default={})
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once_per_user")
        ]

    def __str__(self) -> str:
        return self.key


@audited()
class CompanySettings(models.Model):
    """What the company decided for everybody: one row, made when it is first asked for."""

    class SupplierRule(models.TextChoices):
        MANUAL = "manual", "The primary one, chosen by hand"
        CHEAPEST = "cheapest", "The cheapest"
        MOST_RELIABLE = "most_reliable", "The most reliable"
        FASTEST = "fastest", "The fastest"

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
    purchase_approval_limit = models.DecimalField(
        max_digits=15,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="A purchase order whose total is above this is approved first, in whatever "
        "currency; empty: none is.",
    )
    adjustment_limit_value = models.DecimalField(
        max_digits=15,
        decimal_places=2,
        default=Decimal(1000),
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="What staff may correct alone is worth at most this; empty: no limit.",
    )
    adjustment_limit_quantity = models.DecimalField(
        max_digits=14,
        decimal_places=3,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="The largest quantity of a line that staff may correct alone; empty: no limit.",
    )
    count_recount_tolerance_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=Decimal(10),
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="A counted line that differs by more is counted again.",
    )
    reservation_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3650)],
        help_text="How long a new sales order holds goods and waits for them; empty: no end.",
    )
    expiry_warning_days = models.PositiveSmallIntegerField(
        default=30,
        validators=[MaxValueValidator(3650)],
        help_text="How long before it expires a lot in stock is warned of; 0: on its last day.",
    )
    second_person_rule = models.BooleanField(
        default=True,
        help_text="Nobody decides their own request; off where there is only one person.",
    )
    mail_customers = models.BooleanField(
        default=False,
        help_text="Customers get a mail when goods of their order leave, if it has an address.",
    )
    preferred_supplier_rule = models.CharField(
        max_length=13,
        choices=SupplierRule.choices,
        default=SupplierRule.MANUAL,
        help_text="Which supplier of a product is preferred; a locked one always is.",
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


@audited(part_of="settings", secret=("image",))
class CompanyLogo(models.Model):
    """The picture at the head of documents; a table of its own, so that no setting reads it."""

    settings = models.OneToOneField(CompanySettings, models.CASCADE, related_name="logo")
    image = models.BinaryField()
    digest = models.CharField(max_length=16)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return "Logo"


class SavedViewQuerySet(ReferenceQuerySet):
    def visible_to(self, user: Any) -> Self:
        """Narrow to the user's own ones and to those that somebody shared."""
        return self.filter(Q(owner_id=user.pk) | Q(is_shared=True))


@audited()
class SavedView(models.Model):
    """Parameters of a list under a name: what somebody filters, searches and orders again.

    It holds the question, never rows: whoever uses a shared one gets what they may see.
    """

    code_field = "pk"

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views", db_index=False
    )
    resource = models.CharField(
        max_length=100, help_text="A list of the API, such as stocks; a page of the back office."
    )
    name = models.CharField(max_length=80)
    query = models.CharField(
        "filters", max_length=2000, help_text="The parameters, as they stand in an address."
    )
    is_shared = models.BooleanField("shared", default=False, help_text="Offered to everybody.")
    is_default = models.BooleanField(
        "default", default=False, help_text="How the list opens for its owner in the back office."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["resource", "name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "resource", "name"], name="saved_view_once_per_owner"
            ),
            models.UniqueConstraint(
                fields=["owner", "resource"],
                condition=Q(is_default=True),
                name="saved_view_one_default",
            ),
        ]
        indexes = [
            models.Index(
                fields=["resource"], condition=Q(is_shared=True), name="saved_view_shared"
            ),
        ]

    def __str__(self) -> str:
        return self.name


MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
NOTHING = "–"


class ExactDecoder(json.JSONDecoder):
    """Reads numbers as they were written: amounts are exact."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "parse_float": Decimal})


class AuditEntry(models.Model):
    """One row that somebody changed, as a database trigger saw it. Rows are added, never changed.

    `changes` maps each column to what it held before and after; null where there was no row.
    """

    class Action(models.TextChoices):
        CREATED = "created"
        CHANGED = "changed"
        DELETED = "deleted"

    class Door(models.TextChoices):
        API = "api", "API"
        ADMIN = "admin", "Back office"
        LINK = "link", "Mailed link"
        COMMAND = "command"
        TASK = "task"
        DATABASE = "database", "Database, past the product"

    append_only = True
    code_field = "pk"
    # What the keys in `changes` stand for; common.audit_words tells it for the entries of a page.
    names: dict[tuple[str, int], str] = {}

    recorded_at = models.DateTimeField()
    action = models.CharField(max_length=7, choices=Action.choices)
    object_type = models.CharField(max_length=50)
    object_id = models.BigIntegerField("object's primary key")
    object_code = models.CharField(
        max_length=200, blank=True, help_text="A line of a document has the document's code."
    )
    document_type = models.CharField(
        max_length=50, blank=True, help_text="What the object is a line of, such as sales_order."
    )
    document_id = models.BigIntegerField("document's primary key", null=True, blank=True)
    changes = models.JSONField(decoder=ExactDecoder)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    door = models.CharField(max_length=10, choices=Door.choices)
    origin = models.CharField(
        max_length=100, blank=True, help_text="The view, the task, the command or the role."
    )
    request_id = models.CharField(max_length=64, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["object_type", "object_id", "id"], name="audit_of_object"),
            models.Index(
                fields=["document_type", "document_id", "id"],
                condition=Q(document_id__isnull=False),
                name="audit_of_document",
            ),
            models.Index(fields=["object_code", "id"], name="audit_of_code"),
            models.Index(fields=["actor", "id"], name="audit_of_actor"),
            BrinIndex(fields=["recorded_at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_code or self.object_id} {self.action}"

    @property
    def columns(self) -> list[tuple[str, str, str]]:
        """What changed, as people read it: column, before, after."""
        return [
            (
                column.removesuffix("_id").replace("_", " "),
                self.name_of(column, before),
                self.name_of(column, after),
            )
            for column, (before, after) in sorted(self.changes.items())
        ]

    def name_of(self, column: str, value: Any) -> str:
        """Return what a column held, a key by the code of its row where that is known."""
        name = self.names.get((column, value)) if isinstance(value, int) else None
        return name or in_words(value)


def in_words(value: Any) -> str:
    """Return what a column held as people read it, JSON included."""
    if value is None or value in ("", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {nested(one)}" for name, one in value.items())
    if isinstance(value, list):
        return ", ".join(nested(one) for one in value)
    if isinstance(value, str) and MOMENT.fullmatch(value):
        local = timezone.localtime(datetime.fromisoformat(value))
        return date_format(local, "j M Y, H:i:s")
    return str(value)


def nested(value: Any) -> str:
    text = in_words(value)
    return f"({text})" if isinstance(value, dict | list) else text
