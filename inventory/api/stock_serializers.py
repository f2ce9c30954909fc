"""Balances and movements as JSON."""

from typing import Any

from django.db.models import F, TextField
from django.db.models.functions import Cast
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from common.api.bodies import GivenFieldsMixin
from common.api.copied_csv import NumberCell, TextCell
from common.api.fields import ChoiceSynonymField, CostField, QuantityField, ReferenceInput
from common.validators import one_line
from inventory.models import Stock, StockMovement

REFERENCE = {"required": False, "allow_null": True, "allow_blank": True, "max_length": 50}


class StockSerializer(serializers.ModelSerializer[Stock]):
    product_id = serializers.CharField(source="variation.product.code")
    product_name = serializers.CharField(source="variation.product.name")
    sku = serializers.CharField(source="variation.sku_code")
    warehouse = serializers.CharField(source="warehouse.code")
    available = QuantityField(read_only=True)

    class Meta:
        model = Stock
        fields = [
            "id", "product_id", "product_name", "sku", "warehouse", "on_hand", "reserved",
            "unavailable", "available", "incoming", "average_cost", "reorder_point", "is_low",
            "bin_location",
        ]  # fmt: skip


# What StockSerializer says, as the database writes it into a CSV file.
STOCK_CSV_COLUMNS = {
    "id": F("id"),
    "product_id": TextCell("variation__product__code"),
    "product_name": TextCell("variation__product__name"),
    "sku": TextCell("variation__sku_code"),
    "warehouse": TextCell("warehouse__code"),
    "on_hand": NumberCell("on_hand"),
    "reserved": NumberCell("reserved"),
    "unavailable": NumberCell("unavailable"),
    "available": NumberCell(F("on_hand") - F("reserved") - F("unavailable")),
    "incoming": NumberCell("incoming"),
    "average_cost": NumberCell("average_cost"),
    "reorder_point": NumberCell("reorder_point"),
    "is_low": Cast("is_low", TextField()),
    "bin_location": TextCell("bin_location"),
}


class StockMovementSerializer(serializers.ModelSerializer[StockMovement]):
    movement_id = serializers.CharField(source="code")
    product_id = serializers.CharField(source="variation.product.code")
    sku = serializers.CharField(source="variation.sku_code")
    warehouse = serializers.CharField(source="warehouse.code")
    timestamp = serializers.DateTimeField(source="occurred_at")
    reference_id = serializers.CharField(source="reference_code")
    warehouse_location = serializers.CharField(source="bin_location")
    processed_by = serializers.SerializerMethodField()
    approved_by = serializers.SerializerMethodField()
    status = serializers.SerializerMethodField()

    class Meta:
        model = StockMovement
        fields = [
            "id", "movement_id", "product_id", "sku", "warehouse", "movement_type", "quantity",
            "unit_cost", "total_value", "stock_before", "stock_after", "reason_code",
            "reason_description", "reference_type", "reference_id", "warehouse_location",
            "lot_number", "expiration_date", "timestamp", "recorded_at", "processed_by",
            "approved_by", "status", "notes",
        ]  # fmt: skip

    def get_processed_by(self, movement: StockMovement) -> str | None:
        return user_code(movement.processed_by_id)

    def get_approved_by(self, movement: StockMovement) -> str | None:
        return user_code(movement.approved_by_id)

    def get_status(self, movement: StockMovement) -> str:
        return "completed"


def user_code(key: int | None) -> str | None:
    return None if key is None else f"USR{key:03d}"


