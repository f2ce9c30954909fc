"""What every kind of file says of itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from common.permissions import Can
from operations.exchange.fields import Field
from operations.exchange.staging import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of file; `resource` is its path in the API, `permission` that to import it,
    `view` that to export it.

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
    view: Can = Can.VIEW_STOCK


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


def refuse_contradictions(work: Work, key: str, names: Sequence[str], noun: str) -> None:
    """Note rows of one document that say different things of it; empty cells say nothing."""
    told = [name for name in names if work.has(name)]
    if not told:
        return
    differ = " OR ".join(f'r."{name}" <> f."{name}"' for name in told)
    whens = " ".join(f'WHEN r."{name}" <> f."{name}" THEN \'{name}\'' for name in told)
    work.refuse(
        f"SELECT r.line, CASE {whens} END, '',"  # nosec B608
        f" 'Not as on line ' || f.line || ', of the same {noun}.'"
        f' FROM (SELECT "{key}", min(line) AS line FROM import_row'
        f' GROUP BY "{key}" HAVING count(*) > 1) AS several'
        " JOIN import_row f ON f.line = several.line"
        f' JOIN import_row r ON r."{key}" = several."{key}" AND r.line > f.line'
        f" WHERE {differ}"
    )
