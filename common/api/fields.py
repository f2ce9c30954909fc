"""Serializer fields that all apps share."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from common.countries import ALPHA_2, ALPHA_3_TO_2
from common.validators import phone_number

PLAIN_NUMBER = re.compile(r"^[+-]?\d{1,20}(\.\d{1,20})?\Z")
LARGEST = Decimal(1_000_000_000)
SEPARATORS = str.maketrans("", "", " -.()")


class PlainDecimalField(serializers.DecimalField):
    """A decimal written plainly: no NaN, no infinity, no exponent, within a billion."""

    places = 2
    default_error_messages = {
        "plain": "Send a plain number such as 12.5.",
        "range": "Send a number between -1000000000 and 1000000000.",
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 15)
        kwargs.setdefault("decimal_places", self.places)
        super().__init__(**kwargs)
        self.quantum = Decimal(1).scaleb(-(self.decimal_places or 0))

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, bool) or data is None:
            self.fail("plain")
        if isinstance(data, float):
            data = format(Decimal(repr(data)), "f") if abs(data) < 1e15 else "1e15"
        text = str(data).strip()
        if not PLAIN_NUMBER.match(text):
            self.fail("plain")
        value = Decimal(text)
        if abs(value) > LARGEST:
            self.fail("range")
        return self.quantize(self.validate_precision(value))

    def quantize(self, value: Decimal) -> Decimal:
        """Round to the field's places; without a context made anew for each number."""
        return value.quantize(self.quantum)


class QuantityField(PlainDecimalField):
    """A quantity of goods in the stock unit, three places."""

    places = 3


class MoneyField(PlainDecimalField):
    """A price or a total, two places."""


class CostField(PlainDecimalField):
    """A cost per unit, four places."""

    places = 4


@extend_schema_field(str)
class ReferenceField(serializers.Field[Any, Any, Any, Any]):
    """A row named by its code or primary key, among those that the caller may see.

    `queryset` is a function without arguments that returns a ReferenceQuerySet. An unknown
    reference and one of a foreign warehouse get the same error.
    """

    default_error_messages = {
        "unknown": 'Unknown {noun} "{reference}". Use the code or id of one you may see.',
        "type": "Send the code or the id.",
    }

    def __init__(self, queryset: Callable[[], Any], noun: str = "", **kwargs: Any) -> None:
        self.queryset, self.noun = queryset, noun
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> models.Model:
        if isinstance(data, bool) or not isinstance(data, str | int):
            self.fail("type")
        queryset = self.queryset()
        if "request" in self.context:
            queryset = queryset.visible_to(self.context["request"].user)
        row: models.Model | None = queryset.by_reference(data).first()
        if row is None:
            noun = self.noun or queryset.model._meta.verbose_name
            self.fail("unknown", noun=noun, reference=str(data)[:50])
        return row

    def to_representation(self, value: Any) -> Any:
        return getattr(value, value.code_field)


@extend_schema_field({"type": ["string", "integer"]})
class ReferenceInput(serializers.Field[Any, Any, Any, Any]):
    """A code or id as given; the service looks it up."""

    def to_internal_value(self, data: Any) -> str:
        if isinstance(data, bool) or not isinstance(data, str | int) or len(str(data)) > 100:
            raise serializers.ValidationError("Send the code or the id.")
        return str(data)

    def to_representation(self, value: Any) -> Any:
        return value


class UpperCaseField(serializers.CharField):
    """A code: lower case input is upper-cased, not refused."""

    def run_validation(self, data: Any = empty) -> Any:
        return super().run_validation(data.strip().upper() if isinstance(data, str) else data)


class ChoiceSynonymField(serializers.ChoiceField):
    """A choice in any case, with the synonyms of other systems."""

    def __init__(self, choices: Any, synonyms: dict[str, str] | None = None, **kwargs: Any) -> None:
        self.synonyms = synonyms or {}
        super().__init__(choices, **kwargs)
        lawful = ", ".join(str(choice) for choice in self.choices)
        self.error_messages["invalid_choice"] = f'"{{input}}" is not a valid choice. Use {lawful}.'

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str):
            data = data.strip().lower().replace(" ", "_")
            data = self.synonyms.get(data, data)
        if isinstance(data, dict | list):
            self.fail("invalid_choice", input=str(data)[:50])
        return super().to_internal_value(data)


class PhoneField(serializers.CharField):
    """A phone number in E.164 form; spaces and other separators are left out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=16, validators=[phone_number], **kwargs)

    def run_validation(self, data: Any = empty) -> Any:
        if isinstance(data, str):
            data = data.translate(SEPARATORS)
        return super().run_validation(data)


class CountryField(UpperCaseField):
    """A country by its two-letter or three-letter code; two letters are stored."""

    def to_internal_value(self, data: Any) -> str:
        code = super().to_internal_value(data)
        code = ALPHA_3_TO_2.get(code, code)
        if code not in ALPHA_2:
            raise serializers.ValidationError(
                'Use the two-letter code of a country (ISO 3166-1), such as "US".'
            )
        return str(code)
