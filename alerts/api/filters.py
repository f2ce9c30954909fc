from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters

from alerts.models import Alert
from common.api.filters import ReferenceFilter, StrictBooleanFilter
from inventory.models import Product
from suppliers.models import Supplier
from warehouses.models import Warehouse


class AlertFilter(filters.FilterSet):
    status = filters.ChoiceFilter(choices=Alert.Status.choices)
    severity = filters.ChoiceFilter(choices=Alert.Severity.choices)
    alert_type = filters.ChoiceFilter(choices=Alert.Type.choices)
    product_id = ReferenceFilter(field_name="product", queryset=Product.objects.all)
    supplier_id = ReferenceFilter(field_name="supplier", queryset=Supplier.objects.all)
    warehouse = ReferenceFilter(field_name="warehouse", queryset=Warehouse.objects.all)
    snoozed = StrictBooleanFilter(method="filter_snoozed", label="Put aside until later")

    class Meta:
        model = Alert
        fields = [
            "status", "severity", "alert_type", "product_id", "supplier_id", "warehouse", "snoozed",
        ]  # fmt: skip

    def filter_snoozed(self, alerts: QuerySet[Alert], name: str, value: bool) -> Any:
        asleep = alerts.filter(snoozed_until__gt=timezone.now())
        return asleep if value else alerts.exclude(pk__in=asleep.values("pk"))
