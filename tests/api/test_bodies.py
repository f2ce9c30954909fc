"""Bodies checked by what they give: as any serializer would check them."""

from decimal import Decimal

import pytest
from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from common.api.bodies import GivenFieldsMixin
from common.api.fields import QuantityField


def fields():
    return {
        "name": serializers.CharField(max_length=5),
        "size": serializers.ChoiceField(["s", "l"], required=False),
        "quantity": QuantityField(required=False, allow_null=True, min_value=0),
        "unit": serializers.CharField(default="piece", source="measure.unit"),
        "seen": serializers.IntegerField(read_only=True, default=3),
        "even": serializers.IntegerField(required=False),
    }


def validate_even(self, value):
    if value % 2:
        raise serializers.ValidationError("Send an even number.")
    return value


def validate(self, attrs):
    if attrs.get("name") == "none":
        raise serializers.ValidationError("Name something.")
    return attrs


CHECKS = {"validate_even": validate_even, "validate": validate}
Plain = type("Plain", (serializers.Serializer,), {**fields(), **CHECKS})
Given = type("Given", (GivenFieldsMixin,), {**fields(), **CHECKS})
BODIES = [
    {"name": "a"},
    {"name": "a", "size": "l", "quantity": 1.5, "unit": "kg", "even": 4, "seen": 9, "more": 1},
    {"name": "a", "quantity": None},
    {"name": "a", "size": None, "unit": None},
    {"name": "too long", "size": "xl", "quantity": -1, "even": 3},
    {"name": "none"},
    {"quantity": "NaN", "even": "x"},
    {},
    [],
    "text",
    None,
    7,
    QueryDict("name=a&size=&even=2"),
    QueryDict("size=m"),
]


def outcome(serializer, body):
    try:
        return serializer.run_validation(body)
    except ValidationError as error:
        return error.get_full_details()


@pytest.mark.parametrize("partial", [False, True], ids=["whole", "partial"])
@pytest.mark.parametrize("body", BODIES, ids=str)
def test_what_is_given_is_checked_as_by_any_serializer(body, partial):
    assert outcome(Given(partial=partial), body) == outcome(Plain(partial=partial), body)


@pytest.mark.parametrize("body", [[{"name": "a"}, {"name": "b", "even": 2}], [{}, {"even": 1}, 7]])
def test_lines_are_checked_as_by_any_serializer(body):
    assert outcome(Given(many=True), body) == outcome(Plain(many=True), body)


@pytest.mark.parametrize(
    ("sent", "stored"),
    [(2, "2.000"), (2.5, "2.500"), ("0.001", "0.001"), (-0.0, "-0.000"), (10**9, "1000000000.000")],
)
def test_numbers_have_the_places_of_their_field(sent, stored):
    assert str(QuantityField().run_validation(sent)) == stored


@pytest.mark.parametrize(
    ("value", "shown"), [(Decimal("2.0005"), "2.000"), (Decimal(1), "1.000"), ("1.5", "1.500")]
)
def test_numbers_are_shown_with_the_places_of_their_field(value, shown):
    assert str(QuantityField().to_representation(value)) == shown


def test_more_places_or_digits_than_a_field_has_are_refused():
    for number in ("1.0001", "999999999999", 10**9 + 1):
        with pytest.raises(ValidationError):
            QuantityField().run_validation(number)
