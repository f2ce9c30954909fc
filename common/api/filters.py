"""Filters that refuse what they do not understand instead of ignoring it."""

from collections.abc import Container
from datetime import UTC, date, datetime, time
from typing import Any

from django.db.models import F, QuerySet
from django_filters import rest_framework as filters
from django_filters.utils import translate_validation
from rest_framework.exceptions import ValidationError
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request

RESERVED = {"page", "limit", "search", "ordering", "format", "view"}


class StrictFilterBackend(filters.DjangoFilterBackend):
    """Refuse an invalid value, and a parameter that the list does not know, by name."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        if getattr(view, "action", "list") != "list":
            return queryset
        filterset_class = self.get_filterset_class(view, queryset)
        filters = set(filterset_class.base_filters) if filterset_class else set()
        known = RESERVED | filters
        known |= set(getattr(view, "extra_parameters", ()))
        known |= {"cursor"} if getattr(view, "keyset_fields", ()) else set()
        unknown = {
            name: [f"Unknown parameter. Known: {', '.join(sorted(known))}."]
            for name in request.query_params
            if name not in known
        }
        if unknown:
            raise ValidationError(unknown)
        if filters.isdisjoint(request.query_params):
            return queryset
        filterset = self.get_filterset(request, queryset, view)
        if not filterset.is_valid():
            raise translate_validation(filterset.errors)
        return filterset.qs


class StrictOrderingFilter(OrderingFilter):
    """Order by the fields that the view names in `ordering_fields`; refuse others.

    The primary key parts equal values, in the direction of the last field, as the indexes do.
    Rows without a value come last, either way, where the view says so in `nulls_last_fields`.
    """

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        text = request.query_params.get(self.ordering_param, "")
        allowed = list(getattr(view, "ordering_fields", ()) or ())
        wrong = [name for name in text.split(",") if name and name.lstrip("-") not in allowed]
        if wrong:
            known = ", ".join(sorted(allowed)) or "none"
            raise ValidationError({"ordering": [f"Unknown field {wrong[0][:50]!r}: use {known}."]})
        ordering = self.get_ordering(request, queryset, view)
        if not ordering:
            return queryset
        last = ordering[-1]
        if last.lstrip("-") not in ("pk", "id"):
            ordering = [*ordering, "-pk" if last.startswith("-") else "pk"]
        last_if_null = getattr(view, "nulls_last_fields", ())
        return queryset.order_by(*(nulls_last(name, last_if_null) for name in ordering))


def nulls_last(name: str, fields: Container[str]) -> Any:
    """Return an ordering by a field, with rows that lack it last if it is one of the fields."""
    plain = name.lstrip("-")
    if plain not in fields:
        return name
    return F(plain).desc(nulls_last=True) if name != plain else F(plain).asc(nulls_last=True)


class ReferenceFilter(filters.CharFilter):
    """Filter by a row's code or primary key among those visible to the caller."""

    def __init__(self, *args: Any, queryset: Any, **kwargs: Any) -> None:
        self.referred = queryset
        super().__init__(*args, **kwargs)

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        if not value:
            return qs
        user = self.parent.request.user
        row = self.referred().visible_to(user).by_reference(value).first()
        if row is None:
            raise ValidationError({self.label_name: [f"Unknown reference {value[:50]!r}."]})
        return qs.filter(**{self.field_name: row})

    @property
    def label_name(self) -> str:
        return next(str(name) for name, one in self.parent.filters.items() if one is self)


class FromDay(filters.DateFilter):
    """From the first moment of a day, UTC: compares the column itself, so that indexes serve."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, lookup_expr="gte", **kwargs)

    def filter(self, qs: Any, value: date | None) -> Any:
        start = None if value is None else datetime.combine(value, time.min, UTC)
        return super().filter(qs, start)


class ToDay(filters.DateFilter):
    """To the last moment of a day, UTC."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, lookup_expr="lte", **kwargs)

    def filter(self, qs: Any, value: date | None) -> Any:
        end = None if value is None else datetime.combine(value, time.max, UTC)
        return super().filter(qs, end)


class StrictBooleanFilter(filters.TypedChoiceFilter):
    """True or false in any case, also 1 or 0; anything else is refused."""

    VALUES = {"true": True, "1": True, "false": False, "0": False}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        choices = [(text, text) for written in self.VALUES for text in spellings(written)]
        super().__init__(*args, choices=choices, coerce=self.as_boolean, **kwargs)

    def as_boolean(self, text: str) -> bool:
        return self.VALUES[text.lower()]


def spellings(text: str) -> list[str]:
    return list(dict.fromkeys([text, text.title(), text.upper()]))
