"""Units of measure over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.viewsets import ListRetrieveViewSet
from common.permissions import Can
from inventory.models import UnitOfMeasure


class UnitSerializer(serializers.ModelSerializer[UnitOfMeasure]):
    """A unit: its code, and how many decimals a quantity in it may have (0 to 3)."""

    decimals = serializers.IntegerField(min_value=0, max_value=3)

    class Meta:
        model = UnitOfMeasure
        fields = ["id", "code", "name", "decimals", "aliases"]


class UnitAnswer(UnitSerializer):
    message = serializers.CharField()

    class Meta(UnitSerializer.Meta):
        fields = ["message", *UnitSerializer.Meta.fields]


class UnitViewSet(ListRetrieveViewSet):
    """In what goods are counted; a unit is added and stays as it is."""

    queryset = UnitOfMeasure.objects.order_by("pk")
    serializer_class = UnitSerializer
    search_fields = ["code", "name"]
    ordering_fields = ["id", "code"]
    resource_name = "units"
    permissions = {
        "list": Can.VIEW_STOCK,
        "retrieve": Can.VIEW_STOCK,
        "create": Can.MANAGE_CATALOGUE,
    }

    @extend_schema(request=UnitSerializer, responses={201: UnitAnswer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Add a unit."""
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.answer(serializer.save(), "Unit created successfully", 201)
