"""Counting what is really there, while trading goes on."""

from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from common.audit import audited, audited_columns
from common.decided import PERSON
from common.lawful_steps import LawfulSteps
from inventory.models.catalogue import Category, ProductVariation
from inventory.models.stock import QUANTITY
from warehouses.models import Warehouse, WarehouseScopedQuerySet

MONEY: dict[str, Any] = {"max_digits": 24, "decimal_places": 2, "default": 0}
HUNDRED = Decimal(100)


class AbcClass(models.TextChoices):
    """Goods by their share of the value of a year's issues: the first 80 %, 15 more, the rest."""

    A = "A", "A: 80 % of the value"
    B = "B", "B: the next 15 %"
    C = "C", "C: the rest"


@audited()
class StockCount(LawfulSteps, models.Model):
    """A count of a warehouse, or of some of its goods; differences are posted once approved."""

    class Status(models.TextChoices):
        COUNTING = "counting"
        SUBMITTED = "submitted"
        POSTED = "posted"
        REJECTED = "rejected"
        CANCELLED = "cancelled"

    class Uncounted(models.TextChoices):
        LEFT_OUT = "left_out"
        ZERO = "zero"

    TRANSITIONS = {
        Status.COUNTING: (Status.SUBMITTED, Status.CANCELLED),
        Status.SUBMITTED: (Status.POSTED, Status.COUNTING, Status.REJECTED, Status.CANCELLED),
        Status.POSTED: (),
        Status.REJECTED: (),
        Status.CANCELLED: (),
    }
    OPEN = (Status.COUNTING, Status.SUBMITTED)

    code_field = "code"
    warehouse_paths = ("warehouse",)

    code = models.CharField(max_length=30, unique=True)
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="counts", db_index=False)
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    abc_class = models.CharField("ABC class", max_length=1, choices=AbcClass.choices, blank=True)
    bins = models.CharField(
        max_length=100,
        blank=True,
        help_text="The name of a bin, or where no bin has it what the names of several begin "
        "with, such as an aisle.",
    )
    is_partial = models.BooleanField(default=False, help_text="Of chosen goods only.")
    is_blind = models.BooleanField(
        default=False, help_text="Expected quantities are hidden until it is submitted."
    )
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.COUNTING)
    recount_tolerance_percent = models.DecimalField(
        max_digits=5, decimal_places=2, default=10,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="A line that differs by more is counted again.",
    )  # fmt: skip
    notes = models.CharField(max_length=500, blank=True)
    uncounted = models.CharField(max_length=8, choices=Uncounted.choices, blank=True)
    lines_counted = models.PositiveIntegerField(default=0)
    lines_right = models.PositiveIntegerField(default=0)
    value_expected = models.DecimalField(**MONEY)
    value_difference = models.DecimalField(**MONEY, help_text="More and less, added up by size.")
    value_net = models.DecimalField(**MONEY, help_text="More less less.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, **PERSON)
    assigned_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, **PERSON)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, **PERSON)
    submitted_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, **PERSON)
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = WarehouseScopedQuerySet.as_manager()

    class Meta:
        verbose_name = "stock count"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=["counting", "submitted", "posted", "rejected", "cancelled"]
                ),
                name="stock_count_status_known",
            ),
            models.CheckConstraint(
                condition=Q(lines_right__lte=F("lines_counted")), name="stock_count_accuracy"
            ),
        ]
        indexes = [
            models.Index(fields=["warehouse", "-id"], name="stock_count_place"),
            models.Index(fields=["status", "-id"], name="stock_count_status"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def scope_in_words(self) -> str:
        """What is counted."""
        if self.category is not None:
            return f"Category {self.category.name}"
        if self.abc_class:
            return f"Class {self.abc_class}"
        if self.bins:
            return f"Bins {self.bins}"
        return "Chosen goods" if self.is_partial else "All that is in stock"

    @property
    def hides_expected(self) -> bool:
        """Whether nobody is told what should be there."""
        return self.is_blind and self.status == self.Status.COUNTING

    @property
    def accuracy_percent(self) -> Decimal | None:
        """Lines that were right of those counted; None before it is submitted."""
        if not self.lines_counted:
            return None
        return round(HUNDRED * self.lines_right / self.lines_counted, 2)

    @property
    def value_accuracy_percent(self) -> Decimal | None:
        """100 less the differences, added up by size, of the value that should be there."""
        if not self.value_expected:
            return None
        wrong = HUNDRED * self.value_difference / self.value_expected
        return max(round(HUNDRED - wrong, 2), Decimal(0))


class StockCountLineQuerySet(models.QuerySet["StockCountLine"]):
    def uncounted(self) -> Self:
        return self.filter(counted_quantity=None)

    def to_recount(self) -> Self:
        return self.filter(needs_recount=True)

    def to_be_counted(self) -> Self:
        return self.filter(Q(counted_quantity=None) | Q(needs_recount=True))

    def differing(self) -> Self:
        return self.exclude(counted_quantity=None).exclude(counted_quantity=F("on_hand_at_scan"))


@audited_columns("counted_quantity", "needs_recount", part_of="count")
class StockCountLine(models.Model):
    """What should be there of one variation, or one lot of it, and what somebody counted.

    The difference is that to the ledger at the moment of the entry: what is sold or received
    later does not distort it.
    """

    count = models.ForeignKey(StockCount, models.CASCADE, related_name="lines", db_index=False)
    # A copy of the count's own, so that nothing is counted twice at a time.
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    variation = models.ForeignKey(ProductVariation, models.PROTECT, related_name="count_lines")
    lot_number = models.CharField(max_length=50, blank=True)
    expiration_date = models.DateField(null=True, blank=True)
    bin_location = models.CharField(max_length=100, blank=True)
    is_open = models.BooleanField(default=True)
    expected = models.DecimalField(**QUANTITY, help_text="On hand when the count began.")
    counted_quantity = models.DecimalField(**QUANTITY, null=True, blank=True)
    on_hand_at_scan = models.DecimalField(**QUANTITY, null=True, blank=True)
    movement_at_scan = models.BigIntegerField(
        null=True, blank=True, help_text="The last ledger line of the balance at that moment."
    )
    unit_cost = models.DecimalField(max_digits=15, decimal_places=4, default=0)
    first_quantity = models.DecimalField(
        **QUANTITY, null=True, blank=True, help_text="What was counted before the recount."
    )
    needs_recount = models.BooleanField(default=False)
    counted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, **PERSON)
    counted_at = models.DateTimeField(null=True, blank=True)
    released_reservations = models.DecimalField(**QUANTITY, default=0)
    notes = models.CharField(max_length=200, blank=True)

    objects = StockCountLineQuerySet.as_manager()

    class Meta:
        ordering = ["bin_location", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["count", "variation", "lot_number"], name="count_line_once"
            ),
            models.UniqueConstraint(
                fields=["warehouse", "variation", "lot_number"],
                condition=Q(is_open=True),
                name="count_line_in_one_open_count",
            ),
            models.CheckConstraint(
                condition=Q(counted_quantity=None) | Q(counted_quantity__gte=0),
                name="count_line_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(counted_quantity=None)
                | Q(on_hand_at_scan__isnull=False, counted_at__isnull=False),
                name="count_line_compared",
            ),
        ]
        indexes = [models.Index(fields=["warehouse", "variation"], name="count_line_place")]

    def __str__(self) -> str:
        return f"{self.variation} {self.lot_number}".strip()

    @property
    def difference(self) -> Decimal | None:
        """How much more there is than the ledger said at the moment of the entry."""
        if self.counted_quantity is None or self.on_hand_at_scan is None:
            return None
        return self.counted_quantity - self.on_hand_at_scan
