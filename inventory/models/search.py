"""What products are found by."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F

from common.audit import not_audited
from inventory.models.catalogue import Product


@not_audited("Follows from the product: what search looks through.")
class ProductSearchText(models.Model):
    """The texts of a product and its variations without case and accents.

    Triggers of the database keep it (migration 0010), so that imports and bulk writes count too;
    nothing else writes it, and deleting the product deletes it.
    """

    product: Any = models.OneToOneField(
        Product,
        models.DO_NOTHING,
        primary_key=True,
        db_constraint=False,
        related_name="search_text",
    )
    codes = ArrayField(
        models.TextField(), help_text="Product id, suppliers' codes, SKUs, barcodes."
    )
    name = models.TextField()
    document = models.TextField(help_text="Name, description, tags, codes; SKUs last.")
    own_length = models.PositiveIntegerField(
        help_text="How much of the document is the product's own."
    )
    words = SearchVectorField(
        help_text="Words of name, tags and codes; each part of a word beyond ASCII."
    )

    class Meta:
        indexes = [
            GinIndex(OpClass(F("document"), "gin_trgm_ops"), name="product_search_parts"),
            GinIndex(fields=["words"], name="product_search_words"),
        ]

    def __str__(self) -> str:
        return self.name
