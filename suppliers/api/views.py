"""Suppliers over HTTP."""

from typing import Any

from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.viewsets import ResourceViewSet
from common.permissions import Can
from suppliers.api.filters import SupplierFilterSet
from suppliers.api.performance import PerformanceQuery, performance_of
from suppliers.api.performance_serializers import PerformanceAnswer
from suppliers.api.serializers import SupplierRowSerializer, SupplierSerializer
from suppliers.models import Supplier
from suppliers.services import create_supplier, delete_supplier, update_supplier

# What lists show and sort by, and where it stands.
MEASURED = {
    "on_time_delivery_rate": "standing__on_time_delivery_rate",
    "order_fulfillment_rate": "standing__order_fulfillment_rate",
    "quality_rating": "standing__quality_score",
    "return_rate": "standing__return_rate",
    "average_lead_time": "standing__average_lead_time_days",
    "lead_time_spread": "standing__lead_time_spread_days",
    "reliability_score": "standing__reliability_score",
    "total_orders": "standing__total_orders",
    "last_order_date": "standing__last_order_date",
}


class SupplierViewSet(ResourceViewSet):
    """Whom goods are bought from."""

    queryset = Supplier.objects.order_by("pk")
    serializer_class = SupplierSerializer
    filterset_class = SupplierFilterSet
    search_fields = ["code", "company_name", "display_name", "email", "primary_contact"]
    ordering_fields = ["code", "company_name", "rating", "created_at", "updated_at", *MEASURED]
    nulls_last_fields = MEASURED.keys()
    resource_name = "suppliers"
    noun = "Supplier"
    permissions = {
        "list": Can.VIEW_STOCK,
        "retrieve": Can.VIEW_STOCK,
        "create": Can.MANAGE_CATALOGUE,
        "update": Can.MANAGE_CATALOGUE,
        "partial_update": Can.MANAGE_CATALOGUE,
        "destroy": Can.MANAGE_CATALOGUE,
        "performance": Can.VIEW_STOCK,
    }

    def get_queryset(self) -> Any:
        suppliers = super().get_queryset()
        if self.action != "list":
            return suppliers
        return suppliers.annotate(**{name: F(path) for name, path in MEASURED.items()})

    def get_serializer_class(self) -> Any:
        return SupplierRowSerializer if self.action == "list" else SupplierSerializer

    def perform_create(self, serializer: Any) -> Supplier:
        return create_supplier(values=serializer.validated_data, acting_user=self.request.user)

    def perform_update(self, serializer: Any) -> Supplier:
        return update_supplier(supplier=serializer.instance, values=serializer.validated_data)

    def perform_destroy(self, instance: Supplier) -> None:
        delete_supplier(supplier=instance)

    @extend_schema(parameters=[PerformanceQuery], responses=PerformanceAnswer)
    @action(detail=True)
    def performance(self, request: Request, pk: str) -> Response:
        """Tell how a supplier performs: live figures of the last year, and month by month.

        Months are measured every night; a period or two dates choose them, and are measured live.
        """
        supplier = self.get_object()
        wanted = PerformanceQuery.of(request)
        return Response(PerformanceAnswer(performance_of(supplier, wanted, request.user)).data)
