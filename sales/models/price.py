"""What goods cost customers."""

from datetime import date
from typing import Self

from django.db import models
from django.db.models import F, Q

from common.audit import audited
from common.references import ReferenceQuerySet
from common.validators import currency_code
from inventory.models import ProductVariation
from inventory.models.lot import stock_day
from sales.models.order import QUANTITY


class SalesPriceQuerySet(ReferenceQuerySet):
    def valid_on(self, day: date) -> Self:
        """Prices that hold on a day, whatever the quantity."""
        return self.filter(Q(valid_until__gte=day) | Q(valid_until=None), valid_from__lte=day)


@audited(part_of="variation")
class SalesPrice(models.Model):
    """What a variation costs in one currency, from a day and from a quantity on."""

    code_field = "pk"

    variation = models.ForeignKey(
        ProductVariation, models.CASCADE, related_name="sales_prices", db_index=False
    )
    currency = models.CharField(max_length=3, validators=[currency_code])
    price = models.DecimalField("price per unit", max_digits=15, decimal_places=2)
    min_quantity = models.DecimalField(
        **QUANTITY, default=0, help_text="From this quantity of an order's line on."
    )
    valid_from = models.DateField(default=stock_day)
    valid_until = models.DateField(
        null=True, blank=True, help_text="The last day; empty: until a later price begins."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SalesPriceQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["variation", "currency", "valid_from", "min_quantity"],
                name="sales_price_once",
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0, min_quantity__gte=0), name="sales_price_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="sales_price_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variation}: {self.price} {self.currency} from {self.valid_from}"
