"""What is sold, and in which variations."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils import timezone

from common.audit import audited
from common.references import ReferenceQuerySet
from common.validators import MaxItems, business_code, currency_code, item_code
from suppliers.models import Supplier

POSITIVE = [MinValueValidator(0)]


@audited()
class Category(models.Model):
    """A node of the category tree: its parent is the category, it the subcategory."""

    code_field = "code"

    code = models.CharField(max_length=30, unique=True, validators=[business_code])
    name = models.CharField(max_length=100)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "categories"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Upper("name"), F("parent"), name="category_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return self.name


@audited()
class Product(models.Model):
    """What the catalogue describes; its variations are what is stocked."""

    class Status(models.TextChoices):
        ACTIVE = "active"
        DISCONTINUED = "discontinued"
        PENDING = "pending"

    code_field = "code"

    code = models.CharField("product id", max_length=30, unique=True, validators=[item_code])
    name = models.CharField(max_length=200)
    description = models.CharField(max_length=1000, blank=True)
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="products"
    )
    currency = models.CharField(max_length=3, default="USD", validators=[currency_code])
    weight = models.DecimalField(
        "weight in grams", max_digits=12, decimal_places=3, null=True, blank=True
    )
    length = models.DecimalField(
        "length in cm", max_digits=10, decimal_places=2, null=True, blank=True
    )
    width = models.DecimalField(
        "width in cm", max_digits=10, decimal_places=2, null=True, blank=True
    )
    height = models.DecimalField(
        "height in cm", max_digits=10, decimal_places=2, null=True, blank=True
    )
    specifications = models.JSONField(default=dict, blank=True)
    warehouse_location = models.CharField(max_length=100, blank=True)
    storage_requirements = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.ACTIVE)
    tags = ArrayField(
        models.CharField(max_length=50), default=list, blank=True, validators=[MaxItems(20)]
    )
    seasonal = models.BooleanField(default=False)
    expiration_tracking = models.BooleanField(default=False)
    lot_tracking = models.BooleanField(default=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    last_modified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def comes_in_lots(self) -> bool:
        """Whether its goods come and go in lots, or with dates."""
        return self.lot_tracking or self.expiration_tracking

    @property
    def default_variation(self) -> "ProductVariation | None":
        """The variation that product-level fields are written to."""
        return next((one for one in self.variations.all() if one.is_default), None)


@audited(part_of="product")
class ProductVariation(models.Model):
    """What is stocked, counted, bought and sold; every product has a default one."""

    code_field = "sku_code"

    product = models.ForeignKey(Product, models.CASCADE, related_name="variations")
    sku_code = models.CharField("SKU", max_length=30, unique=True, validators=[item_code])
    attributes = models.JSONField(default=dict, blank=True)
    barcode = models.CharField(max_length=100, blank=True, db_index=True)
    cost_price = models.DecimalField(
        max_digits=15, decimal_places=4, default=0, validators=POSITIVE
    )
    selling_price = models.DecimalField(
        max_digits=15, decimal_places=2, default=0, validators=POSITIVE
    )
    prices_changed_at = models.DateTimeField(default=timezone.now)
    reorder_level = models.DecimalField(
        "reorder threshold",
        max_digits=14,
        decimal_places=3,
        null=True,
        blank=True,
        help_text="An alert is raised at or below this; empty: never.",
    )
    reorder_quantity = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)
    max_stock_level = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)
    stock_unit = models.CharField(max_length=20, default="pieces")
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ReferenceQuerySet.as_manager()

    class Meta:
        verbose_name = "variation"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["product"], condition=Q(is_default=True), name="one_default_variation"
            ),
            models.CheckConstraint(
                condition=Q(cost_price__gte=0, selling_price__gte=0), name="prices_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.sku_code

    @property
    def full_name(self) -> str:
        return f"{self.sku_code} {self.product.name}"


@audited(part_of="product")
class ProductSupplier(models.Model):
    """A supplier offers a product at these terms."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="sourcing")
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="sourcing")
    is_primary = models.BooleanField(default=False)
    is_locked = models.BooleanField(
        "locked",
        default=False,
        db_default=False,
        help_text="The primary supplier is preferred, whatever the company's rule says.",
    )
    is_exclusive = models.BooleanField(
        "exclusive",
        default=False,
        db_default=False,
        help_text="The product is bought from no other supplier.",
    )
    supplier_product_code = models.CharField(max_length=50, blank=True)
    lead_time_days = models.PositiveIntegerField(null=True, blank=True)
    min_order_quantity = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)
    pack_size = models.DecimalField(max_digits=14, decimal_places=3, null=True, blank=True)
    cost_per_unit = models.DecimalField(max_digits=15, decimal_places=4, null=True, blank=True)

    class Meta:
        ordering = ["-is_primary", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["product", "supplier"], name="sourcing_once"),
            models.UniqueConstraint(
                fields=["product"], condition=Q(is_primary=True), name="one_primary_supplier"
            ),
            models.CheckConstraint(
                condition=Q(is_locked=False) | Q(is_primary=True), name="locked_is_primary"
            ),
            models.UniqueConstraint(
                fields=["product"], condition=Q(is_exclusive=True), name="one_exclusive_supplier"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} from {self.supplier}"
