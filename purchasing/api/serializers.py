"""Purchase orders as JSON."""

from typing import Any

import orjson
from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema_field,
    extend_schema_serializer,
)
from rest_framework import serializers

from common.api.fields import (
    ChoiceSynonymField,
    CostField,
    MoneyField,
    QuantityField,
    ReferenceField,
    ReferenceInput,
    UpperCaseField,
)
from common.api.synonyms import SynonymsMixin
from common.validators import business_code, currency_code
from inventory.api.attachment_views import AttachmentSerializer
from inventory.api.document_lines import OPTIONAL, DocumentLineInput
from inventory.api.stock_serializers import user_code
from inventory.services.stock_change import LARGEST_QUANTITY
from purchasing.api.fields import (
    ABOVE_NOTHING,
    MOST_LINES,
    STATUS_SYNONYMS,
    UNIT_SYNONYMS,
    UNITS,
    WORDS,
)
from purchasing.api.receipt_serializers import GoodsReceiptSerializer
from purchasing.models import (
    PurchaseOrder,
    PurchaseOrderAmendment,
    PurchaseOrderCharge,
    PurchaseOrderItem,
)
from purchasing.models.figures import CENT
from purchasing.services.packs import MOST_PACKS
from suppliers.api.serializers import AddressSerializer
from suppliers.models import Supplier

MOST_CHARGES = 50


class OrderItemSerializer(serializers.ModelSerializer[PurchaseOrderItem]):
    line = serializers.IntegerField(source="position")
    product_id = serializers.CharField(source="variation.product.code")
    product_name = serializers.CharField(source="variation.product.name")
    product_variation = serializers.IntegerField(source="variation_id")
    sku = serializers.CharField(source="variation.sku_code")
    quantity_outstanding = QuantityField(read_only=True)
    unit = serializers.ChoiceField(UNITS, help_text="In what it was ordered.")

    class Meta:
        model = PurchaseOrderItem
        fields = [
            "id", "line", "product_id", "product_name", "product_variation", "sku",
            "quantity_ordered", "quantity_received", "quantity_rejected", "quantity_returned",
            "quantity_outstanding", "unit_cost", "line_total", "unit", "packs", "pack_size",
            "pack_cost", "notes",
        ]  # fmt: skip


