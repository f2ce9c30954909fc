"""Filters of the supplier list."""

from django_filters import rest_framework as filters

from common.api.filters import StrictBooleanFilter
from suppliers.models import Supplier


class SupplierFilterSet(filters.FilterSet):
    status = filters.ChoiceFilter(choices=Supplier.Status.choices)
    preferred = StrictBooleanFilter()

    class Meta:
        model = Supplier
        fields: list[str] = []
