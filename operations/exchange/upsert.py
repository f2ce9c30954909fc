"""Rows of a file beside those of a table: what is new, what changes, and both written at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from operations.exchange.fields import Field
from operations.exchange.staging import Work

ROWS_A_STATEMENT = 10_000
USER = "{user}"  # stands for the key of whoever imports


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A table that rows go to, found by a unique key.

    source: the table of the file's rows, with a column for each field and `line`.
    key: fields that find the row. given: further columns of the source, taken as they are.
    made: columns of new rows alone, as SQL. stamped: columns of every written row, as SQL.
    kept: of `stamped`, when an update leaves the old value, as SQL over `old` and `EXCLUDED`.
    """

    name: str
    table: str
    source: str
    key: Sequence[Field]
    fields: Sequence[Field]
    given: Sequence[tuple[str, str]] = ()
    made: Mapping[str, str] = field(default_factory=dict)
    stamped: Mapping[str, str] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)

    @property
    def staged(self) -> str:
        return f"import_{self.name}_final"

    @property
    def columns(self) -> list[str]:
        return [one.target for one in self.fields] + [name for name, _ in self.given]


def lock(work: Work, target: Target) -> None:
    """Lock the rows that the file speaks of, in the order of their keys."""
    work.run(
        f"SELECT e.id FROM {target.table} e JOIN {target.source} r ON {same_key(target)}"  # nosec B608
        " ORDER BY e.id FOR NO KEY UPDATE OF e"
    )


def same_key(target: Target) -> str:
    return " AND ".join(f'e.{one.target} = r."{one.name}"' for one in target.key)


def stage(work: Work, target: Target) -> None:
    """Make the table of rows as they shall be, each with its fate."""
    finals = [f'{final_value(work, one)} AS "{one.target}"' for one in target.fields]
    finals += [f'r."{name}" AS "{name}"' for name, _ in target.given]
    types = {one.target: one.type for one in target.fields} | dict(target.given)
    olds = [f'e."{name}"::{types[name]} AS "old_{name}"' for name in target.columns]
    keys = [f'r."{one.name}" AS "{one.target}"' for one in target.key]
    chosen = ", ".join(
        f'"{name}"' for name in [*(one.target for one in target.key), *target.columns]
    )
    now = ", ".join(f'"{name}"' for name in target.columns)
    before = ", ".join(f'"old_{name}"' for name in target.columns)
    work.make(
        target.staged,
        f"SELECT line, id, {chosen}, row_number() OVER (ORDER BY line) AS ordinal,"  # nosec B608
        f" CASE WHEN id IS NULL THEN 'new' WHEN ROW({now}) IS DISTINCT FROM ROW({before})"
        f" THEN 'changed' ELSE 'unchanged' END AS fate"
        f" FROM (SELECT r.line, e.id, {', '.join([*keys, *finals, *olds])}"
        f" FROM {target.source} r LEFT JOIN {target.table} e ON {same_key(target)}) AS beside",
    )


def final_value(work: Work, one: Field) -> str:
    """Return SQL for what a column shall hold: of the file, else what it holds, else a default."""
    kept = f'CASE WHEN e.id IS NULL THEN {one.default} ELSE e."{one.target}" END::{one.type}'
    if not work.has(one.name):
        return kept
    if one.empty is None:
        return f'coalesce(r."{one.name}", {kept})'
    empty = f"CASE WHEN e.id IS NULL THEN {one.default} ELSE {one.empty} END::{one.type}"
    return f'coalesce(r."{one.name}", {empty})'


def write(
    work: Work, target: Target, progress: tuple[int, int], *, found: str = "", joined: str = ""
) -> int:
    """Insert what is new and update what changes, some thousands at a time; return how many.

    found: a column whose value was not known when the rows were staged, and is now that of `id` in
    what is `joined` to the staged rows `s`.
    """
    written = [*(one.target for one in target.key), *target.columns]
    made = [*target.made, *target.stamped]
    values = [*target.made.values(), *target.stamped.values()]
    names = ", ".join(f'"{name}"' for name in [*written, *made])
    user = str(work.user.pk) if work.user else "NULL"
    chosen = ", ".join([*(f'"{name}"' for name in written), *values]).replace(USER, user)
    sets = [f'"{name}" = EXCLUDED."{name}"' for name in target.columns]
    for name in target.stamped:
        kept = target.kept.get(name)
        new = f'EXCLUDED."{name}"'
        value = f'CASE WHEN {kept} THEN old."{name}" ELSE {new} END' if kept else new
        sets.append(f'"{name}" = {value}')
    conflict = ", ".join(f'"{one.target}"' for one in target.key)
    taken = ", ".join(
        f'found.id AS "{name}"' if name == found else f's."{name}"' for name in written
    )
    work.make(
        f"{target.staged}_due",
        f"SELECT {taken}, row_number() OVER (ORDER BY s.line) AS turn"  # nosec B608
        f" FROM {target.staged} s {joined} WHERE s.fate <> 'unchanged'",
    )
    total = int(work.run(f"SELECT count(*) FROM {target.staged}_due")[0][0])  # nosec B608
    for first in range(0, total, ROWS_A_STATEMENT):
        work.run(
            f"INSERT INTO {target.table} AS old ({names})"  # nosec B608
            f" SELECT {chosen} FROM {target.staged}_due WHERE turn > %s AND turn <= %s"
            f" ORDER BY turn ON CONFLICT ({conflict}) DO UPDATE SET {', '.join(sets)}",
            [first, first + ROWS_A_STATEMENT],
        )
        begin, end = progress
        work.progress(begin + (end - begin) * min(first + ROWS_A_STATEMENT, total) // total)
    return total