class PurchaseOrderRowSerializer(serializers.ModelSerializer[PurchaseOrder]):
    """An order as a list shows it."""

    supplier_id = serializers.CharField(source="supplier.code")
    supplier_name = serializers.CharField(source="supplier.company_name")
    warehouse = serializers.CharField(source="warehouse.code")
    is_late = serializers.BooleanField()
    items = serializers.SerializerMethodField()

    class Meta:
        model = PurchaseOrder
        fields = [
            "id", "order_number", "supplier_id", "supplier_name", "warehouse", "status",
            "order_date", "expected_delivery_date", "actual_delivery_date", "is_late",
            "total_amount", "currency", "items",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(OrderItemSerializer(many=True))
    def get_items(self, order: Any) -> orjson.Fragment:
        return orjson.Fragment(order.items_json)


class FinancialSerializer(serializers.ModelSerializer[PurchaseOrder]):
    landed_total = MoneyField(max_digits=24, help_text="Goods, shipping and charges.")

    class Meta:
        model = PurchaseOrder
        fields = [
            "subtotal", "tax_amount", "shipping_cost", "total_amount", "currency",
            "charges_amount", "landed_total",
        ]  # fmt: skip
        read_only_fields = fields


class ChargeSerializer(serializers.ModelSerializer[PurchaseOrderCharge]):
    """What becomes part of the goods' cost in stock."""

    class Meta:
        model = PurchaseOrderCharge
        fields = ["id", "kind", "amount", "spread", "carried", "notes"]
        read_only_fields = fields


class AmendmentSerializer(serializers.ModelSerializer[PurchaseOrderAmendment]):
    """A change of an order that the supplier already had."""

    amended_by = serializers.SerializerMethodField()
    changes = serializers.ListField(
        child=serializers.DictField(),
        help_text="`field`, `from`, `to`; of a line `line` and `sku` too.",
    )
    total_before = MoneyField(max_digits=24)
    total_after = MoneyField(max_digits=24)

    class Meta:
        model = PurchaseOrderAmendment
        fields = [
            "number", "amended_at", "amended_by", "reason", "total_before", "total_after",
            "changes",
        ]  # fmt: skip

    def get_amended_by(self, amendment: PurchaseOrderAmendment) -> str | None:
        return user_code(amendment.amended_by_id)


class ApprovalSerializer(serializers.ModelSerializer[PurchaseOrder]):
    """Whether the order is above the company's limit, and who let it go up to which total.

    Both figures are of all that it costs: the total, and the charges.
    """

    committed_total = MoneyField(max_digits=24, help_text="What is compared with the limit.")
    status = serializers.ChoiceField(
        ["not_needed", "pending", "approved", "rejected"], source="approval_status"
    )
    rejected_by = serializers.CharField(source="rejected_by.code", default=None, allow_null=True)
    note = serializers.CharField(source="approval_note")

    class Meta:
        model = PurchaseOrder
        fields = [
            "status", "committed_total", "approved_total", "rejected_by", "rejected_at", "note",
        ]  # fmt: skip
        read_only_fields = fields


class ShippingAddressSerializer(AddressSerializer):
    """Where a delivery goes."""

    name = serializers.CharField(max_length=200, required=False, allow_blank=True)


class PurchaseOrderSerializer(PurchaseOrderRowSerializer):
    """The whole order, which purchasing.api.order_json writes."""

    financial = FinancialSerializer(source="*")
    shipping_address = ShippingAddressSerializer()
    created_by = serializers.CharField(source="created_by.code", default=None, allow_null=True)
    approved_by = serializers.CharField(source="approved_by.code", default=None, allow_null=True)
    received_by = serializers.CharField(source="received_by.code", default=None, allow_null=True)
    approval = ApprovalSerializer(source="*")
    allowed_transitions = serializers.ListField(child=serializers.CharField())
    allowed_actions = serializers.ListField(child=serializers.CharField())
    charges = ChargeSerializer(many=True)
    amendments = AmendmentSerializer(many=True)
    receipts = GoodsReceiptSerializer(many=True)
    attachments = AttachmentSerializer(many=True)

    class Meta(PurchaseOrderRowSerializer.Meta):
        fields = [
            *PurchaseOrderRowSerializer.Meta.fields,
            "financial", "shipping_address", "created_by", "approved_by", "approved_at",
            "received_by", "created_at", "updated_at", "notes", "approval", "allowed_transitions",
            "allowed_actions", "charges", "amendments", "receipts", "attachments",
        ]  # fmt: skip
        read_only_fields = fields


class ChangedOrderSerializer(PurchaseOrderSerializer):
    """The answer to a write."""

    message = serializers.CharField()

    class Meta(PurchaseOrderSerializer.Meta):
        fields = ["message", *PurchaseOrderSerializer.Meta.fields]
        read_only_fields = fields


class UpdatedOrderSerializer(ChangedOrderSerializer):
    updated_fields = serializers.ListField(child=serializers.CharField())

    class Meta(ChangedOrderSerializer.Meta):
        fields = [*ChangedOrderSerializer.Meta.fields, "updated_fields"]
        read_only_fields = fields


class ReceivedOrderSerializer(ChangedOrderSerializer):
    receipt = serializers.CharField(help_text="The code of the goods receipt.")

    class Meta(ChangedOrderSerializer.Meta):
        fields = [*ChangedOrderSerializer.Meta.fields, "receipt"]
        read_only_fields = fields


class PurchaseItemInput(DocumentLineInput):
    """A line of an order. `quantity_received` is the quantity accepted in all.

    With `unit` pack, `quantity_ordered` and `unit_cost` are of the supplier's packs, unless
    `packs` and `pack_cost` say so; answers tell all of these, quantities in the stock unit.
    """

    renamed = {"quantity": "quantity_ordered", "cost_per_unit": "unit_cost", "sku_code": "sku"}

    quantity_ordered = QuantityField(**ABOVE_NOTHING, **OPTIONAL)
    unit_cost = CostField(min_value=0, **OPTIONAL)
    unit = ChoiceSynonymField(UNITS, UNIT_SYNONYMS, **OPTIONAL)
    packs = serializers.IntegerField(min_value=1, max_value=MOST_PACKS, **OPTIONAL)
    pack_cost = CostField(min_value=0, **OPTIONAL)
    notes = serializers.CharField(max_length=200, **WORDS)
    quantity_received = QuantityField(min_value=0, max_value=LARGEST_QUANTITY, **OPTIONAL)


class ChargeInput(serializers.Serializer[Any]):
    """A charge to spread over the goods; one that the order has is named by `id`."""

    id = serializers.IntegerField(min_value=1, max_value=2**63 - 1, **OPTIONAL)
    kind = ChoiceSynonymField(PurchaseOrderCharge.Kind.choices)
    amount = MoneyField(min_value=CENT)
    spread = ChoiceSynonymField(PurchaseOrderCharge.Spread.choices, required=False)
    notes = serializers.CharField(max_length=200, **WORDS)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in attrs.items() if value is not None}


