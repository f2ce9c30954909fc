"""Filters of orders and returns."""

from typing import Any

from django import forms
from django_filters import rest_framework as filters
from django_filters.constants import EMPTY_VALUES

from common.api.filters import FromDay, ReferenceFilter, StrictBooleanFilter, ToDay
from sales.api.fields import PRIORITIES
from sales.models import Fulfilment, FulfilmentItem, SalesOrder, SalesReturn
from warehouses.models import Warehouse


class StatusField(forms.ChoiceField):
    """A status in any case."""

    def to_python(self, value: Any) -> str:
        return super().to_python(value).strip().lower().replace(" ", "_")


class StatusFilter(filters.Filter):
    field_class = StatusField


class PriorityFilter(StatusFilter):
    """A priority by its word."""

    def filter(self, qs: Any, value: Any) -> Any:
        return super().filter(qs, SalesOrder.Priority[value.upper()].value if value else None)


class SalesOrderFilterSet(filters.FilterSet):
    status = StatusFilter(choices=SalesOrder.Status.choices)
    priority = PriorityFilter(choices=PRIORITIES)
    reservation_expired = StrictBooleanFilter(
        field_name="reservation_expired_at", lookup_expr="isnull", exclude=True
    )
    start_date = FromDay(field_name="order_date")
    end_date = ToDay(field_name="order_date")
    customer_email = filters.CharFilter(lookup_expr="iexact")
    customer_id = filters.CharFilter()
    channel = filters.CharFilter(lookup_expr="iexact")
    warehouse = ReferenceFilter(field_name="warehouse", queryset=lambda: Warehouse.objects.all())

    class Meta:
        model = SalesOrder
        fields: list[str] = []


class ShippingFilter(ReferenceFilter):
    """By a warehouse from which something left."""

    def filter(self, qs: Any, value: Any) -> Any:
        if not value:
            return qs
        lines = super().filter(FulfilmentItem.objects.all(), value)
        return qs.filter(pk__in=lines.values("fulfilment"))


class FulfilmentFilterSet(filters.FilterSet):
    order = ReferenceFilter(field_name="order", queryset=lambda: SalesOrder.objects.all())
    warehouse = ShippingFilter(field_name="warehouse", queryset=lambda: Warehouse.objects.all())
    start_date = FromDay(field_name="occurred_at")
    end_date = ToDay(field_name="occurred_at")

    class Meta:
        model = Fulfilment
        fields: list[str] = []


class InspectionFilter(StrictBooleanFilter):
    """Returns of which something is in quarantine, or those of which nothing is."""

    def filter(self, qs: Any, value: Any) -> Any:
        if value in EMPTY_VALUES:
            return qs
        waiting = SalesReturn.objects.in_inspection().order_by().values("pk")
        return qs.filter(pk__in=waiting) if value else qs.exclude(pk__in=waiting)


class SalesReturnFilterSet(filters.FilterSet):
    order = ReferenceFilter(field_name="order", queryset=lambda: SalesOrder.objects.all())
    warehouse = ReferenceFilter(field_name="warehouse", queryset=lambda: Warehouse.objects.all())
    in_inspection = InspectionFilter(field_name="id")
    start_date = FromDay(field_name="occurred_at")
    end_date = ToDay(field_name="occurred_at")

    class Meta:
        model = SalesReturn
        fields: list[str] = []
