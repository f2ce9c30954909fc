"""What left for customers, and when."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from common.audit import NumberCode, audited
from common.permissions import Can
from common.references import ReferenceQuerySet, as_primary_key
from sales.models.order import QUANTITY, SalesOrder, SalesOrderItem
from warehouses.models import Warehouse, WarehouseScopedQuerySet


class FulfilmentQuerySet(ReferenceQuerySet):
    def by_reference(self, reference: object) -> Self:
        """Narrow to the fulfilment of a code such as FUL-000123, or of a primary key."""
        text = str(reference).strip().upper()
        key = as_primary_key(text.removeprefix("FUL-"))
        return self.filter(pk=key) if key is not None else self.none()

    def visible_to(self, user: Any) -> Self:
        """What left for orders of the user's warehouses, or out of these for others' orders."""
        if user.can(Can.SEE_ALL_WAREHOUSES):
            return self
        own = Warehouse.objects.member(user).values("pk")
        shipped = FulfilmentItem.objects.filter(fulfilment=OuterRef("pk"), warehouse__in=own)
        return self.filter(Q(order__warehouse__in=own) | Exists(shipped))


@audited(part_of="order", code=NumberCode("FUL-", digits=6))
class Fulfilment(models.Model):
    """Goods of one order that left together, from one warehouse or from several."""

    code_field = "pk"

    order = models.ForeignKey(SalesOrder, models.PROTECT, related_name="fulfilments")
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(auto_now_add=True)
    fulfilled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )

    objects = FulfilmentQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """The business code, such as FUL-000123."""
        return f"FUL-{self.pk:06d}"


@audited(part_of="fulfilment")
class FulfilmentItem(models.Model):
    """How much of one order line left, from where, and at what cost per unit."""

    warehouse_paths = ("warehouse", "fulfilment__order__warehouse")

    fulfilment = models.ForeignKey(Fulfilment, models.CASCADE, related_name="items")
    order_item = models.ForeignKey(SalesOrderItem, models.PROTECT, related_name="fulfilment_items")
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, related_name="+", db_index=False)
    quantity = models.DecimalField(**QUANTITY)
    unit_cost = models.DecimalField(max_digits=15, decimal_places=4)

    objects = WarehouseScopedQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["warehouse", "fulfilment"], name="fulfilment_item_place"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="fulfilment_item_positive"),
            models.CheckConstraint(
                condition=Q(unit_cost__gte=0), name="fulfilment_item_cost_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} of {self.order_item}"
