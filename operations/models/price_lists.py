"""Suppliers' price lists: where they come from, and what became of each."""

from decimal import Decimal
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.audit import audited, not_audited
from common.references import ReferenceQuerySet
from suppliers.models import Supplier


@audited(secret=("url",))
class SupplierPriceFeed(models.Model):
    """Where a supplier's price lists come from, and how they are read; looked at every night."""

    class Kind(models.TextChoices):
        FOLDER = "folder", "Folder of the operator"
        URL = "url", "Address (https)"

    code_field = "pk"

    supplier = models.OneToOneField(Supplier, models.CASCADE, related_name="price_feed")
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.FOLDER)
    folder = models.CharField(
        max_length=200, blank=True, help_text="Below the operator's PRICE_LIST_DIR: acme/prices."
    )
    url = models.CharField("address", max_length=500, blank=True)
    columns = models.JSONField(
        default=dict,
        blank=True,
        help_text='What the list calls our fields, as JSON: {"cost_per_unit": "Netto"}.',
    )
    encoding = models.CharField(max_length=30, blank=True, help_text="Empty: recognised.")
    delimiter = models.CharField(max_length=1, blank=True, help_text="Empty: recognised.")
    decimal = models.CharField(
        "decimal mark", max_length=1, blank=True, help_text="Empty: recognised."
    )
    jump_percent = models.DecimalField(
        max_digits=6,
        decimal_places=2,
        default=Decimal(20),
        help_text="Changes of this many percent or more raise an alert.",
    )
    is_active = models.BooleanField("looked at every night", default=True)
    looked_at = models.DateTimeField(null=True, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        verbose_name = "price feed"
        ordering = ["supplier"]

    def __str__(self) -> str:
        return f"Price feed of {self.supplier.code}"

    @property
    def place(self) -> str:
        """Where it looks, without what an address may hold of secrets."""
        return self.folder or str(urlsplit(self.url).hostname)


@not_audited("It is itself the record of a price list; the terms that it changes are audited.")
class PriceListRun(models.Model):
    """One price list of a supplier: what became of its lines, or would."""

    class State(models.TextChoices):
        CHECKED = "checked", "Checked, nothing written"
        APPLIED = "applied"
        REFUSED = "refused"
        FAILED = "failed"

    code_field = "pk"

    supplier = models.ForeignKey(
        Supplier, models.CASCADE, related_name="price_list_runs", db_index=False
    )
    feed = models.ForeignKey(
        SupplierPriceFeed, models.SET_NULL, null=True, blank=True, related_name="runs"
    )
    by_feed = models.BooleanField("taken from the feed", default=False)
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField("SHA-256 of the file", max_length=64, blank=True)
    size = models.PositiveIntegerField("size in bytes")
    dry_run = models.BooleanField(default=True)
    state = models.CharField(max_length=7, choices=State.choices)
    rows = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    unknown = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    jumps = models.PositiveIntegerField(default=0)
    lines = models.JSONField(default=list)
    message = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        verbose_name = "price list"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "sha256"],
                condition=Q(state="applied"),
                name="price_list_taken_once",
            )
        ]
        indexes = [models.Index(fields=["supplier", "-id"], name="price_list_of_supplier")]

    def __str__(self) -> str:
        return f"{self.file_name} of {self.supplier.code}"
