"""Bodies that ask for goods line by line, and say how much of each line is granted."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from common.api.fields import QuantityField, ReferenceInput
from common.api.synonyms import SynonymsMixin
from inventory.api.document_lines import (
    OPTIONAL,
    PRODUCT_KEYS,
    DocumentLineInput,
    Entry,
    Errors,
    ExistingLineInput,
    NamedLines,
    only,
    refuse,
)
from inventory.lookup import find_variations
from inventory.services.stock_change import LARGEST_QUANTITY
from inventory.services.wanted_lines import WantedLine

MOST_LINES = 1000
QUANTITY_INPUT: dict[str, Any] = {"min_value": 0, "max_value": LARGEST_QUANTITY}


class WantedLineInput(DocumentLineInput):
    """What is wanted of one product."""

    renamed = {
        "quantity_requested": "quantity",
        "qty": "quantity",
        "sku_code": "sku",
        "product": "product_id",
        "variation": "product_variation",
    }

    id = None  # type: ignore[assignment]
    quantity = QuantityField(min_value=0, max_value=LARGEST_QUANTITY)


class WantedGoodsInput(SynonymsMixin, serializers.Serializer[Any]):
    """`items`, or one product and its quantity beside the other fields."""

    items = serializers.ListField(
        child=WantedLineInput(), allow_empty=False, max_length=MOST_LINES, **OPTIONAL
    )
    product_id = ReferenceInput(**OPTIONAL)
    sku = ReferenceInput(**OPTIONAL)
    product_variation = ReferenceInput(**OPTIONAL)
    quantity = QuantityField(**QUANTITY_INPUT, **OPTIONAL)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        flat = {key: attrs.pop(key) for key in (*PRODUCT_KEYS, "quantity") if key in attrs}
        flat = {key: value for key, value in flat.items() if value is not None}
        if flat and attrs.get("items"):
            raise serializers.ValidationError(
                {"items": ["Send items, or one product beside them, not both."]}
            )
        if flat:
            one = WantedLineInput(data=flat)
            one.is_valid(raise_exception=True)
            attrs["items"] = [one.validated_data]
        if not attrs.get("items"):
            raise serializers.ValidationError({"items": ["Name at least one item."]})
        return attrs


class GrantedLineInput(ExistingLineInput):
    """How much of one line leaves."""

    renamed = {
        "quantity_shipped": "quantity", "quantity_approved": "quantity", "sku_code": "sku",
    }  # fmt: skip

    quantity = QuantityField(**QUANTITY_INPUT)


class GrantedLinesInput(serializers.Serializer[Any]):
    """What leaves, where it is less than asked for; lines not named leave whole."""

    items = serializers.ListField(
        child=GrantedLineInput(), allow_empty=False, max_length=MOST_LINES, **OPTIONAL
    )


class LeavingLineInput(GrantedLineInput):
    """How much of one line leaves, and of which lot; a line may be named once for each lot."""

    lot_number = serializers.CharField(
        **OPTIONAL,
        allow_blank=True,
        max_length=50,
        help_text="Of goods that track lots; left out, the first to expire leave.",
    )


class LeavingLinesInput(GrantedLinesInput):
    """What leaves, where it is less than asked for or of chosen lots; other lines leave whole."""

    items = serializers.ListField(
        child=LeavingLineInput(), allow_empty=False, max_length=MOST_LINES, **OPTIONAL
    )


def wanted_lines(entries: Sequence[Entry]) -> list[WantedLine]:
    """Return the lines that entries ask for; raises InvalidInput naming every unknown product."""
    return [
        WantedLine(variation=variation, quantity=entry["quantity"])
        for entry, variation in zip(entries, find_variations(entries), strict=True)
    ]


def lines_of(document: Any) -> list[Any]:
    return list(document.lines.select_related("variation__product"))


def granted_lines(entries: Sequence[Entry] | None, document: Any) -> dict[int, Decimal] | None:
    """Return what leaves by line; raises InvalidInput naming every bad entry."""
    if entries is None:
        return None
    errors: Errors = {}
    quantities: dict[int, Decimal] = {}
    lines = NamedLines(lines_of(document))
    for index, entry in enumerate(entries):
        line = only(lines, entry, index, errors)
        if line is not None and line.pk in quantities:
            errors[f"items.{index}"] = ["This line is named twice."]
        elif line is not None:
            quantities[line.pk] = entry["quantity"]
    refuse(errors)
    return quantities
