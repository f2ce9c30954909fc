"""What every kind of file says of itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from common.permissions import Can
from operations.exchange.fields import Field
from operations.exchange.staging import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of file; `resource` is its path in the API.

    judge: notes what is wrong with the rows in import_row beyond single cells. plan: makes
    import_fate, the fate of every line. write: does it. rows: of the export, as a query and its
    parameters, with a column for each field.
    """

    name: str
    title: str
    resource: str
    permission: Can
    fields: Sequence[Field]
    judge: Callable[[Work], None]
    plan: Callable[[Work], None]
    write: Callable[[Work], None]
    rows: Callable[[Any], tuple[str, Sequence[Any]]]


def refuse_twice(work: Work, *names: str) -> None:
    """Note rows whose fields are all those of an earlier row."""
    keys = ", ".join(f'"{name}"' for name in names)
    filled = " AND ".join(f'"{name}" IS NOT NULL' for name in names[:1])
    work.refuse(
        f"SELECT line, '{names[0]}', \"{names[0]}\","  # nosec B608
        " 'On line ' || first || ' as well. Remove one of the two.'"
        f' FROM (SELECT line, "{names[0]}", min(line) OVER (PARTITION BY {keys}) AS first'
        f" FROM import_row WHERE {filled}) AS found WHERE line > first"
    )
