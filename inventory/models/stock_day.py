"""What each day changed in each warehouse: sums of the ledger, kept so that any day's value is
known in a moment.
"""

from django.db import models

from common.audit import not_audited
from inventory.models.stock import StockMovement
from warehouses.models import Warehouse, WarehouseScopedQuerySet


@not_audited("Sums of the ledger, which is itself the record.")
class StockDay(models.Model):
    """The sums of the movements of one type that occurred in a warehouse on a day, in UTC."""

    warehouse_paths = ("warehouse",)

    day = models.DateField()
    warehouse = models.ForeignKey(Warehouse, models.PROTECT, db_index=False, related_name="+")
    movement_type = models.CharField(max_length=10, choices=StockMovement.Type.choices)
    movements = models.BigIntegerField()
    quantity = models.DecimalField(max_digits=24, decimal_places=3)
    value = models.DecimalField(max_digits=30, decimal_places=4)

    objects = WarehouseScopedQuerySet.as_manager()

    class Meta:
        ordering = ["day", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["warehouse", "day", "movement_type"], name="stock_day_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.movement_type} in {self.warehouse}"


@not_audited("It says how far a sum has come.")
class StockDayProgress(models.Model):
    """One row: movements of all transactions before this one are in StockDay."""

    transaction_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"before transaction {self.transaction_id}"
