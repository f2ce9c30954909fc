"""The catalogue over HTTP."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.callers import require_caller
from common.api.filters import StrictFilterBackend, StrictOrderingFilter
from common.api.viewsets import ResourceViewSet
from common.permissions import Can
from inventory.api.catalogue_filters import (
    CategoryFilterSet,
    ProductFilterSet,
    ProductSearch,
    ThresholdFilterSet,
    VariationFilterSet,
    VariationSearch,
)
from inventory.api.catalogue_serializers import (
    CategorySerializer,
    ProductRowSerializer,
    ProductSerializer,
    ThresholdInput,
    ThresholdSerializer,
    VariationSerializer,
)
from inventory.api.symbols import SymbolActions
from inventory.gtin import has_wrong_check_digit
from inventory.lookup import find_variations
from inventory.models import Category, LowStockThreshold, Product, ProductVariation
from inventory.queries import (
    product_rows,
    product_totals,
    variation_totals,
    warehouses_counted,
)
from inventory.services.catalogue import create_product, delete_product, update_product
from inventory.services.categories import create_category, delete_category, update_category
from inventory.services.thresholds import create_threshold, delete_threshold, update_threshold
from inventory.services.variations import create_variation, delete_variation, update_variation
from inventory.sourcing import offers
from warehouses.queries import member_warehouse

READ_ALL_MANAGERS_WRITE = {
    "list": Can.VIEW_STOCK,
    "retrieve": Can.VIEW_STOCK,
    "create": Can.MANAGE_CATALOGUE,
    "update": Can.MANAGE_CATALOGUE,
    "partial_update": Can.MANAGE_CATALOGUE,
    "destroy": Can.MANAGE_CATALOGUE,
}
NOT_FIELDS = {"last_modified_by", "warehouse", "allow_below_cost"}


class CategoryViewSet(ResourceViewSet):
    """The category tree."""

    queryset = Category.objects.select_related("parent").order_by("name", "pk")
    serializer_class = CategorySerializer
    filterset_class = CategoryFilterSet
    search_fields = ["code", "name"]
    ordering_fields = ["code", "name", "created_at", "updated_at"]
    resource_name = "categories"
    noun = "Category"
    permissions = READ_ALL_MANAGERS_WRITE

    def perform_create(self, serializer: Any) -> Category:
        return create_category(values=serializer.validated_data)

    def perform_update(self, serializer: Any) -> Category:
        return update_category(category=serializer.instance, values=serializer.validated_data)

    def perform_destroy(self, instance: Category) -> None:
        delete_category(category=instance)


class CatalogueViewSet(ResourceViewSet):
    """Products and variations: rows with stock, answers with warnings, deletes that may keep."""

    def list_data(self, rows: Any) -> Any:
        context = {**self.get_serializer_context(), "totals": self.totals_of(rows)}
        return self.get_serializer(rows, many=True, context=context).data

    def totals_of(self, rows: Any) -> Any:
        """Return the stock of some rows, in one query."""
        raise NotImplementedError

    def answer(self, row: Any, message: str, http_status: int = 200, **extra: Any) -> Response:
        if "updated_fields" in extra:
            extra["updated_fields"] = [
                name for name in extra["updated_fields"] if name not in NOT_FIELDS
            ]
        response = super().answer(row, message, http_status, **extra)
        if has_wrong_check_digit(response.data.get("barcode", "")):
            response.data["warnings"] = [
                "barcode: the last digit is not the check digit of a trade item number."
            ]
        return response


class ProductViewSet(CatalogueViewSet):
    """What the catalogue describes, with the stock of the caller's warehouses."""

    queryset = Product.objects.all()
    serializer_class = ProductSerializer
    filterset_class = ProductFilterSet
    filter_backends = [StrictFilterBackend, ProductSearch, StrictOrderingFilter]
    ordering_fields = [
        "code", "name", "created_at", "updated_at", "unit_cost", "selling_price",
        "reorder_threshold",
    ]  # fmt: skip
    resource_name = "products"
    noun = "Product"
    permissions = READ_ALL_MANAGERS_WRITE

    def get_queryset(self) -> QuerySet[Any]:
        if self.action == "list":
            return product_rows()
        return Product.objects.select_related("category__parent").prefetch_related(
            "variations", Prefetch("sourcing", offers())
        )

    def get_serializer_class(self) -> Any:
        return ProductRowSerializer if self.action == "list" else ProductSerializer

    def totals_of(self, rows: Any) -> Any:
        counted = warehouses_counted(self.request.user, self.request.query_params.get("warehouse"))
        return product_totals([row.pk for row in rows], counted)

    def perform_create(self, serializer: Any) -> Product:
        require_caller(self.request, serializer.validated_data, "last_modified_by")
        return create_product(values=serializer.validated_data, acting_user=self.request.user)

    def perform_update(self, serializer: Any) -> Product:
        require_caller(self.request, serializer.validated_data, "last_modified_by")
        return update_product(
            product=serializer.instance,
            values=serializer.validated_data,
            acting_user=self.request.user,
        )

    @extend_schema(responses={200: ProductSerializer, 204: None})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete a product; one that has stock or documents is discontinued instead (200)."""
        product = self.get_object()
        if delete_product(product=product, acting_user=request.user):
            return Response(status=status.HTTP_204_NO_CONTENT)
        return self.answer(product, "Product discontinued: stock or documents refer to it")


class VariationsMixin(CatalogueViewSet):
    """What variations have in common, by themselves and under their product."""

    queryset = ProductVariation.objects.select_related("product").order_by("pk")
    serializer_class = VariationSerializer
    filterset_class: Any = VariationFilterSet
    filter_backends = [StrictFilterBackend, VariationSearch, StrictOrderingFilter]
    ordering_fields = ["sku_code", "cost_price", "selling_price", "created_at", "updated_at"]
    resource_name = "variations"
    noun = "Variation"
    permissions = READ_ALL_MANAGERS_WRITE

    def lock_before(self, row: ProductVariation) -> None:
        Product.objects.select_for_update(no_key=True).get(pk=row.product_id)

    def totals_of(self, rows: Any) -> Any:
        counted = warehouses_counted(self.request.user)
        return variation_totals([row.pk for row in rows], counted)


class VariationViewSet(SymbolActions, VariationsMixin):
    """What is stocked, counted, bought and sold."""

    permissions = {
        **READ_ALL_MANAGERS_WRITE,
        "barcode": Can.VIEW_STOCK,
        "qrcode": Can.VIEW_STOCK,
    }
    http_method_names = ["get", "put", "patch", "delete", "head", "options"]

    def perform_update(self, serializer: Any) -> ProductVariation:
        return update_variation(
            variation=serializer.instance,
            values=serializer.validated_data,
            acting_user=self.request.user,
        )

    @extend_schema(responses={200: VariationSerializer, 204: None})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete a variation; one that has stock or documents is deactivated instead (200)."""
        variation = self.get_object()
        if delete_variation(variation=variation):
            return Response(status=status.HTTP_204_NO_CONTENT)
        return self.answer(variation, "Variation deactivated: stock or documents refer to it")


