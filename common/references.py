"""A reference is a business code or a primary key; where a value is both, the code wins."""

from collections.abc import Callable, Iterable
from typing import Any, Self

from django.db import models
from django.db.models import Case, IntegerField, Q, Value, When

MAX_PRIMARY_KEY = 2**63 - 1


def as_primary_key(reference: object) -> int | None:
    """Return the primary key that a reference may be, or None."""
    text = str(reference).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 19):
        return None
    number = int(text)
    return number if number <= MAX_PRIMARY_KEY else None


class ReferenceQuerySet(models.QuerySet[Any]):
    """Rows found by code or primary key; the model names its code field in `code_field`."""

    def visible_to(self, user: Any) -> Self:
        """Everything: models whose rows belong to a warehouse override this."""
        return self

    def by_reference(self, reference: object) -> Self:
        """Narrow to the row whose code, or else whose primary key, is `reference`."""
        key = as_primary_key(reference)
        if self.model.code_field == "pk":  # a model without a code of its own
            return self.filter(pk=key) if key is not None else self.none()
        return self.named(str(reference).strip().upper(), key)

    def named(self, code: Any, key: Any) -> Self:
        """Narrow to the row of a code, or else of a primary key if there is one."""
        field = self.model.code_field
        matches = Q(**{field: code})
        if key is not None:
            matches |= Q(pk=key)
        rank = Case(
            When(**{field: code}, then=Value(0)), default=Value(1), output_field=IntegerField()
        )
        return self.filter(matches).order_by(rank)

    def coded(self, codes: Iterable[str]) -> Self:
        """Narrow to the rows of some codes."""
        return self.filter(**{f"{self.model.code_field}__in": list(codes)})

    def by_references(self, references: Iterable[object]) -> dict[str, Any]:
        """Return the rows of many references in one query, keyed by `str(reference)` as given."""
        field = self.model.code_field
        return matched(
            references,
            field,
            lambda codes, keys: self.filter(Q(**{f"{field}__in": codes}) | Q(pk__in=keys)),
        )


def matched(
    references: Iterable[object],
    code_field: str,
    find: Callable[[list[str], list[int]], Iterable[Any]],
) -> dict[str, Any]:
    """Return the row of each reference, keyed by `str(reference)` as given.

    `find` is asked once for the rows of codes and of primary keys.
    """
    wanted = {str(reference): str(reference).strip().upper() for reference in references}
    keys = {text: as_primary_key(text) for text in wanted}
    rows = list(find(list(wanted.values()), [key for key in keys.values() if key is not None]))
    by_code = {getattr(row, code_field): row for row in rows}
    by_key = {row.pk: row for row in rows}
    found = {text: by_code.get(code) or by_key.get(keys[text]) for text, code in wanted.items()}
    return {text: row for text, row in found.items() if row is not None}
