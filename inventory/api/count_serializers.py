"""Stock counts as JSON."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from common.api.fields import (
    ChoiceSynonymField,
    MoneyField,
    PlainDecimalField,
    QuantityField,
    ReferenceField,
    ReferenceInput,
)
from common.api.synonyms import SynonymsMixin
from inventory.api.decisions import COUNT_DECISIONS, DECISION_SYNONYMS, NOTE, NamedMixin
from inventory.api.document_lines import OPTIONAL, PRODUCT_KEYS, DocumentLineInput
from inventory.api.symbols import StrictParameters
from inventory.models import AbcClass, Category, StockCount, StockCountLine
from inventory.scanned_codes import LONGEST_CODE
from inventory.services.stock_change import LARGEST_QUANTITY

MOST_LINES = 1000
MOST_PLANNED = 200
ANY_CASE = {letter.lower(): letter for letter in AbcClass.values}
HIDDEN = ("expected", "on_hand_at_scan", "difference", "first_quantity", "unit_cost")


class StockCountSerializer(serializers.ModelSerializer[StockCount]):
    warehouse = serializers.CharField(source="warehouse.code")
    category = serializers.CharField(source="category.code", default=None, allow_null=True)
    created_by = serializers.CharField(source="created_by.code", default=None, allow_null=True)
    assigned_to = serializers.CharField(source="assigned_to.code", default=None, allow_null=True)
    submitted_by = serializers.CharField(source="submitted_by.code", default=None, allow_null=True)
    decided_by = serializers.CharField(source="decided_by.code", default=None, allow_null=True)
    abc_class = serializers.ChoiceField(AbcClass.choices, allow_blank=True, read_only=True)
    uncounted = serializers.ChoiceField(
        StockCount.Uncounted.choices, allow_blank=True, read_only=True
    )
    allowed_transitions = serializers.ListField(child=serializers.CharField())
    progress = serializers.SerializerMethodField()
    accuracy_percent = PlainDecimalField(read_only=True, allow_null=True)
    value_accuracy_percent = PlainDecimalField(read_only=True, allow_null=True)

    class Meta:
        model = StockCount
        fields = [
            "id", "code", "warehouse", "category", "abc_class", "bins", "is_partial", "is_blind",
            "status", "assigned_to", "allowed_transitions", "recount_tolerance_percent", "notes",
            "progress", "uncounted", "lines_counted", "lines_right", "accuracy_percent",
            "value_expected", "value_difference", "value_net", "value_accuracy_percent",
            "created_by", "created_at",
            "submitted_by", "submitted_at", "decided_by", "decided_at", "decision_note",
            "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_progress(self, count: Any) -> dict[str, int]:
        """How many lines there are, are counted, and are to be counted again."""
        return {
            "lines": count.lines_in_all,
            "counted": count.lines_entered,
            "recount": count.lines_to_recount,
        }


class ChangedCountSerializer(StockCountSerializer):
    """The answer to a write."""

    message = serializers.CharField()

    class Meta(StockCountSerializer.Meta):
        fields = ["message", *StockCountSerializer.Meta.fields]
        read_only_fields = fields


class StockCountLineSerializer(serializers.ModelSerializer[StockCountLine]):
    """A line; of a blind count nobody is told what should be there until it is submitted."""

    product_id = serializers.CharField(source="variation.product.code")
    product_name = serializers.CharField(source="variation.product.name")
    sku = serializers.CharField(source="variation.sku_code")
    barcode = serializers.CharField(source="variation.barcode")
    unit = serializers.CharField(source="variation.stock_unit")
    expected = QuantityField(allow_null=True)
    difference = QuantityField(allow_null=True)
    counted_by = serializers.CharField(source="counted_by.code", default=None, allow_null=True)

    class Meta:
        model = StockCountLine
        fields = [
            "id", "product_id", "product_name", "sku", "barcode", "unit", "bin_location",
            "lot_number", "expiration_date", "expected", "counted_quantity", "on_hand_at_scan",
            "difference", "unit_cost", "first_quantity", "needs_recount", "counted_by",
            "counted_at", "released_reservations", "notes",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: StockCountLine) -> dict[str, Any]:
        row = super().to_representation(instance)
        if instance.count.hides_expected:
            row |= dict.fromkeys(HIDDEN)
        return row


class EnteredLines(serializers.Serializer[Any]):
    message = serializers.CharField()
    lines = StockCountLineSerializer(many=True)


class ItemReference(DocumentLineInput):
    renamed = {"sku_code": "sku"}
    id = None  # type: ignore[assignment]


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Class A, blind",
            {"warehouse": "WH001", "abc_class": "A", "blind": True},
            request_only=True,
        ),
        OpenApiExample(
            "An aisle, by somebody",
            {"warehouse": "WH001", "bins": "A-03", "assigned_to": "USR003"},
            request_only=True,
        ),
        OpenApiExample(
            "Chosen goods",
            {"warehouse": "WH001", "items": [{"sku": "WIDGET-X-001"}]},
            request_only=True,
        ),
    ]
)
class StockCountInput(SynonymsMixin, serializers.Serializer[Any]):
    """Without category, abc_class, bins and items all that is in stock in the warehouse is counted.

    `bins` is one bin, or where none has that name what the names of several begin with.
    """

    synonyms = {
        "blind": "is_blind", "tolerance_percent": "recount_tolerance_percent", "bin": "bins",
        "bin_location": "bins", "warehouse_location": "bins", "counter": "assigned_to",
    }  # fmt: skip

    warehouse = ReferenceInput(**OPTIONAL)
    category = ReferenceField(Category.objects.all, **OPTIONAL)
    abc_class = ChoiceSynonymField(AbcClass.choices, ANY_CASE, **OPTIONAL)
    items = serializers.ListField(
        child=ItemReference(), allow_empty=False, max_length=MOST_LINES, **OPTIONAL
    )
    bins = serializers.CharField(**{**NOTE, "max_length": 100})
    assigned_to = ReferenceInput(**OPTIONAL)
    is_blind = serializers.BooleanField(required=False)
    recount_tolerance_percent = PlainDecimalField(min_value=0, max_value=100, **OPTIONAL)
    notes = serializers.CharField(**NOTE)


class CountEntryInput(DocumentLineInput):
    """A counted quantity of a line: by id, product, SKU, or `code`, a scanned SKU, barcode, bin.

    A GS1 code says the lot and its date, too.
    """

    renamed = {"quantity": "counted_quantity", "sku_code": "sku", "barcode": "code"}

    code = serializers.CharField(**{**NOTE, "max_length": LONGEST_CODE})
    lot_number = serializers.CharField(**{**NOTE, "max_length": 50})
    expiration_date = serializers.DateField(**OPTIONAL)
    counted_quantity = QuantityField(min_value=0, max_value=LARGEST_QUANTITY)
    add = serializers.BooleanField(
        required=False, help_text="Comes on top of what was entered: pieces scanned one by one."
    )
    notes = serializers.CharField(**{**NOTE, "max_length": 200})

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        named = any(attrs.get(key) for key in ("id", "code", *PRODUCT_KEYS))
        if not named:
            raise serializers.ValidationError(
                {"code": ["Name what was counted: code, sku, product_id or the line's id."]}
            )
        return attrs


class CountEntriesInput(serializers.Serializer[Any]):
    """`lines`, or one line by itself."""

    lines = serializers.ListField(child=CountEntryInput(), allow_empty=False, max_length=MOST_LINES)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, list):
            data = {"lines": data}
        elif isinstance(data, Mapping) and "lines" not in data and data:
            data = {"lines": [data]}
        return super().to_internal_value(data)


class SubmitInput(serializers.Serializer[Any]):
    uncounted = ChoiceSynonymField(
        StockCount.Uncounted.choices,
        {"leave_out": "left_out", "skip": "left_out", "0": "zero"},
        help_text="What of lines that nobody counted: left_out or zero.",
        **OPTIONAL,
    )


class CountNoteInput(serializers.Serializer[Any]):
    note = serializers.CharField(**NOTE)


class CountDecisionInput(CountNoteInput):
    """Approve, reject for good, or send back to be counted again, by somebody else if need be."""

    decision = ChoiceSynonymField(COUNT_DECISIONS, DECISION_SYNONYMS)
    assigned_to = ReferenceInput(**OPTIONAL, help_text="Of a recount: who shall do it.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("assigned_to") not in (None, "") and attrs["decision"] != "recount":
            text = "Only a recount is given to somebody. Leave it out."
            raise serializers.ValidationError({"assigned_to": [text]})
        return super().validate(attrs)


class CounterInput(serializers.Serializer[Any]):
    """Who shall count; null: nobody in particular."""

    assigned_to = ReferenceInput(allow_null=True)


class SheetParameters(StrictParameters):
    """The query of a sheet; what it does not know is refused by name."""

    bins = serializers.CharField(
        default="",
        max_length=100,
        help_text="Only the bin of this name, or where none has it those that begin so.",
    )


class NamedCountDecisionInput(NamedMixin, CountDecisionInput):
    """A decision about the count of an id or a code."""

    synonyms = {"stock_count": "code", "count_id": "code", "request_id": "code"}


class DueRow(serializers.Serializer[Any]):
    product_id = serializers.CharField()
    product_name = serializers.CharField()
    sku = serializers.CharField()
    abc_class = serializers.CharField()
    issued_value = MoneyField()
    last_counted_at = serializers.DateTimeField(allow_null=True)


@extend_schema_serializer(many=False)
class CountPlan(serializers.Serializer[Any]):
    """What to count today; A items monthly, B quarterly, C yearly."""

    warehouse = serializers.CharField()
    due = serializers.IntegerField()
    items = DueRow(many=True)


class CountPlanParameters(StrictParameters):
    """The query of the plan; what it does not know is refused by name."""

    warehouse = ReferenceInput(**OPTIONAL)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_PLANNED, default=20)


class CountPlanInput(serializers.Serializer[Any]):
    """Makes a count of the plan's first items."""

    warehouse = ReferenceInput(**OPTIONAL)
    limit = serializers.IntegerField(
        min_value=1, max_value=MOST_PLANNED, required=False, default=20
    )
    is_blind = serializers.BooleanField(required=False, default=False)
