"""How values stand in the lists and on the pages of the admin site.

Quantities and unit costs have no zeros behind them, and a warehouse is its code where a row has
many columns.
"""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.forms import DecimalField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.views import ChangeList

QUANTITY_PLACES, UNIT_COST_PLACES = 3, 4
CENT = Decimal("0.01")


def plain(quantity: Decimal) -> str:
    """Write a quantity without zeros behind it."""
    return f"{quantity.normalize():f}"


def written(amount: Decimal, places: int) -> str:
    """Write a number of a column with so many places: of a unit cost, two stay at least."""
    if places == UNIT_COST_PLACES and amount == amount.quantize(CENT):
        return f"{amount.quantize(CENT):f}"
    return plain(amount) if places in (QUANTITY_PLACES, UNIT_COST_PLACES) else f"{amount:f}"


def day(moment: date) -> str:
    """Write the day of a moment, where the reader is."""
    return date_format(timezone.localtime(moment) if isinstance(moment, datetime) else moment)


def quantity_column(field: str, title: str, write: Callable[[Any], str] = plain) -> Any:
    """Return a column of quantities."""

    @admin.display(description=title)
    def column(self: Any, row: Any) -> str:
        return write(getattr(row, field))

    return column


def in_rows(texts: Iterable[str]) -> SafeString:
    """Write texts below each other."""
    return format_html_join("", "<div>{}</div>", ([text] for text in texts))


class PlainDecimalField(DecimalField):
    """A number that is offered for editing as people would have typed it."""

    def prepare_value(self, value: Any) -> Any:
        places = self.decimal_places or 0
        is_number = isinstance(value, Decimal) and value.is_finite()
        return written(value, places) if is_number else value


@cache
def trimmed_fields(model: Any) -> dict[str, Callable[[str], str]]:
    """Return what rewrites the text of each quantity and unit cost on a page."""

    def trimming(places: int) -> Callable[[str], str]:
        def trim(text: str) -> str:
            number = str(text)
            is_number = number.lstrip("-").replace(".", "", 1).isdigit()
            return written(Decimal(number), places) if is_number else text

        return trim

    return {
        field.name: trimming(field.decimal_places)
        for field in model._meta.fields
        if isinstance(field, models.DecimalField)
        and field.decimal_places in (QUANTITY_PLACES, UNIT_COST_PLACES)
    }


@cache
def list_column(model: Any, name: str) -> Any:
    """Return what a list shows of a field: its name, or what writes it shorter."""
    try:
        field: Any = model._meta.get_field(name)
    except FieldDoesNotExist:
        return name
    if name in trimmed_fields(model):
        return shown_as(field, lambda value: written(value, field.decimal_places))
    if getattr(field.related_model, "is_listed_by_code", False):
        return shown_as(field, lambda one: format_html('<span title="{}">{}</span>', one, one.code))
    return name


def shown_as(field: Any, write: Callable[[Any], str]) -> Callable[[Any], str | None]:
    @admin.display(description=field.verbose_name, ordering=field.name)
    def column(row: Any) -> str | None:
        value = getattr(row, field.name)
        return None if value is None else write(value)

    column.__name__ = field.name
    return column


def searched_words(model: type[models.Model], paths: Iterable[str]) -> str:
    """Say in what a list is searched, such as: Order number, supplier."""
    words: dict[str, None] = {}
    for path in paths:
        steps = path.lstrip("=^@").split("__")
        words[word_of(model, steps)] = None
    text = ", ".join(words)
    return text[:1].upper() + text[1:]


def word_of(model: type[models.Model], steps: list[str]) -> str:
    """Name what a path leads to: the row that it refers to, of lines their goods."""
    field: Any = model._meta.get_field(steps[0])
    if len(steps) > 1 and field.one_to_many:
        return word_of(field.related_model, steps[1:])
    return str(field.verbose_name)


class ScopedList(ChangeList):
    """Offers to show all rows only where some are left out."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count
