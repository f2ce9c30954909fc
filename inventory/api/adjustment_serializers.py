"""Adjustments as JSON."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from common.api.fields import ChoiceSynonymField, CostField, QuantityField, ReferenceInput
from common.api.synonyms import SynonymsMixin
from inventory.api.decisions import NOTE
from inventory.api.document_lines import OPTIONAL, PRODUCT_KEYS, DocumentLineInput
from inventory.models import AdjustmentLine, AdjustmentReason, AdjustmentRequest
from inventory.services.stock_change import LARGEST_QUANTITY

MOST_LINES = 1000
REASON_SYNONYMS = {
    "damaged_goods": "damaged", "damage": "damaged", "broken": "damaged", "expiry": "expired",
    "stolen": "theft", "shrinkage": "lost", "loss": "lost", "missing": "lost",
    "cycle_count": "count", "stock_count": "count", "samples": "sample", "correction": "data_error",
    "surplus": "found",
}  # fmt: skip


class AdjustmentLineSerializer(serializers.ModelSerializer[AdjustmentLine]):
    product_id = serializers.CharField(source="variation.product.code")
    product_name = serializers.CharField(source="variation.product.name")
    sku = serializers.CharField(source="variation.sku_code")
    warehouse_location = serializers.CharField(source="bin_location")

    class Meta:
        model = AdjustmentLine
        fields = [
            "id", "product_id", "product_name", "sku", "quantity", "reason_code",
            "reason_description", "unit_cost", "warehouse_location", "lot_number",
            "expiration_date", "released_reservations",
        ]  # fmt: skip
        read_only_fields = fields


class AdjustmentSerializer(serializers.ModelSerializer[AdjustmentRequest]):
    warehouse = serializers.CharField(source="warehouse.code")
    requested_by = serializers.CharField(source="requested_by.code", default=None, allow_null=True)
    decided_by = serializers.CharField(source="decided_by.code", default=None, allow_null=True)
    allowed_transitions = serializers.ListField(child=serializers.CharField())
    items = AdjustmentLineSerializer(source="lines", many=True)

    class Meta:
        model = AdjustmentRequest
        fields = [
            "id", "code", "warehouse", "status", "allowed_transitions", "notes", "value",
            "requested_by", "created_at", "decided_by", "decided_at", "decision_note", "posted_at",
            "updated_at", "items",
        ]  # fmt: skip
        read_only_fields = fields


class ChangedAdjustmentSerializer(AdjustmentSerializer):
    """The answer to a write."""

    message = serializers.CharField()

    class Meta(AdjustmentSerializer.Meta):
        fields = ["message", *AdjustmentSerializer.Meta.fields]
        read_only_fields = fields


class CorrectionInput(DocumentLineInput):
    """So much more or less of one product, and why."""

    renamed = {
        "sku_code": "sku", "reason": "reason_code", "product": "product_id",
        "bin_location": "warehouse_location",
    }  # fmt: skip

    id = None  # type: ignore[assignment]
    quantity = QuantityField(min_value=-LARGEST_QUANTITY, max_value=LARGEST_QUANTITY)
    reason_code = ChoiceSynonymField(AdjustmentReason.choices, REASON_SYNONYMS, required=False)
    reason_description = serializers.CharField(**NOTE)
    unit_cost = CostField(min_value=0, **OPTIONAL)
    warehouse_location = serializers.CharField(**{**NOTE, "max_length": 100})
    lot_number = serializers.CharField(**{**NOTE, "max_length": 50})
    expiration_date = serializers.DateField(**OPTIONAL)


FLAT = (
    *PRODUCT_KEYS, "quantity", "reason_description", "unit_cost", "warehouse_location",
    "lot_number", "expiration_date",
)  # fmt: skip


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Two lines",
            {
                "warehouse": "WH001",
                "items": [
                    {"sku": "WIDGET-X-001", "quantity": -3, "reason_code": "damaged"},
                    {"product_id": "PRD-001", "quantity": 2, "reason_code": "found"},
                ],
                "notes": "Aisle B after the leak.",
            },
            request_only=True,
        )
    ]
)
class AdjustmentInput(SynonymsMixin, serializers.Serializer[Any]):
    """`items`, or one product beside the warehouse; `reason_code` counts where a line has none."""

    synonyms = {"lines": "items", "reason": "reason_code", "warehouse_id": "warehouse"}

    warehouse = ReferenceInput(**OPTIONAL)
    items = serializers.ListField(
        child=CorrectionInput(), allow_empty=False, max_length=MOST_LINES, **OPTIONAL
    )
    product_id = ReferenceInput(**OPTIONAL)
    sku = ReferenceInput(**OPTIONAL)
    product_variation = ReferenceInput(**OPTIONAL)
    quantity = QuantityField(min_value=-LARGEST_QUANTITY, max_value=LARGEST_QUANTITY, **OPTIONAL)
    reason_code = ChoiceSynonymField(AdjustmentReason.choices, REASON_SYNONYMS, required=False)
    reason_description = serializers.CharField(**NOTE)
    unit_cost = CostField(min_value=0, **OPTIONAL)
    warehouse_location = serializers.CharField(**{**NOTE, "max_length": 100})
    lot_number = serializers.CharField(**{**NOTE, "max_length": 50})
    expiration_date = serializers.DateField(**OPTIONAL)
    notes = serializers.CharField(**NOTE)
    requested_by = ReferenceInput(**OPTIONAL)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        flat = {key: attrs.pop(key) for key in FLAT if attrs.get(key) not in (None, "")}
        if "quantity" in flat and attrs.get("items"):
            raise serializers.ValidationError(
                {"items": ["Send items, or one product beside them, not both."]}
            )
        if "quantity" in flat:
            if not any(key in flat for key in PRODUCT_KEYS):
                raise serializers.ValidationError(
                    {"product_id": ["Name a product: product_id, sku or product_variation."]}
                )
            attrs["items"] = [flat]
        if not attrs.get("items"):
            raise serializers.ValidationError({"items": ["Name at least one item."]})
        reason = attrs.get("reason_code")
        for index, item in enumerate(attrs["items"]):
            item.setdefault("reason_code", reason)
            item.setdefault("reason_description", flat.get("reason_description", ""))
            if not item["reason_code"]:
                known = ", ".join(AdjustmentReason.values)
                raise serializers.ValidationError(
                    {f"items.{index}.reason_code": [f"Say why: {known}."]}
                )
        return attrs
