"""Transfers as JSON."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from common.api.fields import (
    ChoiceSynonymField,
    CostField,
    MoneyField,
    QuantityField,
    ReferenceInput,
)
from inventory.api.decisions import NOTE, DecisionInput, NamedMixin
from inventory.api.document_lines import OPTIONAL, ExistingLineInput
from inventory.api.wanted_lines import (
    MOST_LINES,
    QUANTITY_INPUT,
    LeavingLinesInput,
    WantedGoodsInput,
)
from inventory.models import TransferLine, TransferLot, TransferRequest

WORDS: dict[str, Any] = {**OPTIONAL, "allow_blank": True}


class TransferLotSerializer(serializers.ModelSerializer[TransferLot]):
    lot_number = serializers.CharField(source="lot.lot_number")
    expiration_date = serializers.DateField(source="lot.expiration_date")

    class Meta:
        model = TransferLot
        fields = ["lot_number", "expiration_date", "quantity_shipped", "quantity_in_transit"]
        read_only_fields = fields


class TransferLineSerializer(serializers.ModelSerializer[TransferLine]):
    product_id = serializers.CharField(source="variation.product.code")
    product_name = serializers.CharField(source="variation.product.name")
    sku = serializers.CharField(source="variation.sku_code")
    quantity_in_transit = QuantityField(read_only=True)
    lots = TransferLotSerializer(many=True)

    class Meta:
        model = TransferLine
        fields = [
            "id", "product_id", "product_name", "sku", "quantity", "quantity_shipped",
            "quantity_received", "quantity_damaged", "quantity_lost", "quantity_returned",
            "quantity_in_transit", "unit_cost", "discrepancy", "lots",
        ]  # fmt: skip
        read_only_fields = fields


class TransferSerializer(serializers.ModelSerializer[TransferRequest]):
    from_warehouse = serializers.CharField(source="from_warehouse.code")
    to_warehouse = serializers.CharField(source="to_warehouse.code")
    requested_by = serializers.CharField(source="requested_by.code", default=None, allow_null=True)
    decided_by = serializers.CharField(source="decided_by.code", default=None, allow_null=True)
    shipped_by = serializers.CharField(source="shipped_by.code", default=None, allow_null=True)
    received_by = serializers.CharField(source="received_by.code", default=None, allow_null=True)
    closed_by = serializers.CharField(source="closed_by.code", default=None, allow_null=True)
    follows = serializers.CharField(source="follows.code", default=None, allow_null=True)
    followed_by = serializers.CharField(source="followed_by.code", default=None, allow_null=True)
    value_in_transit = serializers.SerializerMethodField()
    allowed_transitions = serializers.ListField(child=serializers.CharField())
    items = TransferLineSerializer(source="lines", many=True)

    class Meta:
        model = TransferRequest
        fields = [
            "id", "code", "from_warehouse", "to_warehouse", "status", "allowed_transitions",
            "auto_receive", "notes", "requested_by", "created_at", "decided_by", "decided_at",
            "decision_note", "shipped_by", "shipped_at", "received_by", "received_at",
            "closed_by", "closed_at", "closing_note", "follows", "followed_by", "updated_at",
            "value_in_transit", "items",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(MoneyField)
    def get_value_in_transit(self, transfer: TransferRequest) -> Decimal:
        """What is on its way, at the cost at which it left."""
        return sum((line.value_in_transit for line in transfer.lines.all()), Decimal(0))


class ChangedTransferSerializer(TransferSerializer):
    """The answer to a write."""

    message = serializers.CharField()

    class Meta(TransferSerializer.Meta):
        fields = ["message", *TransferSerializer.Meta.fields]
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Two items",
            {
                "from_warehouse": "WH001",
                "to_warehouse": "WH002",
                "items": [
                    {"sku": "WIDGET-X-001", "quantity": 20},
                    {"product_id": "PRD-001", "quantity": 5},
                ],
                "notes": "For the spring sale.",
            },
            request_only=True,
        ),
        OpenApiExample(
            "One item",
            {
                "from_warehouse": "WH001",
                "to_warehouse": "WH002",
                "product_id": "PRD-001",
                "quantity": 5,
            },
            request_only=True,
        ),
    ]
)
class TransferInput(WantedGoodsInput):
    """A request: `items`, or one product and its quantity beside the warehouses."""

    synonyms = {
        "source": "from_warehouse",
        "source_warehouse": "from_warehouse",
        "destination": "to_warehouse",
        "destination_warehouse": "to_warehouse",
        "lines": "items",
        "reason": "notes",
    }

    from_warehouse = ReferenceInput()
    to_warehouse = ReferenceInput()
    auto_receive = serializers.BooleanField(required=False)
    notes = serializers.CharField(**NOTE)
    requested_by = ReferenceInput(**OPTIONAL)


class ShipInput(LeavingLinesInput):
    """What leaves, and what of the rest."""

    rest_later = serializers.BooleanField(
        required=False,
        default=False,
        help_text="true: what does not leave stands in a transfer of its own, approved already.",
    )


class TransferDecisionInput(ShipInput, DecisionInput):
    """Approve, which ships unless `ship` is false, or reject and say why in `note`."""

    ship = serializers.BooleanField(
        required=False, default=True, help_text="false: the source ships it later."
    )


class NamedTransferDecisionInput(NamedMixin, TransferDecisionInput):
    """A decision about the transfer of an id or a code."""

    synonyms = {
        "transfer_request": "code", "transfer_id": "code", "request_id": "code",
        "transfer": "code",
    }  # fmt: skip


class ArrivalInput(ExistingLineInput):
    """What arrived of one line; what is missing stays in transit until the transfer is closed."""

    renamed = {
        "quantity": "quantity_received", "quantity_accepted": "quantity_received",
        "quantity_rejected": "quantity_damaged", "sku_code": "sku", "notes": "discrepancy",
    }  # fmt: skip

    quantity_received = QuantityField(**QUANTITY_INPUT, **OPTIONAL)
    quantity_damaged = QuantityField(**QUANTITY_INPUT, **OPTIONAL)
    lot_number = serializers.CharField(
        **{**WORDS, "max_length": 50},
        help_text="Of goods that track lots; left out, the first to expire arrive first.",
    )
    discrepancy = serializers.CharField(**NOTE)


class TransferReceiptInput(serializers.Serializer[Any]):
    """An arrival; without items all that is in transit arrived well."""

    items = serializers.ListField(
        child=ArrivalInput(), allow_empty=False, max_length=MOST_LINES, **OPTIONAL
    )
    received_by = ReferenceInput(**OPTIONAL)


class CancelInput(serializers.Serializer[Any]):
    note = serializers.CharField(**NOTE)


class CloseInput(serializers.Serializer[Any]):
    """What became of the goods that did not arrive."""

    outcome = ChoiceSynonymField(
        [("lost", "lost"), ("returned", "returned")],
        {"lost_in_transit": "lost", "missing": "lost", "sent_back": "returned"},
        help_text="lost: written off at the destination; returned: back in the source's stock.",
    )
    note = serializers.CharField(max_length=500)


class InTransitRow(serializers.Serializer[Any]):
    warehouse = serializers.CharField()
    transfers = serializers.IntegerField()
    quantity = QuantityField()
    value = MoneyField()


class InTransitAnswer(serializers.Serializer[Any]):
    """What is on its way by destination, at the cost at which it left, and in total."""

    warehouses = InTransitRow(many=True)
    total_quantity = QuantityField()
    total_value = CostField()
