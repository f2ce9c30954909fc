"""Orders as JSON."""

from decimal import Decimal
from typing import Any

import orjson
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.fields import MoneyField, QuantityField
from inventory.api.stock_serializers import user_code
from sales.api.fields import PriorityField
from sales.models import Fulfilment, FulfilmentItem, SalesOrder, SalesOrderItem


class SalesOrderItemSerializer(serializers.ModelSerializer[SalesOrderItem]):
    line = serializers.IntegerField(source="position")
    product_id = serializers.CharField(source="variation.product.code")
    product_name = serializers.CharField(source="variation.product.name")
    sku = serializers.CharField(source="variation.sku_code")
    quantity_sold = QuantityField(source="quantity")
    quantity_reserved = QuantityField()
    quantity_backordered = serializers.SerializerMethodField()
    quantity_net = QuantityField(help_text="What the customer has: delivered, less returned.")

    class Meta:
        model = SalesOrderItem
        fields = [
            "id", "line", "product_id", "product_name", "sku", "quantity", "quantity_sold",
            "quantity_fulfilled", "quantity_cancelled", "quantity_reserved",
            "quantity_backordered", "quantity_returned", "quantity_net", "sale_price_per_unit",
            "discount_percent", "line_total", "credited_amount",
        ]  # fmt: skip

    def get_quantity_backordered(self, item: Any) -> Decimal:
        if item.order.is_open:
            waiting: Decimal = item.outstanding - item.quantity_reserved
            return waiting
        return Decimal(0)


class FulfilmentItemSerializer(serializers.ModelSerializer[FulfilmentItem]):
    line = serializers.IntegerField(source="order_item.position")
    product_id = serializers.CharField(source="order_item.variation.product.code")
    product_name = serializers.CharField(source="order_item.variation.product.name")
    sku = serializers.CharField(source="order_item.variation.sku_code")
    warehouse = serializers.CharField(source="warehouse.code")

    class Meta:
        model = FulfilmentItem
        fields = [
            "line", "product_id", "product_name", "sku", "quantity", "unit_cost", "warehouse",
        ]  # fmt: skip


class FulfilmentSerializer(serializers.ModelSerializer[Fulfilment]):
    """What left together."""

    code = serializers.CharField()
    fulfilled_by = serializers.SerializerMethodField()
    items = FulfilmentItemSerializer(many=True)

    class Meta:
        model = Fulfilment
        fields = ["code", "occurred_at", "recorded_at", "fulfilled_by", "items"]

    def get_fulfilled_by(self, fulfilment: Fulfilment) -> str | None:
        return user_code(fulfilment.fulfilled_by_id)


class SalesOrderRowSerializer(serializers.ModelSerializer[SalesOrder]):
    """An order as lists show it."""

    warehouse = serializers.CharField(source="warehouse.code")
    priority = PriorityField()
    created_by = serializers.SerializerMethodField()
    item_count = serializers.SerializerMethodField()

    class Meta:
        model = SalesOrder
        fields = [
            "id", "order_number", "warehouse", "status", "priority", "order_date",
            "reserved_until", "reservation_expired_at", "customer_email", "customer_id",
            "channel", "region", "promotion_applied", "promotion_details", "currency",
            "total_amount", "item_count", "created_by", "notes", "created_at", "updated_at",
        ]  # fmt: skip

    def get_created_by(self, order: SalesOrder) -> str | None:
        return user_code(order.created_by_id)

    def get_item_count(self, order: Any) -> int:
        count: int = order.item_count
        return count


class SalesOrderSerializer(SalesOrderRowSerializer):
    """A whole order."""

    allowed_transitions = serializers.ListField(child=serializers.CharField(), read_only=True)
    allowed_actions = serializers.ListField(child=serializers.CharField(), read_only=True)
    credited_amount = MoneyField(help_text="For goods that came back.")
    net_amount = MoneyField(help_text="The total, less what was credited.")
    items = SalesOrderItemSerializer(many=True, read_only=True)
    fulfilments = FulfilmentSerializer(many=True, read_only=True)

    class Meta(SalesOrderRowSerializer.Meta):
        fields = [
            *SalesOrderRowSerializer.Meta.fields, "allowed_transitions", "allowed_actions",
            "credited_amount", "net_amount", "items", "fulfilments",
        ]  # fmt: skip

    def get_item_count(self, order: Any) -> int:
        return len(order.items.all())


class SalesOrderAnswer(SalesOrderSerializer):
    """What a write answers."""

    message = serializers.CharField()

    class Meta(SalesOrderSerializer.Meta):
        fields = ["message", *SalesOrderSerializer.Meta.fields]


class TakenSerializer(serializers.Serializer[Any]):
    """What a line of a less urgent order gave up."""

    order_number = serializers.CharField()
    line = serializers.IntegerField()
    quantity = QuantityField()


class AllocationAnswer(SalesOrderAnswer):
    """An order that got goods, and from whom."""

    taken_from = TakenSerializer(many=True)

    class Meta(SalesOrderAnswer.Meta):
        fields = [*SalesOrderAnswer.Meta.fields, "taken_from"]


class OfferSerializer(serializers.Serializer[Any]):
    """So much of a line's goods at one of the caller's warehouses."""

    warehouse = serializers.CharField()
    quantity = QuantityField()


class LineAvailabilitySerializer(serializers.Serializer[Any]):
    """What each warehouse has for an outstanding line, and from where to ship it."""

    id = serializers.IntegerField(source="item.pk")
    line = serializers.IntegerField(source="item.position")
    product_id = serializers.CharField(source="item.variation.product.code")
    product_name = serializers.CharField(source="item.variation.product.name")
    sku = serializers.CharField(source="item.variation.sku_code")
    quantity_outstanding = QuantityField(source="item.outstanding")
    quantity_reserved = QuantityField(source="item.quantity_reserved")
    available = OfferSerializer(source="offers", many=True)
    proposal = OfferSerializer(many=True)
    quantity_short = QuantityField(source="short")


class AvailabilityAnswer(serializers.Serializer[Any]):
    """From where an order can be shipped; `items` of the proposal fit into `fulfill`."""

    order_number = serializers.CharField()
    warehouse = serializers.CharField()
    is_complete = serializers.BooleanField()
    items = LineAvailabilitySerializer(many=True)
    proposed_items = serializers.ListField(child=serializers.DictField())


class FulfilmentRowSerializer(FulfilmentSerializer):
    """What left together, with the order that it left for."""

    order_number = serializers.CharField(source="order.order_number")
    warehouse = serializers.CharField(
        source="order.warehouse.code", help_text="The order's own; items say from where they left."
    )
    items = serializers.SerializerMethodField()  # type: ignore[assignment]

    class Meta(FulfilmentSerializer.Meta):
        fields = ["id", "code", "order_number", "warehouse", *FulfilmentSerializer.Meta.fields[1:]]

    @extend_schema_field(FulfilmentItemSerializer(many=True))
    def get_items(self, fulfilment: Any) -> orjson.Fragment:
        return orjson.Fragment(fulfilment.items_json)
