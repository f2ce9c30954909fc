"""Products, variations, categories and thresholds as JSON."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from common.api.fields import (
    ChoiceSynonymField,
    CostField,
    MoneyField,
    ReferenceField,
    ReferenceInput,
    UpperCaseField,
)
from common.api.synonyms import SynonymsMixin
from common.validators import business_code, currency_code, item_code
from inventory.api.catalogue_fields import (
    PlainObjectField,
    SpecificationsField,
    StockQuantityField,
)
from inventory.api.stock_serializers import user_code
from inventory.models import Category, LowStockThreshold, Product, ProductVariation
from inventory.queries import (
    StockTotals,
    product_totals,
    variation_totals,
    warehouses_counted,
)
from inventory.sourcing import preferred_offer, rule_in_force
from suppliers.models import Supplier

TEXT: dict[str, Any] = {"required": False, "allow_blank": True}
MAYBE: dict[str, Any] = {"required": False, "allow_null": True}
MOST_SUPPLIERS, MOST_DAYS = 50, 3650
PRODUCT_EXAMPLES = [
    OpenApiExample("As little as possible", {"name": "Widget"}, request_only=True),
    OpenApiExample(
        "With stock, prices and a supplier",
        {
            "product_id": "PRD-NEW-1",
            "name": "New Widget X",
            "category": "Tools",
            "subcategory": "Hand Tools",
            "sku": "WIDGET-X-001",
            "pricing": {"cost_price": 10.5, "selling_price": 25, "currency": "USD"},
            "inventory": {"current_stock": 20, "reorder_threshold": 10, "reorder_quantity": 50},
            "suppliers": [{"supplier_id": "SUP001", "is_primary": True, "lead_time_days": 10}],
            "tags": ["new arrival"],
        },
        request_only=True,
    ),
]


class CategorySerializer(serializers.Serializer[Category]):
    """A node of the category tree."""

    id = serializers.IntegerField(read_only=True)
    code = UpperCaseField(validators=[business_code], required=False)
    name = serializers.CharField(max_length=100)
    parent = ReferenceField(  # type: ignore[assignment]
        Category.objects.all, noun="category", **MAYBE
    )
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class PricingSerializer(serializers.Serializer[Any]):
    cost_price = CostField(min_value=0, required=False)
    selling_price = MoneyField(min_value=0, required=False)
    currency = UpperCaseField(validators=[currency_code], required=False)
    last_updated = serializers.DateTimeField(read_only=True)


class InventorySerializer(serializers.Serializer[Any]):
    """Stock of all variations in the caller's warehouses; limits of the default variation."""

    current_stock = StockQuantityField(required=False)
    reserved_stock = StockQuantityField(required=False)
    available_stock = StockQuantityField(read_only=True)
    incoming_stock = StockQuantityField(read_only=True)
    reorder_threshold = StockQuantityField(positive=True, source="reorder_level", **MAYBE)
    reorder_quantity = StockQuantityField(positive=True, **MAYBE)
    max_stock_level = StockQuantityField(**MAYBE)
    stock_unit = serializers.CharField(max_length=20, required=False)


class SourcingSerializer(serializers.Serializer[Any]):
    """A supplier of the product."""

    supplier_id = ReferenceField(Supplier.objects.all, source="supplier")
    is_primary = serializers.BooleanField(required=False)
    is_locked = serializers.BooleanField(
        required=False, help_text="Of the primary one: preferred, whatever the company's rule says."
    )
    is_preferred = serializers.BooleanField(
        read_only=True, help_text="From whom to buy now, by hand or by the company's rule."
    )
    is_exclusive = serializers.BooleanField(required=False)
    supplier_product_code = serializers.CharField(max_length=50, **TEXT)
    lead_time_days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, **MAYBE)
    min_order_quantity = StockQuantityField(**MAYBE)
    pack_size = StockQuantityField(positive=True, **MAYBE)
    cost_per_unit = CostField(min_value=0, **MAYBE)