class ItemInput(GivenFieldsMixin):
    """Names a variation and a warehouse."""

    product_id = ReferenceInput(required=False, allow_null=True)
    sku = ReferenceInput(required=False, allow_null=True)
    product_variation = ReferenceInput(required=False, allow_null=True)
    warehouse = ReferenceInput(required=False, allow_null=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A delivery",
            {
                "sku": "WIDGET-X-001",
                "warehouse": "WH001",
                "movement_type": "inbound",
                "quantity": 50,
                "unit_cost": 10.5,
                "reason_code": "purchase",
                "reference_type": "delivery_note",
                "reference_id": "DN-4711",
            },
            request_only=True,
        ),
        OpenApiExample(
            "A correction",
            {
                "sku": "WIDGET-X-001",
                "movement_type": "adjustment",
                "quantity": -2,
                "reason_code": "damaged",
                "notes": "Fell off the shelf.",
            },
            request_only=True,
        ),
    ]
)
class MovementInput(ItemInput):
    """One movement to record."""

    TYPES = [choice for choice in StockMovement.Type.values if choice != "transfer"]

    movement_type = ChoiceSynonymField(
        TYPES,
        error_messages={
            "invalid_choice": '"{input}" is not inbound, outbound or adjustment. To move stock '
            "between warehouses, use /api/transfer-requests/."
        },
    )
    quantity = QuantityField()
    unit_cost = CostField(required=False, allow_null=True, min_value=0)
    reason_code = serializers.CharField(required=False, allow_blank=True, max_length=50)
    reason_description = serializers.CharField(required=False, allow_blank=True, max_length=500)
    reference_type = serializers.CharField(required=False, allow_blank=True, max_length=30)
    reference_id = serializers.CharField(required=False, allow_blank=True, max_length=50)
    warehouse_location = serializers.CharField(required=False, allow_blank=True, max_length=100)
    lot_number = serializers.CharField(required=False, allow_blank=True, max_length=50)
    expiration_date = serializers.DateField(required=False, allow_null=True)
    timestamp = serializers.DateTimeField(required=False, allow_null=True)
    processed_by = ReferenceInput(required=False, allow_null=True)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=500)


class ReversalInput(serializers.Serializer[Any]):
    """Why a movement was a mistake."""

    reason = serializers.CharField(max_length=500)


class AssignInput(ItemInput):
    """The first stock of a variation in a warehouse."""

    quantity = QuantityField()
    unit_cost = CostField(required=False, allow_null=True, min_value=0)
    lot_number = serializers.CharField(required=False, allow_blank=True, max_length=50)
    expiration_date = serializers.DateField(required=False, allow_null=True)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=500)


BIN: dict[str, Any] = {"max_length": 100, "allow_blank": True, "validators": [one_line]}


class BinInput(serializers.Serializer[Any]):
    """Where a balance lies; empty: nowhere in particular."""

    bin_location = serializers.CharField(**BIN)


class PlacedItemInput(ItemInput):
    """Goods and the bin that they are put into."""

    warehouse = None  # type: ignore[assignment]
    bin_location = serializers.CharField(**BIN)


class PutAwayInput(serializers.Serializer[Any]):
    """Which goods of a warehouse lie where, all or none."""

    warehouse = ReferenceInput(required=False, allow_null=True)
    items = serializers.ListField(child=PlacedItemInput(), allow_empty=False, max_length=1000)


class PutAwayAnswer(serializers.Serializer[Any]):
    message = serializers.CharField()
    stocks = StockSerializer(many=True)


class MovedLotSerializer(serializers.Serializer[Any]):
    """How much of a lot one movement moved."""

    lot_number = serializers.CharField()
    expiration_date = serializers.DateField(allow_null=True)
    quantity = QuantityField()
    movement_id = serializers.CharField()


class MovementAnswer(StockMovementSerializer):
    """A recorded movement with what it left; of goods that track lots, one movement a lot."""

    message = serializers.CharField()
    new_stock_level = QuantityField()
    released_reservations = QuantityField(required=False)
    lots = MovedLotSerializer(many=True, required=False)

    class Meta(StockMovementSerializer.Meta):
        fields = [
            "message", "new_stock_level", "released_reservations", "lots",
            *StockMovementSerializer.Meta.fields,
        ]  # fmt: skip
