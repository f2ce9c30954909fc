"""What customers ordered."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Round, Upper
from django.utils import timezone

from common.audit import audited
from common.lawful_steps import LawfulSteps
from common.validators import business_code, currency_code
from inventory.models import ProductVariation, StockReservation
from sales.order_states import ACTIONS, TRANSITIONS
from warehouses.models import Warehouse, WarehouseScopedQuerySet

QUANTITY: dict[str, Any] = {"max_digits": 14, "decimal_places": 3}
# Under this reference type and its own key a line holds stock in inventory's StockReservation.
LINE_HOLDER = "sales_order_item"


class SalesOrderQuerySet(WarehouseScopedQuerySet):
    def open(self) -> Self:
        """Orders of which something may still be delivered."""
        return self.filter(status__in=SalesOrder.OPEN)

    def lapsing(self, moment: datetime) -> Self:
        """Open orders that hold, or wait for, goods until a time that has come."""
        return self.open().filter(reserved_until__lte=moment, reservation_expired_at=None)

    def with_item_count(self) -> Self:
        counted = (
            SalesOrderItem.objects.filter(order=OuterRef("pk"))
            .order_by()
            .values("order")
            .annotate(number=models.Count("pk"))
        )
        return self.annotate(
            item_count=Coalesce(Subquery(counted.values("number")), Value(0))
        ).select_related("warehouse")


@audited()
class SalesOrder(LawfulSteps, models.Model):
    """A customer's order, reserved in one warehouse and delivered from there or from others."""

    class Status(models.TextChoices):
        PENDING = "pending"
        PARTIALLY_FULFILLED = "partially_fulfilled"
        FULFILLED = "fulfilled"
        CANCELLED = "cancelled"

    class Priority(models.IntegerChoices):
        LOW = 1
        NORMAL = 2
        HIGH = 3
        URGENT = 4

    OPEN = (Status.PENDING, Status.PARTIALLY_FULFILLED)
    TRANSITIONS = TRANSITIONS
    code_field = "order_number"
    warehouse_paths = ("warehouse",)

    order_number = models.CharField(max_length=30, unique=True, validators=[business_code])
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="sales_orders", db_index=False
    )
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PENDING)
    priority = models.PositiveSmallIntegerField(
        choices=Priority.choices, default=Priority.NORMAL, db_default=Priority.NORMAL
    )
    order_date = models.DateTimeField(default=timezone.now)
    reserved_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then it holds goods and waits for them."
    )
    reservation_expired_at = models.DateTimeField(null=True, blank=True, editable=False)
    customer_email = models.EmailField(max_length=254, blank=True)
    customer_id = models.CharField(max_length=100, blank=True)
    channel = models.CharField(max_length=50, blank=True)
    region = models.CharField(max_length=50, blank=True)
    promotion_applied = models.BooleanField(default=False)
    promotion_details = models.JSONField(default=dict, blank=True)
    currency = models.CharField(max_length=3, default="USD", validators=[currency_code])
    total_amount = models.DecimalField(max_digits=24, decimal_places=2, default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    notes = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SalesOrderQuerySet.as_manager()

    class Meta:
        ordering = ["-order_date", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=["pending", "partially_fulfilled", "fulfilled", "cancelled"]
                ),
                name="sales_order_status_known",
            ),
            models.CheckConstraint(
                condition=Q(priority__in=[1, 2, 3, 4]), name="sales_order_priority_known"
            ),
            models.CheckConstraint(
                condition=Q(total_amount__gte=0), name="sales_order_total_not_negative"
            ),
        ]
        indexes = [
            models.Index(F("order_date").desc(), F("id").desc(), name="sales_order_by_date"),
            models.Index(
                F("warehouse"), F("order_date").desc(), F("id").desc(), name="sales_order_place"
            ),
            models.Index(Upper("customer_email"), name="sales_order_email"),
            models.Index(fields=["customer_id"], name="sales_order_customer"),
            models.Index(
                fields=["warehouse", "status"],
                condition=Q(status__in=["pending", "partially_fulfilled"]),
                name="sales_order_open",
            ),
            models.Index(
                fields=["reserved_until"],
                condition=Q(
                    status__in=["pending", "partially_fulfilled"],
                    reserved_until__isnull=False,
                    reservation_expired_at__isnull=True,
                ),
                name="sales_order_lapsing",
            ),
        ]

    def __str__(self) -> str:
        return self.order_number

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    @property
    def allowed_actions(self) -> list[str]:
        """What its status permits to do with it; rights decide besides."""
        return [*ACTIONS[self.status]]


