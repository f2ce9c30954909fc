"""Serializers that look up, write and answer by themselves."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from rest_framework import serializers

from common.codes import next_code
from inventory.models import ProductVariation, Stock, StockMovement, StockReservation
from purchasing.models import GoodsReceipt, GoodsReceiptLine, PurchaseOrder, PurchaseOrderItem
from sales.models import LINE_HOLDER, Fulfilment, FulfilmentItem, SalesOrder, SalesOrderItem
from suppliers.models import Supplier
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


class PurchaseItemSerializer(serializers.ModelSerializer[PurchaseOrderItem]):
    variation = serializers.SlugRelatedField("sku_code", queryset=ProductVariation.objects.all())

    class Meta:
        model = PurchaseOrderItem
        fields = [
            "id", "position", "variation", "quantity_ordered", "quantity_received",
            "quantity_rejected", "unit_cost", "line_total",
        ]  # fmt: skip
        read_only_fields = ["position", "quantity_received", "quantity_rejected", "line_total"]


class ReceiptLineSerializer(serializers.ModelSerializer[GoodsReceiptLine]):
    class Meta:
        model = GoodsReceiptLine
        fields = ["id", "item", "quantity_accepted", "quantity_rejected", "goods_amount"]


class ReceiptSerializer(serializers.ModelSerializer[GoodsReceipt]):
    lines = ReceiptLineSerializer(many=True)

    class Meta:
        model = GoodsReceipt
        fields = ["code", "occurred_at", "recorded_at", "received_by", "lines"]


class PurchaseOrderSerializer(serializers.ModelSerializer[PurchaseOrder]):
    warehouse = serializers.SlugRelatedField("code", queryset=Warehouse.objects.all())
    supplier = serializers.SlugRelatedField("code", queryset=Supplier.objects.all())
    items = PurchaseItemSerializer(many=True)
    receipts = ReceiptSerializer(many=True, read_only=True)

    class Meta:
        model = PurchaseOrder
        fields = [
            "id", "order_number", "supplier", "warehouse", "status", "order_date",
            "expected_delivery_date", "currency", "total_amount", "items", "receipts", "notes",
            "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = ["order_number", "expected_delivery_date", "total_amount"]

    @transaction.atomic
    def create(self, validated_data: dict[str, Any]) -> PurchaseOrder:
        items = validated_data.pop("items")
        user = self.context["request"].user
        order = PurchaseOrder.objects.create(
            order_number=next_code(PurchaseOrder, "order_number", "PO-", yearly=True),
            expected_delivery_date=timezone.now() + timedelta(days=7),
            created_by=user,
            approved_by=user,
            approved_at=timezone.now(),
            **validated_data,
        )
        for position, line in enumerate(items, 1):
            item = PurchaseOrderItem.objects.create(order=order, position=position, **line)
            stock = Stock.objects.select_for_update().get(
                variation=item.variation, warehouse=order.warehouse
            )
            stock.incoming += item.quantity_ordered
            stock.save()
            order.subtotal += item.quantity_ordered * item.unit_cost
        order.save()
        order.refresh_from_db()
        return order


@transaction.atomic
def receive(order: PurchaseOrder, user: Any) -> None:
    receipt = GoodsReceipt.objects.create(
        code=next_code(GoodsReceipt, "code", "GR-", yearly=True),
        order=order,
        occurred_at=timezone.now(),
        received_by=user,
    )
    for item in order.items.all():
        stock = Stock.objects.select_for_update().get(
            variation=item.variation, warehouse=order.warehouse
        )
        stock.incoming -= item.quantity_ordered
        move(
            stock,
            item.quantity_ordered,
            user,
            variation=item.variation,
            warehouse=order.warehouse,
            movement_type="inbound",
            reference_type="purchase_order",
            reference_code=order.order_number,
        )
        item.quantity_received = item.quantity_ordered
        item.save()
        GoodsReceiptLine.objects.create(
            receipt=receipt,
            item=item,
            quantity_accepted=item.quantity_ordered,
            goods_amount=item.quantity_ordered * item.unit_cost,
        )
    order.status = PurchaseOrder.Status.RECEIVED
    order.actual_delivery_date = timezone.now()
    order.received_by = user
    order.save()
