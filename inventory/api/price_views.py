"""What suppliers asked for goods over time, over HTTP."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.http import Http404
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers

from common.api.fields import CostField
from common.api.filters import FromDay, ReferenceFilter, ToDay
from common.api.viewsets import ListViewSet
from common.permissions import Can
from inventory.api.stock_serializers import user_code
from inventory.models import Product, ProductVariation, SupplierPrice
from suppliers.models import Supplier

HUNDREDTH = Decimal("0.01")


class SupplierPriceSerializer(serializers.ModelSerializer[SupplierPrice]):
    """Terms since a moment; a price of a purchase order names the variation that was ordered."""

    product_id = serializers.CharField(source="product.code")
    product_name = serializers.CharField(source="product.name")
    sku = serializers.CharField(source="variation.sku_code", default=None, allow_null=True)
    supplier_id = serializers.CharField(source="supplier.code")
    supplier_name = serializers.CharField(source="supplier.company_name")
    cost_per_unit = CostField(allow_null=True)
    previous_cost = CostField(allow_null=True, help_text="In the same currency, if there was one.")
    change_percent = serializers.SerializerMethodField()
    changed_by = serializers.SerializerMethodField()

    class Meta:
        model = SupplierPrice
        fields = [
            "id", "product_id", "product_name", "sku", "supplier_id", "supplier_name",
            "cost_per_unit", "previous_cost", "change_percent", "currency", "lead_time_days",
            "valid_from", "source", "reference", "changed_by",
        ]  # fmt: skip
        read_only_fields = fields

    def get_change_percent(self, price: SupplierPrice) -> Decimal | None:
        return change_percent(price.previous_cost, price.cost_per_unit)

    def get_changed_by(self, price: SupplierPrice) -> str | None:
        return user_code(price.changed_by_id)


def change_percent(before: Decimal | None, after: Decimal | None) -> Decimal | None:
    """Return by how much a price rose, as a percentage of what it was; None from nothing."""
    if not before or after is None:
        return None
    return (100 * (after - before) / before).quantize(HUNDREDTH, ROUND_HALF_UP)


class SupplierPriceFilterSet(filters.FilterSet):
    source = filters.ChoiceFilter(choices=SupplierPrice.Source.choices)
    start_date = FromDay(field_name="valid_from", help_text="Valid from this day or a later one.")
    end_date = ToDay(field_name="valid_from", help_text="Valid from this day or an earlier one.")

    class Meta:
        model = SupplierPrice
        fields: list[str] = []


class ProductPriceFilterSet(SupplierPriceFilterSet):
    supplier_id = ReferenceFilter(field_name="supplier", queryset=Supplier.objects.all)
    sku = ReferenceFilter(field_name="variation", queryset=ProductVariation.objects.all)


class OfSupplierFilterSet(SupplierPriceFilterSet):
    product_id = ReferenceFilter(field_name="product", queryset=Product.objects.all)


class PriceHistoryViewSet(ListViewSet):
    """Prices and lead times of one product or supplier, the newest first."""

    queryset = SupplierPrice.objects.select_related("product", "variation", "supplier").order_by(
        "-pk"
    )
    serializer_class = SupplierPriceSerializer
    search_fields = ["product__code", "product__name", "supplier__code", "supplier__company_name"]
    ordering_fields = ["id", "valid_from", "cost_per_unit", "lead_time_days"]
    keyset_fields = ["id", "valid_from"]
    resource_name = "prices"
    permissions = {"list": Can.VIEW_STOCK}
    parent: Any
    column = ""

    def get_queryset(self) -> Any:
        prices = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return prices
        reference = self.kwargs[f"{self.column}_reference"]
        row = self.parent.objects.visible_to(self.request.user).by_reference(reference).first()
        if row is None:
            raise Http404(f"There is no {self.column} {reference[:50]!r} among those you may see.")
        return prices.filter(**{self.column: row})


OF_PRODUCT = [OpenApiParameter("product_reference", str, OpenApiParameter.PATH)]
OF_SUPPLIER = [OpenApiParameter("supplier_reference", str, OpenApiParameter.PATH)]


@extend_schema_view(
    list=extend_schema(
        parameters=OF_PRODUCT, operation_id="product_supplier_prices_list", tags=["products"]
    )
)
class ProductPriceViewSet(PriceHistoryViewSet):
    """What suppliers asked for a product over time, and at what prices it was ordered."""

    filterset_class = ProductPriceFilterSet
    parent = Product
    column = "product"


@extend_schema_view(
    list=extend_schema(
        parameters=OF_SUPPLIER, operation_id="supplier_prices_list", tags=["suppliers"]
    )
)
class SupplierPriceViewSet(PriceHistoryViewSet):
    """What a supplier asked for goods over time, and at what prices they were ordered."""

    filterset_class = OfSupplierFilterSet
    parent = Supplier
    column = "supplier"
