from datetime import datetime
from typing import Any

from rest_framework import serializers

from alerts.models import Alert
from common.api.fields import QuantityField


class AlertSerializer(serializers.ModelSerializer[Alert]):
    alert_id = serializers.CharField(source="code")
    product_id = serializers.CharField(source="product.code", default=None, allow_null=True)
    product_name = serializers.CharField(source="product.name", default=None, allow_null=True)
    sku = serializers.CharField(source="variation.sku_code", default=None, allow_null=True)
    warehouse = serializers.CharField(source="warehouse.code", default=None, allow_null=True)
    supplier_id = serializers.CharField(source="supplier.code", default=None, allow_null=True)
    current_value = QuantityField()
    threshold_value = QuantityField()
    acknowledged_by = serializers.CharField(
        source="acknowledged_by.code", default=None, allow_null=True
    )
    resolved_by = serializers.CharField(source="resolved_by.code", default=None, allow_null=True)
    dismissed_by = serializers.CharField(source="dismissed_by.code", default=None, allow_null=True)
    snoozed_by = serializers.CharField(source="snoozed_by.code", default=None, allow_null=True)
    allowed_transitions = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Alert
        fields = [
            "id", "alert_id", "alert_type", "severity", "product_id", "product_name", "sku",
            "warehouse", "supplier_id", "title", "message", "current_value", "threshold_value",
            "status", "acknowledged_by", "acknowledged_at", "resolved_by", "resolved_at",
            "resolution_type", "resolution_notes", "reference_id", "dismissed_by", "dismissed_at",
            "snoozed_until", "snoozed_by", "expires_at", "action_required", "auto_generated",
            "notes", "allowed_transitions", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class ActionSerializer(serializers.Serializer[dict[str, Any]]):
    """What every step takes: nothing, or a note."""

    notes = serializers.CharField(max_length=500, required=False, allow_blank=True)


class AcknowledgeSerializer(ActionSerializer):
    acknowledged_by = serializers.CharField(required=False, allow_null=True, allow_blank=True)


class ResolveSerializer(serializers.Serializer[dict[str, Any]]):
    resolved_by = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    resolution_notes = serializers.CharField(max_length=500, required=False, allow_blank=True)
    resolution_type = serializers.RegexField(r"^[a-z][a-z0-9_]{0,49}\Z", required=False)
    reference_id = serializers.CharField(max_length=50, required=False, allow_blank=True)


class DismissSerializer(ActionSerializer):
    dismissed_by = serializers.CharField(required=False, allow_null=True, allow_blank=True)


class SnoozeSerializer(ActionSerializer):
    snoozed_until = serializers.DateTimeField()
    snoozed_by = serializers.CharField(required=False, allow_null=True, allow_blank=True)

    def validate_snoozed_until(self, value: datetime) -> datetime:
        if value.year > 9000:
            raise serializers.ValidationError("Send a time within the next years.")
        return value


class AlertAnswerSerializer(AlertSerializer):
    message = serializers.CharField(help_text="What was done.")
