"""Movements that undo others."""

from django.db import models

from inventory.models.stock import StockMovement
from warehouses.models import WarehouseScopedQuerySet


class MovementReversal(models.Model):
    """A movement undoes another one: each is undone once, and an undoing not at all."""

    append_only = True
    warehouse_paths = ("movement__warehouse",)

    movement = models.OneToOneField(StockMovement, models.PROTECT, related_name="reversal")
    by_movement = models.OneToOneField(StockMovement, models.PROTECT, related_name="reverses")

    objects = WarehouseScopedQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.by_movement} reverses {self.movement}"
