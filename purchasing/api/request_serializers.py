"""Purchase requests as JSON."""

from decimal import Decimal

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from common.api.fields import MoneyField, ReferenceInput
from inventory.api.decisions import NOTE, DecisionInput, NamedMixin
from inventory.api.document_lines import OPTIONAL
from inventory.api.wanted_lines import GrantedLinesInput, WantedGoodsInput
from purchasing.models import PurchaseRequest, PurchaseRequestLine


class PurchaseRequestLineSerializer(serializers.ModelSerializer[PurchaseRequestLine]):
    line = serializers.IntegerField(source="position")
    product_id = serializers.CharField(source="variation.product.code")
    product_name = serializers.CharField(source="variation.product.name")
    sku = serializers.CharField(source="variation.sku_code")

    class Meta:
        model = PurchaseRequestLine
        fields = [
            "id", "line", "product_id", "product_name", "sku", "quantity", "quantity_approved",
            "unit_cost",
        ]  # fmt: skip
        read_only_fields = fields


class PurchaseRequestSerializer(serializers.ModelSerializer[PurchaseRequest]):
    warehouse = serializers.CharField(source="warehouse.code")
    requested_by = serializers.CharField(source="requested_by.code", default=None, allow_null=True)
    decided_by = serializers.CharField(source="decided_by.code", default=None, allow_null=True)
    allowed_transitions = serializers.ListField(child=serializers.CharField())
    value = serializers.SerializerMethodField("value_given")
    items = PurchaseRequestLineSerializer(source="lines", many=True)

    class Meta:
        model = PurchaseRequest
        fields = [
            "id", "code", "warehouse", "status", "allowed_transitions", "reason", "needed_by",
            "requested_by", "created_at", "decided_by", "decided_at", "decision_note",
            "updated_at", "value", "items",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(MoneyField)
    def value_given(self, request: PurchaseRequest) -> Decimal:
        """What was given out, at the cost at which it left."""
        return sum((line.value for line in request.lines.all()), Decimal(0))


class ChangedPurchaseRequestSerializer(PurchaseRequestSerializer):
    """The answer to a write."""

    message = serializers.CharField()

    class Meta(PurchaseRequestSerializer.Meta):
        fields = ["message", *PurchaseRequestSerializer.Meta.fields]
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Two items",
            {
                "warehouse": "WH001",
                "items": [
                    {"sku": "WIDGET-X-001", "quantity": 2},
                    {"product_id": "PRD-001", "quantity": 1},
                ],
                "reason": "For the stand at the fair.",
                "needed_by": "2099-12-01",
            },
            request_only=True,
        )
    ]
)
class PurchaseRequestInput(WantedGoodsInput):
    """What somebody asks for: `items`, or one product and its quantity beside the warehouse."""

    synonyms = {"lines": "items", "notes": "reason", "warehouse_id": "warehouse"}

    warehouse = ReferenceInput(**OPTIONAL)
    reason = serializers.CharField(**NOTE)
    needed_by = serializers.DateField(**OPTIONAL)
    requested_by = ReferenceInput(**OPTIONAL)


class PurchaseRequestDecisionInput(GrantedLinesInput, DecisionInput):
    """Approve, of each line as much as `items` say, or reject and say why in `note`."""


class NamedPurchaseRequestDecisionInput(NamedMixin, PurchaseRequestDecisionInput):
    """A decision about the request of an id or a code."""

    synonyms = {
        "request_id": "code", "purchase_request": "code", "purchase_request_id": "code",
        "request": "code",
    }  # fmt: skip
