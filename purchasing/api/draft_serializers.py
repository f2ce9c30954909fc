"""Drafts made of what is short, as JSON."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from common.api.fields import CostField, MoneyField, QuantityField, ReferenceInput
from common.api.synonyms import SynonymsMixin
from inventory.api.document_lines import OPTIONAL
from purchasing.replenishment import (
    DISCONTINUED,
    NO_QUANTITY,
    NO_SUPPLIER,
    NOT_ACTIVE,
    NOT_LOW,
    REASONS,
    Need,
)
from purchasing.services.drafts import Draft, DraftLine, Drafts

MOST_NAMED = 1000
REMEDIES = {
    NO_SUPPLIER: "It has no supplier. Add one to the product.",
    NOT_ACTIVE: "None of its suppliers is active. Activate one, or add another.",
    DISCONTINUED: "It is discontinued. Activate it or sell another.",
    NOT_LOW: "With what is on its way there is more than its reorder point.",
    NO_QUANTITY: "It has neither a reorder quantity nor a maximum. Set one of the two.",
}


def names(text: str) -> Any:
    return serializers.ListField(
        child=ReferenceInput(), allow_empty=False, max_length=MOST_NAMED, help_text=text, **OPTIONAL
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "For two orders", {"sales_orders": ["SO-2026-001", "SO-2026-002"]}, request_only=True
        ),
        OpenApiExample("All back-orders", {"warehouse": "WH001"}, request_only=True),
    ]
)
class ShortageInput(SynonymsMixin, serializers.Serializer[Any]):
    """`sales_orders`, or a warehouse whose back-orders are meant."""

    synonyms = {"orders": "sales_orders", "warehouse_id": "warehouse"}

    sales_orders = names("Numbers or keys of open sales orders.")
    warehouse = ReferenceInput(**OPTIONAL)
    dry_run = serializers.BooleanField(
        required=False, default=False, help_text="true: tell what would be ordered, make nothing."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("sales_orders") and attrs.get("warehouse") not in (None, ""):
            text = "Send sales_orders, or a warehouse whose back-orders are meant, not both."
            raise serializers.ValidationError({"warehouse": [text]})
        return attrs


class ReorderListInput(SynonymsMixin, serializers.Serializer[Any]):
    """A warehouse; with `variations` these alone."""

    synonyms = {"skus": "variations", "warehouse_id": "warehouse"}

    warehouse = ReferenceInput(**OPTIONAL)
    variations = names("SKUs or keys.")
    dry_run = serializers.BooleanField(
        required=False, default=False, help_text="true: tell what would be ordered, make nothing."
    )


class DraftLineSerializer(serializers.Serializer[DraftLine]):
    product_id = serializers.CharField(source="variation.product.code")
    product_name = serializers.CharField(source="variation.product.name")
    sku = serializers.CharField(source="variation.sku_code")
    quantity_needed = QuantityField(source="needed")
    quantity_ordered = QuantityField(
        source="quantity", help_text="At least the supplier's minimum, in whole packs."
    )
    unit_cost = CostField()
    demand_30_days = QuantityField(
        source="recent_demand",
        help_text="What customers asked for, without what was cancelled or came back.",
    )


class DraftSerializer(serializers.Serializer[Draft]):
    """A draft; `order_number` is null in a dry run."""

    order_number = serializers.CharField(source="order.order_number", default=None, allow_null=True)
    supplier_id = serializers.CharField(source="supplier.code")
    supplier_name = serializers.CharField(source="supplier.company_name")
    warehouse = serializers.CharField(source="warehouse.code")
    currency = serializers.CharField(source="supplier.currency")
    subtotal = MoneyField()
    items = DraftLineSerializer(source="lines", many=True)


class NotOrderedSerializer(serializers.Serializer[Need]):
    """What is in no draft, and why."""

    product_id = serializers.CharField(source="variation.product.code")
    sku = serializers.CharField(source="variation.sku_code")
    warehouse = serializers.CharField(source="warehouse.code")
    quantity_needed = QuantityField(source="quantity")
    reason = serializers.ChoiceField(choices=REASONS)
    message = serializers.SerializerMethodField()

    def get_message(self, need: Need) -> str:
        return REMEDIES[need.reason]


class DraftsAnswer(serializers.Serializer[Drafts]):
    """The drafts by supplier and warehouse, and what is in none of them."""

    message = serializers.CharField()
    dry_run = serializers.BooleanField()
    orders = DraftSerializer(source="drafts", many=True)
    not_ordered = NotOrderedSerializer(many=True)
