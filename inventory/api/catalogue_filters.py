"""Filters and search of the catalogue."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework.exceptions import ValidationError
from rest_framework.filters import SearchFilter

from common.api.filters import ReferenceFilter, StrictBooleanFilter
from inventory.api.stock_filters import ItemFilterSet
from inventory.models import Category, LowStockThreshold, Product, ProductVariation
from inventory.queries import (
    categories_named,
    category_subtree,
    low_products,
    matching_products,
    warehouses_counted,
)
from suppliers.models import Supplier


class ProductSearch(SearchFilter):
    """Every word is found in name, description, product id, SKU or barcode."""

    def filter_queryset(self, request: Any, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        for term in self.get_search_terms(request):
            queryset = queryset.filter(pk__in=matching_products(term))
        return queryset


class CategoryFilterSet(filters.FilterSet):
    parent = ReferenceFilter(queryset=Category.objects.all)

    class Meta:
        model = Category
        fields: list[str] = []


class ProductFilterSet(filters.FilterSet):
    category = filters.CharFilter(
        method="in_category", help_text="Code or name; products of subcategories are included."
    )
    status = filters.ChoiceFilter(choices=Product.Status.choices)
    supplier_id = ReferenceFilter(
        field_name="main_source__supplier",
        queryset=Supplier.objects.all,
        help_text="The primary one.",
    )
    tag = filters.CharFilter(method="with_tag")
    warehouse = filters.CharFilter(
        method="stocked_in", help_text="Stocked there; the figures are those of this warehouse."
    )
    low_stock = StrictBooleanFilter(
        method="only_low", help_text="Available in total is at or below the reorder threshold."
    )

    class Meta:
        model = Product
        fields: list[str] = []

    def in_category(self, products: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        categories = categories_named(value)
        if not categories:
            raise ValidationError({name: [f"Unknown category {value[:50]!r}."]})
        return products.filter(category__in=category_subtree(categories))

    def with_tag(self, products: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return products.filter(tags__contains=[value])

    def stocked_in(self, products: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        stocked = ProductVariation.objects.filter(stocks__warehouse__in=self.warehouses())
        return products.filter(pk__in=stocked.values("product"))

    def only_low(self, products: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        return low_products(products, self.warehouses()) if value else products

    def warehouses(self) -> Any:
        return warehouses_counted(self.request.user, self.data.get("warehouse"))


class VariationFilterSet(filters.FilterSet):
    product_id = ReferenceFilter(field_name="product", queryset=Product.objects.all)
    is_active = StrictBooleanFilter()

    class Meta:
        model = ProductVariation
        fields: list[str] = []


class ThresholdFilterSet(ItemFilterSet):
    class Meta:
        model = LowStockThreshold
        fields: list[str] = []
