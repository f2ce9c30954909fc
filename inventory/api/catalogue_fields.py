"""Fields of the catalogue's serializers."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from common.api.fields import PlainDecimalField, QuantityField
from inventory.services.stock_change import LARGEST_QUANTITY

MOST_ENTRIES, LONGEST_TEXT, DEEPEST = 100, 1000, 4
LARGEST_NUMBER = 10**15


class StockQuantityField(QuantityField):
    """A quantity that a balance can hold, not negative; `positive` also refuses 0."""

    default_error_messages = {"positive": "Send a number greater than 0."}

    def __init__(self, *, positive: bool = False, **kwargs: Any) -> None:
        self.positive = positive
        kwargs.setdefault("max_value", LARGEST_QUANTITY)
        super().__init__(min_value=0, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        value = super().to_internal_value(data)
        if self.positive and not value:
            self.fail("positive")
        return value


@extend_schema_field(OpenApiTypes.OBJECT)
class PlainObjectField(serializers.Field[Any, Any, Any, Any]):
    """A small JSON object whose values are text, numbers, true, false, null or lists of them."""

    default_error_messages = {
        "object": 'Send an object, such as {{"color": "red"}}.',
        "large": "At most {most} entries, of at most {text} characters each, {deep} levels deep.",
        "number": "Send numbers between -{number} and {number}.",
        "text": "Send text without NUL characters and broken Unicode.",
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, Mapping):
            self.fail("object")
        self.check(data, DEEPEST)
        return dict(data)

    def to_representation(self, value: Any) -> Any:
        return value

    def check(self, value: Any, depth: int) -> None:
        """Refuse what could not be stored or answered."""
        if isinstance(value, Mapping | list):
            if depth == 0 or len(value) > MOST_ENTRIES:
                self.fail("large", most=MOST_ENTRIES, text=LONGEST_TEXT, deep=DEEPEST)
            inner = [*value.keys(), *value.values()] if isinstance(value, Mapping) else value
            for one in inner:
                self.check(one, depth - 1)
        elif isinstance(value, str):
            self.check_text(value)
        elif isinstance(value, int | float) and not abs(value) < LARGEST_NUMBER:
            self.fail("number", number=LARGEST_NUMBER)

    def check_text(self, text: str) -> None:
        if len(text) > LONGEST_TEXT:
            self.fail("large", most=MOST_ENTRIES, text=LONGEST_TEXT, deep=DEEPEST)
        if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
            self.fail("text")


class DimensionsSerializer(serializers.Serializer[Any]):
    """In cm."""

    length = PlainDecimalField(min_value=0, max_value=10**7, required=False, allow_null=True)
    width = PlainDecimalField(min_value=0, max_value=10**7, required=False, allow_null=True)
    height = PlainDecimalField(min_value=0, max_value=10**7, required=False, allow_null=True)


class MeasuresSerializer(serializers.Serializer[Any]):
    """What of the specifications has columns."""

    weight = QuantityField(min_value=0, max_value=10**8, required=False, allow_null=True)
    dimensions = DimensionsSerializer(source="*", required=False)


class SpecificationsField(PlainObjectField):
    """Weight in grams and dimensions in cm, and any further properties by name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="*", **kwargs)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        properties = super().to_internal_value(data)
        measures = MeasuresSerializer(data=properties, partial=True)
        measures.is_valid(raise_exception=True)
        for name in ("weight", "dimensions"):
            properties.pop(name, None)
        return {**measures.validated_data, "specifications": properties}

    def to_representation(self, value: Any) -> Any:
        dimensions = {name: getattr(value, name) for name in ("length", "width", "height")}
        return {"weight": value.weight, "dimensions": dimensions, **value.specifications}
