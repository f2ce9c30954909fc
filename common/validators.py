"""Formats that several apps share."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.deconstruct import deconstructible

phone_number = RegexValidator(
    r"^\+[1-9]\d{1,14}\Z", 'Write the phone number in E.164 form, such as "+15551112222".'
)
currency_code = RegexValidator(
    r"^[A-Z]{3}\Z", 'Use the three-letter code of a currency (ISO 4217), such as "USD".'
)
country_code = RegexValidator(
    r"^[A-Z]{2}\Z", 'Use the two-letter code of a country (ISO 3166-1), such as "US".'
)
item_code = RegexValidator(
    r"^[A-Z0-9\-_./]{3,30}\Z",
    "Use 3 to 30 characters of A-Z, 0-9, hyphen, underscore, point and slash.",
)
business_code = RegexValidator(
    r"^[A-Z0-9\-_./]{2,30}\Z",
    "Use 2 to 30 characters of A-Z, 0-9, hyphen, underscore, point and slash.",
)

# What ends a line somewhere: in mail headers, in files, or on paper.
LINE_ENDS = r"\x01-\x1f\x7f\x85\u2028\u2029"
ONE_LINE = "Write it on one line, without control characters."


def one_line(value: str) -> None:
    """Refuse line breaks and other control characters."""
    if re.search(rf"[{LINE_ENDS}]", value):
        raise ValidationError(ONE_LINE, code="line_break")


@deconstructible
class MaxItems:
    """At most `limit` entries in a list."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def __call__(self, value: Any) -> None:
        if len(value) > self.limit:
            raise ValidationError(f"At most {self.limit} entries.")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MaxItems) and other.limit == self.limit

    def __hash__(self) -> int:
        return hash(self.limit)