class FinancialInput(serializers.Serializer[Any]):
    tax_amount = MoneyField(min_value=0, **OPTIONAL)
    shipping_cost = MoneyField(min_value=0, **OPTIONAL)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Two lines",
            {
                "supplier_id": "SUP001",
                "warehouse": "WH001",
                "expected_delivery_date": "2026-12-01T00:00:00Z",
                "items": [
                    {"product_id": "PRD-001", "quantity_ordered": 100, "unit_cost": 10.5},
                    {"sku": "WIDGET-X-001", "quantity_ordered": 20},
                ],
                "financial": {"tax_amount": 25, "shipping_cost": 15},
                "notes": "Deliver to gate 2.",
            },
            request_only=True,
        )
    ]
)
class PurchaseOrderInput(SynonymsMixin, serializers.Serializer[Any]):
    """What a client says of an order; totals are computed.

    In a change, `items` that say what is ordered are all lines that the order shall have; items
    that only say `quantity_received` receive goods. `reason` is of a change of an order that is
    no draft any more.
    """

    synonyms = {
        "supplier": "supplier_id",
        "tax_amount": "financial.tax_amount",
        "shipping_cost": "financial.shipping_cost",
    }

    order_number = UpperCaseField(validators=[business_code], allow_blank=True, **OPTIONAL)
    supplier_id = ReferenceField(Supplier.objects.all, noun="supplier", source="supplier")
    warehouse = ReferenceInput(**OPTIONAL)
    status = ChoiceSynonymField(PurchaseOrder.Status.choices, STATUS_SYNONYMS, **OPTIONAL)
    order_date = serializers.DateTimeField(**OPTIONAL)
    expected_delivery_date = serializers.DateTimeField(**OPTIONAL)
    actual_delivery_date = serializers.DateTimeField(**OPTIONAL)
    currency = UpperCaseField(validators=[currency_code], **OPTIONAL)
    financial = FinancialInput(source="*", required=False)
    shipping_address = ShippingAddressSerializer(**OPTIONAL)
    notes = serializers.CharField(max_length=1000, **WORDS)
    items = serializers.ListField(
        child=PurchaseItemInput(), allow_empty=False, max_length=MOST_LINES
    )
    charges = serializers.ListField(child=ChargeInput(), max_length=MOST_CHARGES, required=False)
    reason = serializers.CharField(max_length=500, **WORDS)
    created_by = ReferenceInput(**OPTIONAL)
    approved_by = ReferenceInput(**OPTIONAL)
    received_by = ReferenceInput(**OPTIONAL)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in attrs.items() if value not in (None, "")} | {
            name: attrs[name] or "" for name in ("notes",) if name in attrs
        }


class ClosingInput(SynonymsMixin, serializers.Serializer[Any]):
    """Why the rest of an order does not come."""

    synonyms = {"note": "reason"}

    reason = serializers.CharField(max_length=500)
