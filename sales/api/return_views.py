"""Returned goods over HTTP."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.fields import ChoiceSynonymField, ReferenceField
from common.api.viewsets import ListRetrieveViewSet
from common.permissions import Can
from inventory.api.stock_serializers import user_code
from inventory.services.movements import checked_time
from sales.api.bodies import MOST_LINES, LotLineInput
from sales.api.filters import SalesReturnFilterSet
from sales.api.order_actions import line_requests
from sales.models import SalesOrder, SalesReturn, SalesReturnItem
from sales.services.returns import return_goods


class SalesReturnItemSerializer(serializers.ModelSerializer[SalesReturnItem]):
    line = serializers.IntegerField(source="order_item.position")
    product_id = serializers.CharField(source="order_item.variation.product.code")
    product_name = serializers.CharField(source="order_item.variation.product.name")
    sku = serializers.CharField(source="order_item.variation.sku_code")

    class Meta:
        model = SalesReturnItem
        fields = [
            "line", "product_id", "product_name", "sku", "quantity", "reason", "disposition",
            "unit_cost", "lot_number",
        ]  # fmt: skip


class SalesReturnSerializer(serializers.ModelSerializer[SalesReturn]):
    order_number = serializers.CharField(source="order.order_number")
    warehouse = serializers.CharField(source="order.warehouse.code")
    created_by = serializers.SerializerMethodField()
    items = SalesReturnItemSerializer(many=True)

    class Meta:
        model = SalesReturn
        fields = [
            "id", "return_number", "order_number", "warehouse", "occurred_at", "notes",
            "created_by", "created_at", "items",
        ]  # fmt: skip

    def get_created_by(self, returned: SalesReturn) -> str | None:
        return user_code(returned.created_by_id)


class SalesReturnAnswer(SalesReturnSerializer):
    message = serializers.CharField()

    class Meta(SalesReturnSerializer.Meta):
        fields = ["message", *SalesReturnSerializer.Meta.fields]


class ReturnLineInput(LotLineInput):
    """A line that came back; its reason decides between stock and scrap unless told."""

    reason = ChoiceSynonymField(SalesReturnItem.Reason.choices)
    disposition = ChoiceSynonymField(
        SalesReturnItem.Disposition.choices, {"restock": "stock"}, required=False
    )


class ReturnInput(serializers.Serializer[Any]):
    """Goods of one order that came back."""

    order_number = ReferenceField(queryset=lambda: SalesOrder.objects.all())
    items: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=ReturnLineInput(), allow_empty=False, max_length=MOST_LINES
    )
    occurred_at = serializers.DateTimeField(required=False, allow_null=True)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=1000)


class SalesReturnViewSet(ListRetrieveViewSet):
    """Goods that customers sent back."""

    queryset = SalesReturn.objects.select_related("order__warehouse").prefetch_related(
        "items__order_item__variation__product"
    )
    serializer_class = SalesReturnSerializer
    filterset_class = SalesReturnFilterSet
    search_fields = ["return_number", "order__order_number", "notes"]
    ordering_fields = ["id", "occurred_at"]
    resource_name = "sales_returns"
    permissions = {
        "list": Can.VIEW_SALES_ORDERS,
        "retrieve": Can.VIEW_SALES_ORDERS,
        "create": Can.POST_STOCK,
    }

    @extend_schema(request=ReturnInput, responses={201: SalesReturnAnswer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take goods back, to stock or to scrap."""
        serializer = ReturnInput(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        body = serializer.validated_data
        returned = return_goods(
            order=body["order_number"],
            lines=line_requests(body["items"]),
            occurred_at=checked_time(body.get("occurred_at"), request.user, "occurred_at"),
            notes=body.get("notes", ""),
            acting_user=request.user,
        )
        return self.answer(returned, "Return recorded successfully", status.HTTP_201_CREATED)
