"""The price list over HTTP."""

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers

from common.api.fields import MoneyField, QuantityField, ReferenceInput, UpperCaseField
from common.api.filters import ReferenceFilter
from common.api.viewsets import ResourceViewSet
from common.validators import currency_code
from inventory.api.catalogue_views import READ_ALL_MANAGERS_WRITE
from inventory.lookup import find_variations
from inventory.models import Product, ProductVariation
from inventory.services.stock_change import LARGEST_QUANTITY
from sales.models import SalesPrice
from sales.services.prices import change_sales_price, create_sales_price, delete_sales_price


class SalesPriceSerializer(serializers.ModelSerializer[SalesPrice]):
    """What a variation costs in a currency, from a day and from a quantity on."""

    product_id = serializers.CharField(source="variation.product.code")
    product_name = serializers.CharField(source="variation.product.name")
    sku = serializers.CharField(source="variation.sku_code")

    class Meta:
        model = SalesPrice
        fields = [
            "id", "product_id", "product_name", "sku", "currency", "price", "min_quantity",
            "valid_from", "valid_until", "created_at", "updated_at",
        ]  # fmt: skip


class SalesPriceInput(serializers.Serializer[Any]):
    """A price; the goods by SKU or id, or a product for its default variation."""

    product_id = ReferenceInput(required=False, allow_null=True)
    sku = ReferenceInput(required=False, allow_null=True)
    product_variation = ReferenceInput(required=False, allow_null=True)
    currency = UpperCaseField(
        required=False, validators=[currency_code], help_text="Else the product's."
    )
    price = MoneyField(min_value=0)
    min_quantity = QuantityField(min_value=0, max_value=LARGEST_QUANTITY, required=False)
    valid_from = serializers.DateField(required=False, help_text="Else today.")
    valid_until = serializers.DateField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Let a whole object come back: its goods may be named, not changed."""
        row: SalesPrice | None = self.instance
        if row is None:
            return attrs
        variation = {row.variation.sku_code, str(row.variation_id)}
        own = {
            "product_id": {row.variation.product.code, str(row.variation.product_id)},
            "sku": variation,
            "product_variation": variation,
        }
        errors = {
            name: ["A price stays with its goods. Delete it and make another."]
            for name, same in own.items()
            if attrs.get(name) and attrs[name].strip().upper() not in same
        }
        if errors:
            raise serializers.ValidationError(errors)
        return attrs


class SalesPriceFilterSet(filters.FilterSet):
    product_id = ReferenceFilter(
        field_name="variation__product", queryset=lambda: Product.objects.all()
    )
    sku = ReferenceFilter(field_name="variation", queryset=lambda: ProductVariation.objects.all())
    currency = filters.CharFilter(lookup_expr="iexact")
    valid_on = filters.DateFilter(method="that_are_valid")

    class Meta:
        model = SalesPrice
        fields: list[str] = []

    def that_are_valid(self, queryset: Any, name: str, day: Any) -> Any:
        return queryset.valid_on(day)


@extend_schema_view(
    create=extend_schema(request=SalesPriceInput),
    update=extend_schema(request=SalesPriceInput),
    partial_update=extend_schema(request=SalesPriceInput),
)
class SalesPriceViewSet(ResourceViewSet):
    """What goods cost customers, by currency, day and quantity."""

    queryset = SalesPrice.objects.select_related("variation__product").order_by("pk")
    serializer_class = SalesPriceSerializer
    filterset_class = SalesPriceFilterSet
    search_fields = ["variation__sku_code", "variation__product__name"]
    ordering_fields = ["id", "currency", "price", "min_quantity", "valid_from", "updated_at"]
    resource_name = "sales_prices"
    noun = "Price"
    permissions = READ_ALL_MANAGERS_WRITE

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        if "data" in kwargs:
            return SalesPriceInput(*args, **kwargs, context=self.get_serializer_context())
        return super().get_serializer(*args, **kwargs)

    def perform_create(self, serializer: Any) -> SalesPrice:
        body = serializer.validated_data
        return create_sales_price(variation=find_variations([body], path="")[0], values=body)

    def perform_update(self, serializer: Any) -> SalesPrice:
        return change_sales_price(row=serializer.instance, values=serializer.validated_data)

    def perform_destroy(self, instance: SalesPrice) -> None:
        delete_sales_price(row=instance)
