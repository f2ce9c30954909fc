"""What the columns of a file are, in words, with an example: for whoever fills one in."""

from dataclasses import dataclass

from operations.exchange.fields import (
    Choice,
    Code,
    Country,
    Day,
    Email,
    Field,
    JsonObject,
    Moment,
    Number,
    Pattern,
    Words,
    YesNo,
)
from operations.exchange.kinds.base import Kind
from operations.exchange.meanings import MEANINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDescription:
    """A column: whether each row needs it, what it means, how it is written, other names of it."""

    name: str
    is_required: bool
    meaning: str
    form: str
    example: str
    also: tuple[str, ...]


def columns_of(kind: Kind) -> list[ColumnDescription]:
    """Return the columns of a kind's file, in their order."""
    meanings = MEANINGS[kind.name]
    return [
        ColumnDescription(
            name=one.name,
            is_required=one.is_required,
            meaning=meanings[one.name][0],
            form=form_of(one),
            example=meanings[one.name][1],
            also=tuple(one.also),
        )
        for one in kind.fields
    ]


def form_of(one: Field) -> str:
    """Return how the cells of a field are written."""
    if isinstance(one, Choice):
        return f"One of: {', '.join(dict.fromkeys(one.words.values()))}"
    if isinstance(one, Number):
        return number_form(one)
    if isinstance(one, Code):
        return f"{one.shortest} to {one.longest} of A-Z, 0-9, - _ . /"
    if isinstance(one, Words):
        return f"At most {one.most} texts of {one.longest} characters, with semicolons between"
    if isinstance(one, Pattern):
        return one.remedy
    fixed = {
        YesNo: "yes or no",
        Moment: "Time (2026-01-31T10:00:00Z) or date",
        Day: "Date (2026-01-31)",
        JsonObject: 'JSON object, such as {"color": "red"}',
        Country: "Country code (US or USA)",
        Email: "E-mail address",
    }
    return next(
        (form for type_, form in fixed.items() if isinstance(one, type_)),
        f"Text, at most {one.longest} characters",
    )


def number_form(one: Number) -> str:
    decimals = f"with at most {one.places} decimals" if one.places else "without decimals"
    least = "greater than 0" if one.above_zero else f"from {one.least:,}"
    return f"Number {decimals}, {least} to {one.most:,}"
