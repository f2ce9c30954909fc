"""What suppliers asked for goods, and how long they said it takes, from when on."""

from django.conf import settings
from django.db import models
from django.db.models import F

from common.audit import not_audited
from common.references import ReferenceQuerySet
from inventory.models.catalogue import Product, ProductVariation
from suppliers.models import Supplier


@not_audited("Itself a history, written by a trigger wherever terms change.")
class SupplierPrice(models.Model):
    """Terms of a supplier for a product since a moment. Rows are added, never changed.

    They go with their product alone. Triggers write them: for terms of the catalogue (in
    ProductSupplier), whoever changes these, and for prices of purchase orders that are sent, which
    name the variation.
    """

    class Source(models.TextChoices):
        HAND = "hand", "By hand"
        IMPORT = "import", "Import"
        PRICE_LIST = "price_list", "Price list"
        ORDER = "order", "Purchase order"

    code_field = "pk"

    product = models.ForeignKey(
        Product, models.CASCADE, related_name="supplier_prices", db_index=False
    )
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="prices", db_index=False)
    variation = models.ForeignKey(
        ProductVariation, models.CASCADE, null=True, related_name="supplier_prices"
    )
    cost_per_unit = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    previous_cost = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    currency = models.CharField(max_length=3)
    lead_time_days = models.PositiveIntegerField(null=True)
    valid_from = models.DateTimeField()
    source = models.CharField(max_length=10, choices=Source.choices)
    reference = models.CharField(max_length=255, blank=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(F("product"), F("supplier"), F("id").desc(), name="supplier_price_last"),
            models.Index(F("supplier"), F("id").desc(), name="supplier_price_of_supplier"),
        ]

    def __str__(self) -> str:
        return f"{self.product.code} from {self.supplier.code} at {self.cost_per_unit}"
