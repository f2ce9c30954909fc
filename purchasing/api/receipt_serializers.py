"""Goods receipts as JSON, and what is said to make one."""

from typing import Any

from rest_framework import serializers

from common.api.fields import ChoiceSynonymField, MoneyField, QuantityField
from inventory.api.attachment_views import AttachmentSerializer
from inventory.api.document_lines import OPTIONAL, ExistingLineInput
from inventory.api.stock_serializers import user_code
from inventory.services.stock_change import LARGEST_QUANTITY
from purchasing.api.fields import MOST_LINES, UNIT_SYNONYMS, UNITS, WORDS
from purchasing.models import GoodsReceipt, GoodsReceiptLine


class ReceiptLineSerializer(serializers.ModelSerializer[GoodsReceiptLine]):
    line = serializers.IntegerField(source="item.position")
    sku = serializers.CharField(source="item.variation.sku_code")
    landed_amount = MoneyField(max_digits=24, help_text="Goods with their share of the charges.")

    class Meta:
        model = GoodsReceiptLine
        fields = [
            "item", "line", "sku", "quantity_accepted", "quantity_rejected", "goods_amount",
            "charges_amount", "landed_amount", "lot_number", "expiration_date",
        ]  # fmt: skip


class GoodsReceiptSerializer(serializers.ModelSerializer[GoodsReceipt]):
    received_by = serializers.SerializerMethodField()
    lines = ReceiptLineSerializer(many=True)
    attachments = AttachmentSerializer(many=True)

    class Meta:
        model = GoodsReceipt
        fields = [
            "code", "occurred_at", "recorded_at", "delivery_note", "notes", "received_by", "lines",
            "attachments",
        ]  # fmt: skip

    def get_received_by(self, receipt: GoodsReceipt) -> str | None:
        return user_code(receipt.received_by_id)


class ReceiptLineInput(ExistingLineInput):
    """What arrived of one item in this delivery."""

    renamed = {
        "item": "id",
        "quantity": "quantity_accepted",
        "quantity_received": "quantity_accepted",
        "sku_code": "sku",
    }

    quantity_accepted = QuantityField(min_value=0, max_value=LARGEST_QUANTITY, **OPTIONAL)
    quantity_rejected = QuantityField(min_value=0, max_value=LARGEST_QUANTITY, **OPTIONAL)
    unit = ChoiceSynonymField(
        UNITS, UNIT_SYNONYMS, **OPTIONAL, help_text="`pack`: the quantities are of packs."
    )
    lot_number = serializers.CharField(max_length=50, **WORDS)
    expiration_date = serializers.DateField(**OPTIONAL)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if not attrs.get("quantity_accepted") and not attrs.get("quantity_rejected"):
            raise serializers.ValidationError({"quantity_accepted": ["Send a quantity above 0."]})
        return attrs


class ReceiveInput(serializers.Serializer[Any]):
    """A delivery; without items all that is outstanding is accepted."""

    items = serializers.ListField(
        child=ReceiptLineInput(), allow_empty=False, max_length=MOST_LINES, **OPTIONAL
    )
    delivery_note = serializers.CharField(max_length=100, **WORDS)
    occurred_at = serializers.DateTimeField(**OPTIONAL)
    notes = serializers.CharField(max_length=500, **WORDS)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in attrs.items() if value is not None}
