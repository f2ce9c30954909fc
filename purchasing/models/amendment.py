"""What changed in orders that suppliers already had."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.models import ExactDecoder, in_words
from purchasing.models.order import PurchaseOrder
from warehouses.models import WarehouseScopedQuerySet


class PurchaseOrderAmendment(models.Model):
    """One change of an order that is no draft any more. Rows are added, never changed.

    `changes` lists each field with what it held before and after; of a line its position and SKU
    too, with the field `line` for one that was added or removed.
    """

    append_only = True
    code_field = "pk"
    warehouse_paths = ("order__warehouse",)

    order = models.ForeignKey(
        PurchaseOrder, models.PROTECT, related_name="amendments", db_index=False
    )
    number = models.PositiveIntegerField()
    reason = models.CharField(max_length=500, blank=True)
    changes = models.JSONField(decoder=ExactDecoder)
    total_before = models.DecimalField(max_digits=24, decimal_places=2)
    total_after = models.DecimalField(max_digits=24, decimal_places=2)
    amended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, db_index=False, related_name="+"
    )
    amended_at = models.DateTimeField(auto_now_add=True)

    objects = WarehouseScopedQuerySet.as_manager()

    class Meta:
        ordering = ["order", "number"]
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="amendment_number_once"),
            models.CheckConstraint(condition=Q(number__gt=0), name="amendment_number_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.order} amendment {self.number}"

    @property
    def sentences(self) -> list[str]:
        """The changes as people read them."""
        return [sentence(change) for change in self.changes]


def sentence(change: dict[str, Any]) -> str:
    """Say one change: what, from what, to what."""
    where = f"Line {change['line']} ({change['sku']})" if "line" in change else ""
    if change["field"] == "line":
        verb, held = ("removed", "from") if change["to"] is None else ("added", "to")
        return f"{where} {verb}: {in_words(change[held])}"
    name = change["field"].replace("_", " ")
    about = f"{where}: {name}" if where else name.capitalize()
    return f"{about} {in_words(change['from'])} → {in_words(change['to'])}"