class SalesOrderItemQuerySet(models.QuerySet["SalesOrderItem"]):
    def with_reserved(self) -> Self:
        """Items with `quantity_reserved`, what they hold in stock."""
        held = (
            StockReservation.objects.filter(reference_type=LINE_HOLDER, reference_id=OuterRef("pk"))
            .order_by()
            .values("reference_id")
            .annotate(total=Sum("quantity"))
        )
        return self.annotate(
            quantity_reserved=Coalesce(Subquery(held.values("total")), Value(Decimal(0)))
        )


@audited(part_of="order")
class SalesOrderItem(models.Model):
    """One line of an order: so much of one variation, and what became of it."""

    order = models.ForeignKey(SalesOrder, models.CASCADE, related_name="items", db_index=False)
    position = models.PositiveIntegerField()
    variation = models.ForeignKey(
        ProductVariation, models.PROTECT, related_name="sales_order_items"
    )
    quantity = models.DecimalField(**QUANTITY)
    quantity_fulfilled = models.DecimalField(**QUANTITY, default=0)
    quantity_cancelled = models.DecimalField(**QUANTITY, default=0, db_default=0)
    quantity_returned = models.DecimalField(**QUANTITY, default=0)
    credited_amount = models.DecimalField(max_digits=22, decimal_places=2, default=0, db_default=0)
    sale_price_per_unit = models.DecimalField(max_digits=15, decimal_places=2)
    discount_percent = models.DecimalField(max_digits=5, decimal_places=2, default=0, db_default=0)
    # As sales.services.order_rows.line_amount computes it: of what is ordered and not cancelled.
    line_total = models.GeneratedField(
        expression=Round(
            (F("quantity") - F("quantity_cancelled"))
            * F("sale_price_per_unit")
            * (Decimal(100) - F("discount_percent"))
            * Decimal("0.01"),
            precision=2,
        ),
        output_field=models.DecimalField(max_digits=22, decimal_places=2),
        db_persist=True,
    )

    objects = SalesOrderItemQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="sales_item_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="sales_item_positive"),
            models.CheckConstraint(
                condition=Q(
                    quantity_fulfilled__gte=0,
                    quantity_fulfilled__lte=F("quantity") - F("quantity_cancelled"),
                ),
                name="sales_item_fulfilled_within",
            ),
            models.CheckConstraint(
                condition=Q(quantity_cancelled__gte=0), name="sales_item_cancelled_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(discount_percent__gte=0, discount_percent__lte=100),
                name="sales_item_discount_is_a_percentage",
            ),
            models.CheckConstraint(
                condition=Q(
                    quantity_returned__gte=0, quantity_returned__lte=F("quantity_fulfilled")
                ),
                name="sales_item_returned_within",
            ),
            models.CheckConstraint(
                condition=Q(sale_price_per_unit__gte=0), name="sales_item_price_not_negative"
            ),
        ]
        indexes = [
            # What waits for goods is found by this; closed lines, nearly all, are not in it.
            models.Index(
                fields=["variation"],
                condition=Q(quantity__gt=F("quantity_fulfilled") + F("quantity_cancelled")),
                name="sales_item_outstanding",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.quantity} {self.variation}"

    @property
    def outstanding(self) -> Decimal:
        """What was ordered and neither delivered nor cancelled."""
        return self.quantity - self.quantity_fulfilled - self.quantity_cancelled

    @property
    def quantity_returnable(self) -> Decimal:
        """What left and did not come back."""
        return self.quantity_fulfilled - self.quantity_returned
