"""Warehouses over HTTP."""

from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema, extend_schema_view

from common.api.viewsets import ResourceViewSet
from common.permissions import Can
from warehouses.api.filters import WarehouseFilterSet
from warehouses.api.serializers import WarehouseBody, WarehouseRowSerializer, WarehouseSerializer
from warehouses.models import Membership, Warehouse
from warehouses.services import (
    change_warehouse,
    create_warehouse,
    delete_warehouse,
    lock_default_warehouse,
)

MEMBERS = Prefetch(
    "memberships",
    Membership.objects.select_related("user")
    .exclude(user__status="dismissed")
    .order_by("user__username"),
)


@extend_schema_view(
    create=extend_schema(request=WarehouseBody, responses={201: WarehouseSerializer}),
    update=extend_schema(request=WarehouseBody, responses=WarehouseSerializer),
    partial_update=extend_schema(request=WarehouseBody, responses=WarehouseSerializer),
)
class WarehouseViewSet(ResourceViewSet):
    """Places that hold stock."""

    queryset = Warehouse.objects.select_related("manager").order_by("code")
    filterset_class = WarehouseFilterSet
    search_fields = ["code", "name"]
    ordering_fields = ["code", "name"]
    resource_name = "warehouses"
    noun = "Warehouse"
    permissions = {
        "list": Can.VIEW_STOCK,
        "retrieve": Can.VIEW_STOCK,
        "create": Can.MANAGE_WAREHOUSES,
        "update": Can.MANAGE_WAREHOUSES,
        "partial_update": Can.MANAGE_WAREHOUSES,
        "destroy": Can.MANAGE_WAREHOUSES,
    }

    def get_queryset(self) -> Any:
        rows = super().get_queryset().with_own(self.request.user)
        return rows if self.action == "list" else rows.prefetch_related(MEMBERS)

    def get_serializer_class(self) -> Any:
        if self.action in ("create", "update", "partial_update"):
            return WarehouseBody
        return WarehouseRowSerializer if self.action == "list" else WarehouseSerializer

    def detail_serializer(self, row: Warehouse) -> WarehouseSerializer:
        return WarehouseSerializer(row, context=self.get_serializer_context())

    def lock_before(self, row: Warehouse) -> None:
        lock_default_warehouse()

    def perform_create(self, serializer: Any) -> Warehouse:
        return create_warehouse(acting_user=self.acting_user, **serializer.validated_data)

    def perform_update(self, serializer: Any) -> Warehouse:
        return change_warehouse(
            warehouse=serializer.instance,
            acting_user=self.acting_user,
            **serializer.validated_data,
        )

    def perform_destroy(self, instance: Warehouse) -> None:
        delete_warehouse(warehouse=instance, acting_user=self.acting_user)

    @property
    def acting_user(self) -> Any:
        return self.request.user