@extend_schema_serializer(examples=PRODUCT_EXAMPLES)
class ProductSerializer(SynonymsMixin, serializers.Serializer[Product]):
    """The whole product; only a name is required."""

    synonyms = {
        "quantity": "inventory.current_stock",
        "current_stock": "inventory.current_stock",
        "reserved_stock": "inventory.reserved_stock",
        "reorder_threshold": "inventory.reorder_threshold",
        "reorder_level": "inventory.reorder_threshold",
        "reorder_quantity": "inventory.reorder_quantity",
        "max_stock_level": "inventory.max_stock_level",
        "stock_unit": "inventory.stock_unit",
        "price": "pricing.selling_price",
        "selling_price": "pricing.selling_price",
        "cost_price": "pricing.cost_price",
        "unit_cost": "pricing.cost_price",
        "currency": "pricing.currency",
        "weight": "specifications.weight",
        "dimensions": "specifications.dimensions",
    }

    id = serializers.IntegerField(read_only=True)
    product_id = UpperCaseField(source="code", validators=[item_code], required=False)
    name = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=1000, **TEXT)
    category = serializers.CharField(max_length=100, allow_null=True, **TEXT)
    subcategory = serializers.CharField(max_length=100, allow_null=True, **TEXT)
    sku = UpperCaseField(source="sku_code", validators=[item_code], required=False)
    barcode = serializers.CharField(max_length=100, **TEXT)
    supplier_id = ReferenceField(Supplier.objects.all, source="supplier", **MAYBE)
    supplier_product_code = serializers.CharField(max_length=50, **TEXT)
    pricing = PricingSerializer(source="*", required=False)
    inventory = InventorySerializer(source="*", required=False)
    suppliers = SourcingSerializer(source="sourcing", many=True, required=False)
    specifications = SpecificationsField(required=False)
    warehouse_location = serializers.CharField(max_length=100, **TEXT)
    storage_requirements = serializers.ListField(
        child=serializers.CharField(max_length=50), max_length=20, required=False
    )
    status = ChoiceSynonymField(Product.Status.choices, required=False)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=50), max_length=20, required=False
    )
    seasonal = serializers.BooleanField(required=False)
    expiration_tracking = serializers.BooleanField(required=False)
    lot_tracking = serializers.BooleanField(required=False)
    created_by = serializers.CharField(read_only=True, allow_null=True)
    last_modified_by = ReferenceInput(
        **MAYBE, help_text="The one who is signed in; may be left out."
    )
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)
    warehouse = ReferenceInput(
        write_only=True, **MAYBE, help_text="Where `inventory.current_stock` is meant."
    )
    allow_below_cost = serializers.BooleanField(write_only=True, required=False)

    def validate_suppliers(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(lines) > MOST_SUPPLIERS:
            raise serializers.ValidationError(f"At most {MOST_SUPPLIERS} suppliers.")
        errors: list[dict[str, list[str]]] = [{} for _ in lines]
        seen = set()
        for error, line in zip(errors, lines, strict=True):
            supplier = line.get("supplier")
            if supplier is None:
                error["supplier_id"] = ["Name the supplier by its code or id."]
            if supplier in seen:
                error["supplier_id"] = ["Names the same supplier twice. Leave one out."]
            seen.add(supplier)
        for error in [one for one, line in zip(errors, lines, strict=True) if primary(line)][1:]:
            error["is_primary"] = ["Only one supplier is the primary one."]
        exclusive = [one for one, line in zip(errors, lines, strict=True) if line.get(EXCLUSIVE)]
        for error in exclusive[1:]:
            error[EXCLUSIVE] = ["Only one supplier is the exclusive one."]
        if any(errors):
            raise serializers.ValidationError(errors)
        return lines

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        chosen = [line["supplier"] for line in attrs.get("sourcing", ()) if primary(line)]
        if chosen and attrs.get("supplier", chosen[0]) != chosen[0]:
            raise serializers.ValidationError(
                {
                    "supplier_id": [
                        f"The suppliers name {chosen[0].code} as primary. Make them agree."
                    ]
                }
            )
        if self.instance is not None and "specifications" in attrs:
            merged = {**self.instance.specifications, **attrs["specifications"]}
            attrs["specifications"] = {k: v for k, v in merged.items() if v is not None}
        return attrs

    def to_representation(self, product: Product) -> dict[str, Any]:
        variation = product.default_variation or ProductVariation()
        category = product.category
        parent = category.parent if category else None
        sourcing = list(product.sourcing.all())
        preferred = preferred_offer(sourcing, rule_in_force())
        for row in sourcing:
            row.is_preferred = row is preferred  # type: ignore[attr-defined]
        main = next((row for row in sourcing if row.is_primary), None)
        counted = warehouses_counted(self.context["request"].user)
        totals = product_totals([product.pk], counted)[product.pk]
        return {
            "id": product.pk,
            "product_id": product.code,
            "name": product.name,
            "description": product.description,
            "category": (parent or category).name if category else None,
            "subcategory": category.name if category and parent else None,
            "sku": variation.sku_code,
            "barcode": variation.barcode,
            "supplier_id": main.supplier.code if main else None,
            "supplier_product_code": main.supplier_product_code if main else "",
            "pricing": self.pricing_of(product, variation),
            "inventory": self.inventory_of(variation, totals),
            "suppliers": SourcingSerializer(sourcing, many=True).data,
            "specifications": self.fields["specifications"].to_representation(product),
            "warehouse_location": product.warehouse_location,
            "storage_requirements": product.storage_requirements,
            "status": product.status,
            "tags": product.tags,
            "seasonal": product.seasonal,
            "expiration_tracking": product.expiration_tracking,
            "lot_tracking": product.lot_tracking,
            "created_by": user_code(product.created_by_id),
            "last_modified_by": user_code(product.last_modified_by_id),
            "created_at": product.created_at,
            "updated_at": product.updated_at,
        }

    def pricing_of(self, product: Product, variation: ProductVariation) -> dict[str, Any]:
        return {
            "cost_price": variation.cost_price,
            "selling_price": variation.selling_price,
            "currency": product.currency,
            "last_updated": variation.prices_changed_at,
        }

    def inventory_of(self, variation: ProductVariation, totals: StockTotals) -> dict[str, Any]:
        return {
            "current_stock": totals.on_hand,
            "reserved_stock": totals.reserved,
            "available_stock": totals.available,
            "incoming_stock": totals.incoming,
            "reorder_threshold": variation.reorder_level,
            "reorder_quantity": variation.reorder_quantity,
            "max_stock_level": variation.max_stock_level,
            "stock_unit": variation.stock_unit,
        }


EXCLUSIVE = "is_exclusive"


def primary(line: dict[str, Any]) -> bool:
    return bool(line.get("is_primary"))


class ProductRowSerializer(serializers.Serializer[Any]):
    """A product in the list; stock in the caller's warehouses, or in the one filtered by."""

    id = serializers.IntegerField()
    product_id = serializers.CharField(source="code")
    name = serializers.CharField()
    category = serializers.SerializerMethodField()
    subcategory = serializers.SerializerMethodField()
    sku = serializers.CharField()
    current_stock = serializers.SerializerMethodField()
    available_stock = serializers.SerializerMethodField()
    reorder_threshold = StockQuantityField(allow_null=True)
    status = serializers.CharField()
    unit_cost = CostField()
    selling_price = MoneyField()
    supplier_id = serializers.CharField(source="primary_supplier", allow_null=True)
    updated_at = serializers.DateTimeField()

    def get_category(self, product: Any) -> str | None:
        category = product.category
        return (category.parent or category).name if category else None

    def get_subcategory(self, product: Any) -> str | None:
        category = product.category
        return category.name if category and category.parent else None

    def get_current_stock(self, product: Any) -> float:
        return self.context["totals"][product.pk].on_hand

    def get_available_stock(self, product: Any) -> float:
        return self.context["totals"][product.pk].available


class VariationSerializer(SynonymsMixin, serializers.Serializer[ProductVariation]):
    """A variation; its stock in the caller's warehouses."""

    synonyms = {
        "sku": "sku_code",
        "price": "selling_price",
        "unit_cost": "cost_price",
        "reorder_threshold": "reorder_level",
        "quantity": "stock_level",
    }

    id = serializers.IntegerField(read_only=True)
    product_id = serializers.CharField(source="product.code", read_only=True)
    product_name = serializers.CharField(source="product.name", read_only=True)
    sku_code = UpperCaseField(validators=[item_code], required=False)
    attributes = PlainObjectField(required=False)
    barcode = serializers.CharField(max_length=100, **TEXT)
    cost_price = CostField(min_value=0, required=False)
    selling_price = MoneyField(min_value=0, required=False)
    stock_level = StockQuantityField(
        required=False, help_text="When created: the first stock, posted as a movement."
    )
    available_stock = StockQuantityField(read_only=True)
    reorder_level = StockQuantityField(positive=True, **MAYBE)
    reorder_quantity = StockQuantityField(positive=True, **MAYBE)
    max_stock_level = StockQuantityField(**MAYBE)
    stock_unit = serializers.CharField(max_length=20, required=False)
    is_default = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)
    warehouse = ReferenceInput(write_only=True, **MAYBE, help_text="Where `stock_level` is meant.")
    allow_below_cost = serializers.BooleanField(write_only=True, required=False)

    def to_representation(self, variation: ProductVariation) -> dict[str, Any]:
        totals: Mapping[int, StockTotals] | None = self.context.get("totals")
        if totals is None:
            counted = warehouses_counted(self.context["request"].user)
            totals = variation_totals([variation.pk], counted)
        own = totals[variation.pk]
        variation.stock_level, variation.available_stock = own.on_hand, own.available  # type: ignore[attr-defined]
        return super().to_representation(variation)


