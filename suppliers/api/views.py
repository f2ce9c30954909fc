"""Suppliers over HTTP."""

from typing import Any

from common.api.viewsets import ResourceViewSet
from common.permissions import Can
from suppliers.api.filters import SupplierFilterSet
from suppliers.api.serializers import SupplierRowSerializer, SupplierSerializer
from suppliers.models import Supplier
from suppliers.services import create_supplier, delete_supplier, update_supplier


class SupplierViewSet(ResourceViewSet):
    """Whom goods are bought from."""

    queryset = Supplier.objects.order_by("pk")
    serializer_class = SupplierSerializer
    filterset_class = SupplierFilterSet
    search_fields = ["code", "company_name", "display_name", "email", "primary_contact"]
    ordering_fields = ["code", "company_name", "rating", "created_at", "updated_at"]
    resource_name = "suppliers"
    noun = "Supplier"
    permissions = {
        "list": Can.VIEW_STOCK,
        "retrieve": Can.VIEW_STOCK,
        "create": Can.MANAGE_CATALOGUE,
        "update": Can.MANAGE_CATALOGUE,
        "partial_update": Can.MANAGE_CATALOGUE,
        "destroy": Can.MANAGE_CATALOGUE,
    }

    def get_serializer_class(self) -> Any:
        return SupplierRowSerializer if self.action == "list" else SupplierSerializer

    def perform_create(self, serializer: Any) -> Supplier:
        return create_supplier(values=serializer.validated_data, acting_user=self.request.user)

    def perform_update(self, serializer: Any) -> Supplier:
        return update_supplier(supplier=serializer.instance, values=serializer.validated_data)

    def perform_destroy(self, instance: Supplier) -> None:
        delete_supplier(supplier=instance)
