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
    warehouses_counted,
)
from inventory.search import matching_variations, searched_products, searched_variations
from suppliers.models import Supplier

SEARCH_HELP = (
    "Words in any order out of name, description, tags, product id, SKU, barcode or a supplier's"
    " code; where nothing has all of them, words like them. Quotation marks keep words together."
)


class RankedSearch(SearchFilter):
    """The best first, where the request names no other order; see inventory.search."""

    searched: Any

    def filter_queryset(self, request: Any, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        found: QuerySet[Any] = type(self).searched(queryset, search_text(request))
        return found

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        parameters[0]["description"] = SEARCH_HELP
        return parameters


class ProductSearch(RankedSearch):
    searched = staticmethod(searched_products)


class VariationSearch(RankedSearch):
    searched = staticmethod(searched_variations)


class StockSearch(RankedSearch):
    """Balances of the variations that are found, in the list's own order."""

    @staticmethod
    def searched(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        return rows.filter(variation__in=matching_variations(text)) if text.strip() else rows


def search_text(request: Any) -> str:
    return str(request.query_params.get("search", ""))


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