class ThresholdSerializer(serializers.Serializer[LowStockThreshold]):
    """The reorder point of a variation in one warehouse."""

    id = serializers.IntegerField(read_only=True)
    product_id = serializers.CharField(source="variation.product.code", read_only=True)
    sku = serializers.CharField(source="variation.sku_code", read_only=True)
    warehouse = serializers.CharField(source="warehouse.code", read_only=True)
    threshold = StockQuantityField(positive=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class ThresholdInput(serializers.Serializer[Any]):
    """A threshold to set: the variation by SKU or id, or a product for its default variation."""

    product_id = ReferenceInput(**MAYBE)
    sku = ReferenceInput(**MAYBE)
    product_variation = ReferenceInput(**MAYBE)
    warehouse = ReferenceInput(**MAYBE)
    threshold = StockQuantityField(positive=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        row: LowStockThreshold | None = self.instance
        if row is None:
            return attrs
        own: dict[str, set[str]] = {
            "product_id": {row.variation.product.code, str(row.variation.product_id)},
            "sku": {row.variation.sku_code, str(row.variation_id)},
            "product_variation": {row.variation.sku_code, str(row.variation_id)},
            "warehouse": {row.warehouse.code, str(row.warehouse_id)},
        }
        errors = {
            name: ["A threshold stays where it is. Delete it and make another."]
            for name, same in own.items()
            if attrs.get(name) and attrs[name].strip().upper() not in same
        }
        if errors:
            raise serializers.ValidationError(errors)
        return attrs
