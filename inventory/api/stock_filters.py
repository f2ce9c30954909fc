"""Filters of balances and movements."""

from django_filters import rest_framework as filters

from common.api.filters import FromDay, ReferenceFilter, StrictBooleanFilter, ToDay
from inventory.models import Lot, Product, ProductVariation, Stock, StockMovement
from warehouses.models import Warehouse


class ItemFilterSet(filters.FilterSet):
    product_id = ReferenceFilter(
        field_name="variation__product", queryset=lambda: Product.objects.all()
    )
    sku = ReferenceFilter(field_name="variation", queryset=lambda: ProductVariation.objects.all())
    warehouse = ReferenceFilter(field_name="warehouse", queryset=lambda: Warehouse.objects.all())


class StockFilterSet(ItemFilterSet):
    low_stock = StrictBooleanFilter(field_name="is_low")
    bin_location = filters.CharFilter(help_text="The whole name of a bin.")

    class Meta:
        model = Stock
        fields: list[str] = []


class StockMovementFilterSet(ItemFilterSet):
    movement_type = filters.ChoiceFilter(choices=StockMovement.Type.choices)
    reference = filters.CharFilter(field_name="reference_code", lookup_expr="iexact")
    reference_type = filters.CharFilter(field_name="reference_type")
    start_date = FromDay(field_name="occurred_at")
    end_date = ToDay(field_name="occurred_at")
    lot = ReferenceFilter(field_name="lot", queryset=lambda: Lot.objects.all())
    lot_number = filters.CharFilter(field_name="lot_number")

    class Meta:
        model = StockMovement
        fields: list[str] = []
