"""Returned goods over HTTP."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from common.api.bodies import checked_body
from common.api.fields import (
    ChoiceSynonymField,
    MoneyField,
    PlainDecimalField,
    QuantityField,
    ReferenceField,
    ReferenceInput,
)
from common.api.viewsets import ListRetrieveViewSet
from common.permissions import Can
from common.references import MAX_PRIMARY_KEY
from inventory.api.stock_serializers import user_code
from inventory.services.movements import checked_time
from sales.api.bodies import MOST_LINES, LotLineInput, PositiveQuantityField
from sales.api.filters import SalesReturnFilterSet
from sales.api.order_actions import line_requests
from sales.models import SalesOrder, SalesReturn, SalesReturnItem
from sales.services.inspections import Inspected, inspect_returned_goods
from sales.services.order_rows import ZERO
from sales.services.returns import return_goods
from warehouses.models import Warehouse
from warehouses.queries import member_warehouse

DECISIONS = [("stock", "Stock"), ("scrap", "Scrap")]


class SalesReturnItemSerializer(serializers.ModelSerializer[SalesReturnItem]):
    line = serializers.IntegerField(source="order_item.position")
    product_id = serializers.CharField(source="order_item.variation.product.code")
    product_name = serializers.CharField(source="order_item.variation.product.name")
    sku = serializers.CharField(source="order_item.variation.sku_code")
    quantity_in_inspection = QuantityField()

    class Meta:
        model = SalesReturnItem
        fields = [
            "id", "line", "product_id", "product_name", "sku", "quantity", "reason",
            "disposition", "quantity_restocked", "quantity_scrapped", "quantity_in_inspection",
            "credit_amount", "unit_cost", "lot_number",
        ]  # fmt: skip


class SalesReturnSerializer(serializers.ModelSerializer[SalesReturn]):
    order_number = serializers.CharField(source="order.order_number")
    warehouse = serializers.CharField(
        source="warehouse.code", help_text="Where the goods came back."
    )
    currency = serializers.CharField(source="order.currency")
    credit_amount = MoneyField()
    created_by = serializers.SerializerMethodField()
    items = SalesReturnItemSerializer(many=True)

    class Meta:
        model = SalesReturn
        fields = [
            "id", "return_number", "order_number", "warehouse", "occurred_at", "currency",
            "credit_amount", "restocking_fee_percent", "notes", "created_by", "created_at",
            "items",
        ]  # fmt: skip

    def get_created_by(self, returned: SalesReturn) -> str | None:
        return user_code(returned.created_by_id)


class SalesReturnAnswer(SalesReturnSerializer):
    message = serializers.CharField()

    class Meta(SalesReturnSerializer.Meta):
        fields = ["message", *SalesReturnSerializer.Meta.fields]


class ReturnLineInput(LotLineInput):
    """A line that came back; its reason decides between stock and scrap unless told.

    What is quarantined is in no stock until somebody decides about it.
    """

    reason = ChoiceSynonymField(SalesReturnItem.Reason.choices)
    disposition = ChoiceSynonymField(
        SalesReturnItem.Disposition.choices,
        {"restock": "stock", "inspect": "quarantine"},
        required=False,
    )


class ReturnInput(serializers.Serializer[Any]):
    """Goods of one order that came back."""

    order_number = ReferenceField(queryset=lambda: SalesOrder.objects.all())
    items: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=ReturnLineInput(), allow_empty=False, max_length=MOST_LINES
    )
    warehouse = ReferenceInput(
        required=False, allow_null=True, help_text="Where they came back; else the order's own."
    )
    restocking_fee_percent = PlainDecimalField(
        required=False, min_value=Decimal(0), max_value=Decimal(100)
    )
    occurred_at = serializers.DateTimeField(required=False, allow_null=True)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=1000)


class InspectedInput(serializers.Serializer[Any]):
    """So much of a line of a return, by its id, is good or not."""

    id = serializers.IntegerField(min_value=1, max_value=MAX_PRIMARY_KEY)
    quantity = PositiveQuantityField()
    disposition = ChoiceSynonymField(DECISIONS, {"restock": "stock"})


class InspectionInput(serializers.Serializer[Any]):
    """What became of goods in quarantine."""

    items: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=InspectedInput(), allow_empty=False, max_length=MOST_LINES
    )


class SalesReturnViewSet(ListRetrieveViewSet):
    """Goods that customers sent back."""

    queryset = SalesReturn.objects.select_related("order", "warehouse").prefetch_related(
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
        "inspect": Can.POST_STOCK,
    }

    @extend_schema(request=ReturnInput, responses={201: SalesReturnAnswer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Take goods back, to stock, to scrap or into quarantine."""
        serializer = ReturnInput(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        body = serializer.validated_data
        returned = return_goods(
            order=body["order_number"],
            lines=line_requests(body["items"]),
            warehouse=own_warehouse(body.get("warehouse"), request.user),
            restocking_fee_percent=body.get("restocking_fee_percent", ZERO),
            occurred_at=checked_time(body.get("occurred_at"), request.user, "occurred_at"),
            notes=body.get("notes", ""),
            acting_user=request.user,
        )
        return self.answer(returned, "Return recorded successfully", status.HTTP_201_CREATED)

    @extend_schema(request=InspectionInput, responses=SalesReturnAnswer)
    @action(detail=True, methods=["post"])
    def inspect(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Decide about goods in quarantine: back to stock, or to scrap."""
        body = checked_body(InspectionInput, request)
        returned = inspect_returned_goods(
            sales_return=self.get_object(),
            lines=[
                Inspected(
                    item_id=item["id"], quantity=item["quantity"], disposition=item["disposition"]
                )
                for item in body["items"]
            ],
            acting_user=request.user,
        )
        return self.answer(returned, "Inspection recorded successfully")


def own_warehouse(reference: str | None, user: Any) -> Warehouse | None:
    """Return the warehouse that a body names, if it names one; raises InvalidInput."""
    return member_warehouse(reference, user) if reference else None
