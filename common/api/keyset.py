"""Cursors: a page begins after a row, not after a number of rows, and is as fast at any depth."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db.models import Q
from rest_framework.exceptions import ValidationError

KEYS = ("pk", "id")


@dataclass(frozen=True, slots=True)
class Position:
    """The last row of a page: its value in the ordering, its key, and how many came so far."""

    value: str
    key: int
    seen: int
    total: int
    is_estimated: bool


@dataclass(frozen=True, slots=True)
class Keyset:
    """An ordering by one column and then the primary key, both in the same direction."""

    field: str
    is_descending: bool
    salt: str

    @property
    def is_by_key(self) -> bool:
        return self.field in KEYS

    def write(self, position: Position) -> str:
        """Return an opaque, signed text that stands for a position in this ordering."""
        body = [
            self.field, self.is_descending, position.value, position.key, position.seen,
            position.total, position.is_estimated,
        ]  # fmt: skip
        return signing.dumps(body, salt=self.salt)

    def read(self, cursor: str) -> Position:
        """Return the position of a cursor that we made for this list in this ordering."""
        try:
            field, is_descending, *position = signing.loads(cursor, salt=self.salt)
        except signing.BadSignature:
            text = "Not a cursor of this list. Send next_cursor as it was given, or begin anew."
            raise ValidationError({"cursor": [text]}) from None
        if (field, is_descending) != (self.field, self.is_descending):
            text = "Was given in another ordering. Send the same ordering, or begin anew."
            raise ValidationError({"cursor": [text]})
        return Position(*position)

    def after(self, rows: Any, position: Position) -> Any:
        """Narrow rows to those after a position."""
        beyond = "lt" if self.is_descending else "gt"
        if self.is_by_key:
            return rows.filter(**{f"pk__{beyond}": position.key})
        # The first condition alone says where an index begins; the second one parts equal values.
        return rows.filter(
            Q(**{f"{self.field}__{beyond}e": position.value})
            & (
                Q(**{f"{self.field}__{beyond}": position.value})
                | Q(**{f"pk__{beyond}": position.key})
            )
        )

    def value_of(self, row: Any) -> str:
        if self.is_by_key:
            return ""
        value = row[self.field] if isinstance(row, dict) else getattr(row, self.field)
        return value.isoformat() if hasattr(value, "isoformat") else str(value)

    def key_of(self, row: Any) -> int:
        return int(row["id"] if isinstance(row, dict) else row.pk)


def keyset_of(rows: Any, fields: Collection[str], salt: str) -> Keyset | None:
    """Return how to go through rows by cursor, if their ordering permits it."""
    ordering = rows.query.order_by or (
        rows.query.get_meta().ordering if rows.query.default_ordering else ()
    )
    names = [str(name) for name in ordering]
    if not names or len(names) > 2 or any(not isinstance(name, str) for name in ordering):
        return None
    directions = {name.startswith("-") for name in names}
    field = names[0].removeprefix("-")
    ends_in_key = names[-1].removeprefix("-") in KEYS
    known = field in KEYS or field in fields
    if not (fields and known and ends_in_key and len(directions) == 1):
        return None
    return Keyset(field, directions.pop(), salt)
