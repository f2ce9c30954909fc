"""Serializers that look up, write and answer by themselves."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from rest_framework import serializers

from common.codes import next_code
from inventory.models import ProductVariation, Stock, StockMovement, StockReservation
from sales.models import LINE_HOLDER, Fulfilment, FulfilmentItem, SalesOrder, SalesOrderItem
from warehouses.models import Warehouse


class MovementSerializer(serializers.ModelSerializer[StockMovement]):
    variation = serializers.SlugRelatedField("sku_code", queryset=ProductVariation.objects.all())
    warehouse = serializers.SlugRelatedField("code", queryset=Warehouse.objects.all())
    full_clean = True

    class Meta:
        model = StockMovement
        fields = [
            "id", "variation", "warehouse", "movement_type", "quantity", "unit_cost",
            "total_value", "stock_before", "stock_after", "reason_code", "reason_description",
            "reference_type", "reference_code", "bin_location", "lot_number", "expiration_date",
            "occurred_at", "recorded_at", "processed_by", "approved_by", "notes",
        ]  # fmt: skip
        read_only_fields = [
            "unit_cost", "total_value", "stock_before", "stock_after", "occurred_at",
            "recorded_at", "processed_by", "approved_by",
        ]  # fmt: skip

    @transaction.atomic
    def create(self, validated_data: dict[str, Any]) -> StockMovement:
        stock = Stock.objects.select_for_update().get(
            variation=validated_data["variation"], warehouse=validated_data["warehouse"]
        )
        quantity = validated_data.pop("quantity")
        if validated_data["movement_type"] == "outbound":
            quantity = -quantity
        if stock.on_hand + quantity < 0:
            raise serializers.ValidationError("Not enough stock.")
        user = self.context["request"].user
        return move(stock, quantity, user, full_clean=self.full_clean, **validated_data)


class UncheckedMovementSerializer(MovementSerializer):
    """Leaves to the database what models would check."""

    full_clean = False


def move(
    stock: Stock, quantity: Decimal, user: Any, *, full_clean: bool = False, **fields: Any
) -> StockMovement:
    before = stock.on_hand
    stock.on_hand += quantity
    now = timezone.now()
    movement = StockMovement(
        stock=stock,
        quantity=quantity,
        stock_before=before,
        stock_after=stock.on_hand,
        unit_cost=stock.average_cost,
        total_value=round(quantity * stock.average_cost, 4),
        occurred_at=now,
        recorded_at=now,
        processed_by=user,
        **fields,
    )
    if full_clean:
        stock.full_clean()
        movement.full_clean(exclude=["approved_by"])
    stock.save()
    movement.save()
    return movement


class OrderItemSerializer(serializers.ModelSerializer[SalesOrderItem]):
    variation = serializers.SlugRelatedField("sku_code", queryset=ProductVariation.objects.all())

    class Meta:
        model = SalesOrderItem
        fields = [
            "id", "position", "variation", "quantity", "quantity_fulfilled", "quantity_returned",
            "sale_price_per_unit", "line_total",
        ]  # fmt: skip
        read_only_fields = ["position", "quantity_fulfilled", "quantity_returned", "line_total"]


class OrderSerializer(serializers.ModelSerializer[SalesOrder]):
    warehouse = serializers.SlugRelatedField("code", queryset=Warehouse.objects.all())
    items = OrderItemSerializer(many=True)

    class Meta:
        model = SalesOrder
        fields = [
            "id", "order_number", "warehouse", "status", "order_date", "customer_email",
            "currency", "total_amount", "items", "notes", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["order_number", "status", "total_amount"]

    @transaction.atomic
    def create(self, validated_data: dict[str, Any]) -> SalesOrder:
        items = validated_data.pop("items")
        order = SalesOrder.objects.create(
            order_number=next_code(SalesOrder, "order_number", "SO-", yearly=True),
            created_by=self.context["request"].user,
            **validated_data,
        )
        for position, line in enumerate(items, 1):
            item = SalesOrderItem.objects.create(order=order, position=position, **line)
            stock = Stock.objects.select_for_update().get(
                variation=item.variation, warehouse=order.warehouse
            )
            held = min(item.quantity, stock.available)
            stock.reserved += held
            stock.save()
            StockReservation.objects.create(
                stock=stock,
                reference_type=LINE_HOLDER,
                reference_id=item.pk,
                quantity=held,
                created_at=timezone.now(),
            )
            order.total_amount += item.quantity * item.sale_price_per_unit
        order.save()
        return order


@transaction.atomic
def deliver(order: SalesOrder, user: Any) -> None:
    fulfilment = Fulfilment.objects.create(
        order=order, occurred_at=timezone.now(), fulfilled_by=user
    )
    for item in order.items.all():
        stock = Stock.objects.select_for_update().get(
            variation=item.variation, warehouse=order.warehouse
        )
        hold = StockReservation.objects.get(
            stock=stock, reference_type=LINE_HOLDER, reference_id=item.pk
        )
        stock.reserved -= hold.quantity
        hold.quantity = Decimal(0)
        hold.save()
        move(
            stock,
            -item.quantity,
            user,
            variation=item.variation,
            warehouse=order.warehouse,
            movement_type="outbound",
            reference_type="sales_order",
            reference_code=order.order_number,
        )
        item.quantity_fulfilled = item.quantity
        item.save()
        FulfilmentItem.objects.create(
            fulfilment=fulfilment,
            order_item=item,
            warehouse=order.warehouse,
            quantity=item.quantity,
            unit_cost=stock.average_cost,
        )
    order.status = SalesOrder.Status.FULFILLED
    order.save()