OF_PRODUCT = [OpenApiParameter("product_reference", str, OpenApiParameter.PATH)]


@extend_schema_view(
    list=extend_schema(parameters=OF_PRODUCT, operation_id="product_variations_list"),
    create=extend_schema(parameters=OF_PRODUCT, operation_id="product_variations_create"),
)
class ProductVariationViewSet(VariationsMixin):
    """The variations of one product."""

    def get_queryset(self) -> QuerySet[Any]:
        variations: QuerySet[Any] = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return variations
        return variations.filter(product=self.product())

    def product(self) -> Product:
        reference = self.kwargs["product_reference"]
        product: Product | None = (
            Product.objects.visible_to(self.request.user).by_reference(reference).first()
        )
        if product is None:
            raise Http404(f"There is no product {reference[:50]!r} among those you may see.")
        return product

    def perform_create(self, serializer: Any) -> ProductVariation:
        return create_variation(
            product=self.product(),
            values=serializer.validated_data,
            acting_user=self.request.user,
        )


@extend_schema_view(
    create=extend_schema(request=ThresholdInput),
    update=extend_schema(request=ThresholdInput),
    partial_update=extend_schema(request=ThresholdInput),
)
class LowStockThresholdViewSet(ResourceViewSet):
    """Reorder points of single warehouses, in place of the variation's own."""

    queryset = LowStockThreshold.objects.select_related("variation__product", "warehouse").order_by(
        "pk"
    )
    serializer_class = ThresholdSerializer
    filterset_class = ThresholdFilterSet
    search_fields = ["variation__sku_code", "variation__product__name"]
    ordering_fields = ["id", "threshold", "created_at", "updated_at"]
    resource_name = "low_stock_thresholds"
    noun = "Threshold"
    permissions = READ_ALL_MANAGERS_WRITE

    def get_serializer(self, *args: Any, **kwargs: Any) -> Any:
        if "data" in kwargs:
            return ThresholdInput(*args, **kwargs, context=self.get_serializer_context())
        return super().get_serializer(*args, **kwargs)

    def perform_create(self, serializer: Any) -> LowStockThreshold:
        body = serializer.validated_data
        return create_threshold(
            variation=find_variations([body], path="")[0],
            warehouse=member_warehouse(body.get("warehouse"), self.request.user),
            threshold=body["threshold"],
        )

    def perform_update(self, serializer: Any) -> LowStockThreshold:
        return update_threshold(row=serializer.instance, values=serializer.validated_data)

    def perform_destroy(self, instance: LowStockThreshold) -> None:
        delete_threshold(row=instance)
