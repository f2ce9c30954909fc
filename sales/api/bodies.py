"""Bodies of requests about orders."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from common.api.bodies import GivenFieldsMixin
from common.api.fields import (
    ChoiceSynonymField,
    MoneyField,
    PlainDecimalField,
    QuantityField,
    ReferenceInput,
    UpperCaseField,
)
from common.validators import business_code
from inventory.services.stock_change import LARGEST_QUANTITY
from sales.api.fields import PriorityField
from sales.models import SalesOrder

MOST_LINES = 1000
LONGEST_PROMOTION = 5000
CLOCK_TOLERANCE = timedelta(minutes=5)


class PositiveQuantityField(QuantityField):
    """A quantity above zero that a balance can hold."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_value=LARGEST_QUANTITY,
            min_value=Decimal("0.001"),
            error_messages={"min_value": "Send a quantity above 0."},
            **kwargs,
        )


class OrderItemInput(GivenFieldsMixin):
    """A line that somebody orders; without a price it costs what the price list says."""

    product_id = ReferenceInput(required=False, allow_null=True)
    sku = ReferenceInput(required=False, allow_null=True)
    sku_code = ReferenceInput(required=False, allow_null=True)
    product_variation = ReferenceInput(required=False, allow_null=True)
    quantity = PositiveQuantityField(required=False)
    quantity_sold = PositiveQuantityField(required=False)
    sale_price_per_unit = MoneyField(required=False, min_value=Decimal(0))
    discount_percent = PlainDecimalField(
        required=False, min_value=Decimal(0), max_value=Decimal(100)
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        synonym = attrs.pop("quantity_sold", None)
        if synonym is not None and attrs.setdefault("quantity", synonym) != synonym:
            raise serializers.ValidationError(
                {"quantity_sold": ["Means the same as quantity. Send one of the two."]}
            )
        if "quantity" not in attrs:
            raise serializers.ValidationError({"quantity": ["This field is required."]})
        return attrs


class HeaderInput(GivenFieldsMixin, serializers.ModelSerializer[SalesOrder]):
    """What may be said about an order as a whole."""

    status = ChoiceSynonymField(SalesOrder.Status.choices, required=False)
    priority = PriorityField(required=False)
    reserved_until = serializers.DateTimeField(
        required=False,
        allow_null=True,
        help_text="Of a new order null means what the company's settings say, later: no end.",
    )
    warehouse = ReferenceInput(required=False, allow_null=True)
    order_number = UpperCaseField(
        required=False, allow_blank=True, max_length=30, validators=[business_code]
    )

    class Meta:
        model = SalesOrder
        fields = [
            "order_number", "warehouse", "status", "priority", "order_date", "reserved_until",
            "customer_email", "customer_id", "channel", "region", "promotion_applied",
            "promotion_details", "currency", "notes",
        ]  # fmt: skip

    def validate_promotion_details(self, value: Any) -> Any:
        if not isinstance(value, dict) or len(str(value)) > LONGEST_PROMOTION:
            raise serializers.ValidationError(
                f"Send an object of at most {LONGEST_PROMOTION} characters."
            )
        return value

    def validate_order_date(self, value: Any) -> Any:
        if value > timezone.now() + CLOCK_TOLERANCE:
            raise serializers.ValidationError("Lies in the future. Leave it out for now.")
        return value


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Two lines",
            {
                "customer_email": "ann@example.com",
                "warehouse": "WH001",
                "channel": "online",
                "items": [
                    {"sku": "WIDGET-X-001", "quantity": 2, "sale_price_per_unit": 25},
                    {"product_id": "PRD-002", "quantity": 1},
                ],
            },
            request_only=True,
        )
    ]
)
class NewOrderInput(HeaderInput):
    """A new order."""

    items: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=OrderItemInput(), allow_empty=False, max_length=MOST_LINES
    )

    class Meta(HeaderInput.Meta):
        fields = [*HeaderInput.Meta.fields, "items"]

    def validate_status(self, value: str) -> str:
        if value != SalesOrder.Status.PENDING:
            raise serializers.ValidationError("A new order is pending. Fulfil it afterwards.")
        return value


class OrderChangeInput(HeaderInput):
    """Changes of an order; `items` replaces its lines."""

    items: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=OrderItemInput(), required=False, allow_empty=False, max_length=MOST_LINES
    )

    class Meta(HeaderInput.Meta):
        fields = [*HeaderInput.Meta.fields, "items"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Let a whole object come back: what is fixed may be named, not changed."""
        order: Any = self.instance
        number, warehouse = attrs.pop("order_number", None), attrs.pop("warehouse", None)
        own = {order.warehouse.code, str(order.warehouse_id)}
        errors = {}
        if number not in (None, "", order.order_number):
            errors["order_number"] = ["An order keeps its number."]
        if warehouse is not None and warehouse.strip().upper() not in own:
            errors["warehouse"] = ["An order keeps its warehouse. Cancel it and make a new one."]
        if errors:
            raise serializers.ValidationError(errors)
        return attrs


class LineInput(GivenFieldsMixin):
    """A line of an order, named by its id, its number (`line`), its SKU or its product."""

    KEYS = ("id", "line", "sku", "product_variation", "product_id")

    id = ReferenceInput(required=False, allow_null=True)
    line = ReferenceInput(required=False, allow_null=True)
    sku = ReferenceInput(required=False, allow_null=True)
    product_variation = ReferenceInput(required=False, allow_null=True)
    product_id = ReferenceInput(required=False, allow_null=True)
    quantity = PositiveQuantityField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not any(attrs.get(key) for key in self.KEYS):
            raise serializers.ValidationError({"line": ["Name a line of the order."]})
        return attrs


class LotLineInput(LineInput):
    """A line, of one lot where goods track lots."""

    lot_number = serializers.CharField(required=False, allow_blank=True, max_length=50)


class FulfilLineInput(LotLineInput):
    """A line that leaves, from the order's own warehouse or from another of the caller's."""

    warehouse = ReferenceInput(required=False, allow_null=True)


class FulfilInput(GivenFieldsMixin):
    """What leaves: all that is outstanding where no items are named."""

    items: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=FulfilLineInput(), required=False, allow_empty=False, max_length=MOST_LINES
    )
    occurred_at = serializers.DateTimeField(required=False, allow_null=True)


class OrderCancelInput(serializers.Serializer[Any]):
    """What is cancelled: all that is outstanding where no items are named."""

    items: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=LineInput(), required=False, allow_empty=False, max_length=MOST_LINES
    )


class ReserveInput(serializers.Serializer[Any]):
    """Until when; without a time as the company's settings say."""

    reserved_until = serializers.DateTimeField(required=False, allow_null=True)
