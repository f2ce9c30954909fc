"""What is ordered from suppliers."""

from datetime import UTC
from decimal import Decimal
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property

from common.audit import audited
from common.models import CompanySettings
from common.validators import business_code, currency_code
from purchasing.models.figures import AMOUNT
from suppliers.models import Supplier
from warehouses.models import Warehouse, WarehouseScopedQuerySet


class PurchaseOrderQuerySet(WarehouseScopedQuerySet):
    def late(self) -> Self:
        """Orders of which goods are to come on a day that has passed, UTC."""
        today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
        return self.filter(status__in=PurchaseOrder.INCOMING, expected_delivery_date__lt=today)

    def awaiting_approval(self) -> Self:
        """Orders that somebody must approve before they go on; see `awaits_approval`."""
        limit = CompanySettings.current().purchase_approval_limit
        beyond = Q(rejected_at__isnull=False)
        if limit is not None:
            beyond |= Q(committed__gt=limit)
        uncovered = Q(approved_total__isnull=True) | Q(approved_total__lt=F("committed"))
        orders = self.alias(committed=F("total_amount") + F("charges_amount"))
        return orders.exclude(status__in=PurchaseOrder.FINAL).filter(beyond & uncovered)


@audited()
class PurchaseOrder(models.Model):
    """Goods ordered from one supplier, to be delivered to one warehouse."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        SENT = "sent"
        CONFIRMED = "confirmed"
        SHIPPED = "shipped"
        PARTIALLY_RECEIVED = "partially_received"
        RECEIVED = "received"
        CANCELLED = "cancelled"

    # The one table of lawful steps. What is received while a draft is sent on the way.
    TRANSITIONS: dict[str, tuple[str, ...]] = {
        Status.DRAFT: (
            Status.SENT, Status.PARTIALLY_RECEIVED, Status.RECEIVED, Status.CANCELLED,
        ),
        Status.SENT: (
            Status.CONFIRMED, Status.SHIPPED, Status.PARTIALLY_RECEIVED, Status.RECEIVED,
            Status.CANCELLED,
        ),
        Status.CONFIRMED: (
            Status.SHIPPED, Status.PARTIALLY_RECEIVED, Status.RECEIVED, Status.CANCELLED,
        ),
        Status.SHIPPED: (Status.PARTIALLY_RECEIVED, Status.RECEIVED, Status.CANCELLED),
        Status.PARTIALLY_RECEIVED: (Status.PARTIALLY_RECEIVED, Status.RECEIVED),
        Status.RECEIVED: (),
        Status.CANCELLED: (),
    }  # fmt: skip
    FINAL = (Status.RECEIVED, Status.CANCELLED)
    # While an order has one of these, what it still lacks counts as incoming stock.
    INCOMING = (Status.SENT, Status.CONFIRMED, Status.SHIPPED, Status.PARTIALLY_RECEIVED)

    code_field = "order_number"
    warehouse_paths = ("warehouse",)

    order_number = models.CharField(max_length=30, unique=True, validators=[business_code])
    supplier = models.ForeignKey(
        Supplier, models.PROTECT, related_name="purchase_orders", db_index=False
    )
    warehouse = models.ForeignKey(
        Warehouse, models.PROTECT, related_name="purchase_orders", db_index=False
    )
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.DRAFT)
    order_date = models.DateTimeField(default=timezone.now)
    expected_delivery_date = models.DateTimeField()
    actual_delivery_date = models.DateTimeField(null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD", validators=[currency_code])
    subtotal = models.DecimalField(**AMOUNT, default=0)
    tax_amount = models.DecimalField(**AMOUNT, default=0)
    shipping_cost = models.DecimalField(**AMOUNT, default=0)
    shipping_carried = models.DecimalField(
        **AMOUNT, default=0, help_text="How much of the shipping cost came into stock with goods."
    )
    charges_amount = models.DecimalField(
        **AMOUNT, default=0, help_text="Sum of the charges, which are no part of the total."
    )
    total_amount = models.GeneratedField(
        expression=F("subtotal") + F("tax_amount") + F("shipping_cost"),
        output_field=models.DecimalField(**AMOUNT),
        db_persist=True,
    )
    shipping_address = models.JSONField(default=dict, blank=True)
    notes = models.CharField(max_length=1000, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_total = models.DecimalField(
        **AMOUNT, null=True, blank=True, help_text="Up to which total with charges it may go on."
    )
    rejected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    rejected_at = models.DateTimeField(null=True, blank=True)
    approval_note = models.CharField(max_length=500, blank=True)
    terms_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who last changed what the order costs; somebody else approves it.",
    )
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PurchaseOrderQuerySet.as_manager()

    class Meta:
        ordering = ["-order_date", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "draft", "sent", "confirmed", "shipped", "partially_received",
                        "received", "cancelled",
                    ]
                ),
                name="purchase_order_status_known",
            ),
            models.CheckConstraint(
                condition=Q(subtotal__gte=0, tax_amount__gte=0, shipping_cost__gte=0),
                name="purchase_order_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(
                    charges_amount__gte=0,
                    shipping_carried__gte=0,
                    shipping_carried__lte=F("shipping_cost"),
                ),
                name="purchase_order_shipping_carried",
            ),
            models.CheckConstraint(
                condition=~Q(status="received") | Q(actual_delivery_date__isnull=False),
                name="purchase_order_received_when",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(F("order_date").desc(), F("id").desc(), name="purchase_order_by_date"),
            models.Index(
                F("supplier"), F("order_date").desc(), F("id").desc(),
                name="purchase_order_supplier",
            ),
            models.Index(
                F("warehouse"), F("order_date").desc(), F("id").desc(),
                name="purchase_order_place",
            ),
            models.Index(
                fields=["status", "expected_delivery_date"], name="purchase_order_expected"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.order_number

    @property
    def allowed_transitions(self) -> list[str]:
        """The statuses that the order may take next; while it awaits approval, cancelled."""
        steps = self.TRANSITIONS[self.status]
        if self.awaits_approval:
            steps = tuple(step for step in steps if step == self.Status.CANCELLED)
        return [str(status) for status in steps]

    @property
    def allowed_actions(self) -> list[str]:
        """What may be done with the order now, by whoever has the right to it."""
        steps = set(self.allowed_transitions)
        lawful = {
            "approve": self.awaits_approval,
            "reject": self.awaits_approval and self.rejected_at is None,
            "amend": self.is_incoming,
            "send": self.Status.SENT in steps,
            "send_again": self.may_be_sent_again,
            "confirm": self.Status.CONFIRMED in steps,
            "ship": self.Status.SHIPPED in steps,
            "receive": self.Status.PARTIALLY_RECEIVED in steps,
            "cancel": self.Status.CANCELLED in steps,
            "close": self.status == self.Status.PARTIALLY_RECEIVED,
        }
        return [action for action, is_lawful in lawful.items() if is_lawful]

    @property
    def days_late(self) -> int:
        """How many days ago, UTC, the last outstanding goods should have come; 0 while in time."""
        if not self.is_incoming:
            return 0
        expected = self.expected_delivery_date.astimezone(UTC).date()
        return max((timezone.now().date() - expected).days, 0)

    @property
    def is_late(self) -> bool:
        return self.days_late > 0

    @property
    def present_total(self) -> Decimal:
        """What `total_amount` will be once the order as it stands in memory is saved."""
        return self.subtotal + self.tax_amount + self.shipping_cost

    @property
    def committed_total(self) -> Decimal:
        """What the order costs the company in all: its total, and what others charge for it."""
        return self.present_total + self.charges_amount

    @property
    def landed_total(self) -> Decimal:
        """What the goods cost once they are here; tax is taken to be deductible."""
        return self.subtotal + self.shipping_cost + self.charges_amount

    @cached_property
    def approval_limit(self) -> Decimal | None:
        return CompanySettings.current().purchase_approval_limit

    @property
    def is_approved(self) -> bool:
        """Whether somebody let the order go at its present total with charges."""
        return self.approved_total is not None and self.committed_total <= self.approved_total

    @property
    def awaits_approval(self) -> bool:
        """Whether an open order must be approved before it goes on.

        The figures are compared as they are: there are no exchange rates, so an order in another
        currency than the company's needs approval above the same figure.
        """
        if self.status in self.FINAL or self.is_approved:
            return False
        if self.rejected_at is not None:
            return True
        return self.approval_limit is not None and self.committed_total > self.approval_limit

    @property
    def answerable_ids(self) -> list[int | None]:
        """Who made the order or last changed what it costs: they do not approve it."""
        return [self.created_by_id, self.terms_by_id]

    @property
    def approval_status(self) -> str:
        """`approved`, `rejected`, `pending`, or `not_needed`."""
        if self.is_approved:
            return "approved"
        if self.rejected_at is not None:
            return "rejected"
        return "pending" if self.awaits_approval else "not_needed"

    @property
    def may_be_sent_again(self) -> bool:
        return self.is_incoming and not self.awaits_approval

    @property
    def is_incoming(self) -> bool:
        return self.status in self.INCOMING
