"""Rows of a file beside those of a table: what is new, what changes, and both written at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError, transaction

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

    @property
    def written(self) -> list[str]:
        return [*(one.target for one in self.key), *self.columns]


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
    chosen = ", ".join(f'"{name}"' for name in target.written)
    now = ", ".join(f'"{name}"' for name in target.columns)
    before = ", ".join(f'"old_{name}"' for name in target.columns)
    work.make(
        target.staged,
        f"SELECT line, id, {chosen},"  # nosec B608
        f" CASE WHEN id IS NULL THEN 'new' WHEN ROW({now}) IS DISTINCT FROM ROW({before})"
        f" THEN 'changed' ELSE 'unchanged' END AS fate"
        f" FROM (SELECT r.line, e.id, {', '.join([*keys, *finals, *olds])}"
        f" FROM {target.source} r LEFT JOIN {target.table} e ON {same_key(target)}) AS beside"
        " ORDER BY line",
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
) -> None:
    """Insert what is new and update what changes, some thousands at a time.

    found: a column whose value was not known when the rows were staged, and is now that of `id` in
    what is `joined` to the staged rows `s`.
    """
    table, chosen = target.staged, " AND fate <> 'unchanged'"
    if found:
        table, chosen = f"{target.staged}_due", ""
        taken = ", ".join(
            f'found.id AS "{name}"' if name == found else f's."{name}"' for name in target.written
        )
        work.make(
            table,
            f"SELECT {taken} FROM {target.staged} s {joined}"  # nosec B608
            " WHERE s.fate <> 'unchanged' ORDER BY s.line",
        )
    insert = (
        f"{insert_of(work, target)} FROM {table} WHERE ctid >= %s::tid AND ctid < %s::tid{chosen}"
    )
    update = f"{insert} {update_of(target)}"
    is_new = not work.finds(f"SELECT FROM {target.staged} WHERE fate = 'changed'")  # nosec B608
    begin, end = progress
    for pages, done in parts(work, table):
        if not (is_new and inserted(work, insert, pages)):
            work.run(update, pages)
        work.progress(begin + int((end - begin) * done))


def insert_of(work: Work, target: Target) -> str:
    """Return the beginning of the statement that inserts rows; they have what they shall hold."""
    names = [*target.written, *target.made, *target.stamped]
    values = [f'"{name}"' for name in target.written]
    values += [*target.made.values(), *target.stamped.values()]
    user = str(work.user.pk) if work.user else "NULL"
    columns = ", ".join(f'"{name}"' for name in names)
    chosen = ", ".join(values).replace(USER, user)
    return f"INSERT INTO {target.table} AS old ({columns}) SELECT {chosen}"


def update_of(target: Target) -> str:
    """Return the end of the statement: what becomes of rows that are there."""
    sets = [f'"{name}" = EXCLUDED."{name}"' for name in target.columns]
    for name in target.stamped:
        kept = target.kept.get(name)
        new = f'EXCLUDED."{name}"'
        value = f'CASE WHEN {kept} THEN old."{name}" ELSE {new} END' if kept else new
        sets.append(f'"{name}" = {value}')
    conflict = ", ".join(f'"{one.target}"' for one in target.key)
    return f"ON CONFLICT ({conflict}) DO UPDATE SET {', '.join(sets)}"  # nosec B608


def parts(work: Work, table: str) -> Iterator[tuple[list[str], float]]:
    """Yield pages of a temporary table that hold some thousands of rows, and the share until there.

    Its rows lie in the order of the file, and pages are read without looking at the others.
    """
    rows, pages = work.run(
        f"SELECT count(*), pg_relation_size('{table}') / current_setting('block_size')::int"  # nosec B608
        f" FROM {table}"
    )[0]
    step = max(1, pages * ROWS_A_STATEMENT // max(rows, 1))
    for first in range(0, pages, step):
        last = min(first + step, pages)
        yield [f"({first},0)", f"({last},0)"], last / pages


def inserted(work: Work, insert: str, pages: Sequence[str]) -> bool:
    """Insert rows that are all new, which costs less than to expect that they may be there.

    Changes nothing and returns False where somebody else has added one of them meanwhile.
    """
    try:
        with transaction.atomic():
            work.run(insert, pages)
    except IntegrityError:
        return False
    return True
