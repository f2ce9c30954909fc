"""Filters of the list of purchase orders."""

from typing import Any

from django_filters import rest_framework as filters
from rest_framework.exceptions import ValidationError

from common.api.filters import FromDay, ReferenceFilter, StrictBooleanFilter, ToDay
from purchasing.api.fields import STATUS_SYNONYMS
from purchasing.models import PurchaseOrder
from suppliers.models import Supplier
from warehouses.models import Warehouse


class PurchaseOrderFilterSet(filters.FilterSet):
    status = filters.CharFilter(method="filter_status", help_text="In any case; also submitted.")
    supplier_id = ReferenceFilter(field_name="supplier", queryset=Supplier.objects.all)
    warehouse = ReferenceFilter(field_name="warehouse", queryset=Warehouse.objects.all)
    start_date = FromDay(field_name="order_date", help_text="Ordered on or after it.")
    end_date = ToDay(field_name="order_date", help_text="Ordered on or before it.")

    late = StrictBooleanFilter(
        method="filter_late", label="Goods should have come before today and are not all there"
    )
    awaiting_approval = StrictBooleanFilter(
        method="filter_awaiting", label="Above the limit and not approved, or rejected"
    )

    class Meta:
        model = PurchaseOrder
        fields: list[str] = []

    def filter_late(self, queryset: Any, name: str, value: bool) -> Any:
        if value:
            return queryset.late()
        return queryset.exclude(pk__in=PurchaseOrder.objects.late().order_by().values("pk"))

    def filter_awaiting(self, queryset: Any, name: str, value: bool) -> Any:
        awaiting = PurchaseOrder.objects.awaiting_approval().order_by().values("pk")
        return queryset.filter(pk__in=awaiting) if value else queryset.exclude(pk__in=awaiting)

    def filter_status(self, queryset: Any, name: str, value: str) -> Any:
        status = value.strip().lower().replace(" ", "_")
        status = STATUS_SYNONYMS.get(status, status)
        if status not in PurchaseOrder.Status.values:
            known = ", ".join(PurchaseOrder.Status.values)
            raise ValidationError({name: [f"Unknown status {value[:50]!r}: use {known}."]})
        return queryset.filter(status=status)
