"""One file, judged or imported."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.db import connection, transaction

from common.exceptions import Busy
from inventory.services.search_texts import search_texts_written_once
from operations.exchange.files import NAMES, look_at
from operations.exchange.kinds.base import Kind
from operations.exchange.marked import write_marked
from operations.exchange.staging import Options, Progress, Work, load

MOST_PROBLEMS, MOST_GROUPS = 1_000, 50
FATES = ("new", "changed", "unchanged", "refused")
LOCK = 0x1111  # of advisory locks: one import at a time
RANGES = """
    SELECT fate, min(line), max(line)
    FROM (SELECT fate, line, line - row_number() OVER (PARTITION BY fate ORDER BY line) AS island
          FROM import_fate) AS numbered
    GROUP BY fate, island ORDER BY 2"""

GROUPS = f"""
    SELECT field, problem, count(*), min(line), (array_agg(coalesce(value, '') ORDER BY line))[1]
    FROM import_problem GROUP BY field, problem ORDER BY 3 DESC, 4, 1 LIMIT {MOST_GROUPS}"""  # nosec B608


@dataclass(slots=True)
class Report:
    """What became of a file, or would become of it.

    sheet: of a workbook, the one that was read.
    lines: by fate, the ranges of the file's lines that have it; the header is mostly line 1.
    problems: the first ones; `problem_count` is how many there are.
    groups: the problems by column and text, the most frequent first, each with its first line.
    is_marked: whether the rows were written with their problems.
    """

    format: str = ""
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    preset: str = ""
    columns: list[str] = field(default_factory=list)
    ignored_columns: list[str] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)
    lines: dict[str, list[list[int]]] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)
    problem_count: int = 0
    groups: list[dict[str, Any]] = field(default_factory=list)
    is_marked: bool = False
    is_imported: bool = False


@transaction.atomic
def import_file(
    *,
    kind: Kind,
    path: Path,
    options: Options,
    commit: bool,
    progress: Progress,
    acting_user: Any,
    marked: IO[bytes] | None = None,
) -> Report:
    """Judge every row of a file; with `commit`, write all of them if none is refused, else none.

    Where rows are refused, all rows are written to `marked`, with what is wrong with each.

    Locks, with `commit`, one import at a time, then the rows concerned in the order of their keys,
    then balances. Raises CannotRead, FileTooLarge, and Busy while another import runs.
    """
    source = look_at(path, encoding=options.encoding, delimiter=options.delimiter)
    with connection.cursor() as cursor:
        work = Work(cursor, kind.fields, options, acting_user, progress, source, commit)
        if commit and not work.run("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])[0][0]:
            raise Busy("Another import is running. Send the file again when it is done.")
        load(work, kind.name)
        kind.judge(work)
        if work.problems:
            # Nothing will be written; what would become of the other rows is told all the same.
            work.commits = False
            work.run("DELETE FROM import_row WHERE line IN (SELECT line FROM import_problem)")
        kind.plan(work)
        report = report_on(work)
        if report.totals["refused"] and marked is not None:
            write_marked(work, marked)
            report.is_marked = True
        if work.commits and not report.problem_count:
            with search_texts_written_once():
                kind.write(work)
            report.is_imported = True
        elif commit:
            transaction.set_rollback(True)  # categories may have been made on the way
        return report


def report_on(work: Work) -> Report:
    """Tell the fate of every line, and the first problems."""
    work.run("DELETE FROM import_fate WHERE line IN (SELECT line FROM import_problem)")
    work.run("INSERT INTO import_fate SELECT DISTINCT line, 'refused' FROM import_problem")
    counted = dict(
        work.run(
            "SELECT fate, count(*) FROM import_fate WHERE line > %s GROUP BY fate",
            [work.header_line],
        )
    )
    problems = work.run(
        "SELECT line, field, coalesce(value, ''), problem FROM import_problem"  # nosec B608
        f" ORDER BY line, field, problem LIMIT {MOST_PROBLEMS}"
    )
    work.progress(25)
    return Report(
        format=work.source.format,
        encoding=work.source.encoding,
        delimiter=NAMES.get(work.source.delimiter, work.source.delimiter),
        sheet=work.source.sheet,
        preset=work.mapped.preset,
        columns=list(work.mapped.positions),
        ignored_columns=work.mapped.ignored,
        totals={"rows": work.rows, **{fate: int(counted.get(fate, 0)) for fate in FATES}},
        lines=ranges(work.run(RANGES)),
        problems=[
            dict(zip(("line", "column", "value", "problem"), row, strict=True)) for row in problems
        ],
        problem_count=work.problems,
        groups=[
            dict(zip(("column", "problem", "count", "line", "value"), row, strict=True))
            for row in work.run(GROUPS)
        ],
    )


def ranges(rows: Sequence[tuple[str, int, int]]) -> dict[str, list[list[int]]]:
    found: dict[str, list[list[int]]] = defaultdict(list)
    for fate, first, last in rows:
        found[fate].append([first, last])
    return dict(found)
