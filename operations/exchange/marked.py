"""A file as it was sent, and beside each row what is wrong with it: to be corrected and sent."""

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from tempfile import TemporaryFile
from typing import IO, Any

from operations.exchange.columns import LINE, PROBLEM, RETURNED
from operations.exchange.staging import Work
from operations.order_import.columns import plain

LINES_A_BLOCK = 2_000
# What a spreadsheet would run; a number with a sign is none of it.
RUN = re.compile(r"(?![+-][\d.,'’\s]*$)[=+\-@\t\r\n＝＋－＠]")
PROBLEMS = """
    SELECT line, string_agg(CASE WHEN field = '' THEN problem ELSE field || ': ' || problem END,
                            ' | ' ORDER BY field, problem)
    FROM import_problem GROUP BY line ORDER BY line"""


def write_marked(work: Work, file: IO[bytes]) -> None:
    """Write all rows as CSV, behind each its line in the file and what is wrong with it, if any.

    Cells beyond the header come last, so that the row is refused again as long as they are there.
    Reads the source a second time, and the problems some thousand lines at a time.
    """
    text = TextIOWrapper(file, "utf-8", newline="")
    writer = csv.writer(text)
    problems = lines_with_problems(work)
    line, problem = next(problems, (0, ""))
    with work.source.rows() as rows:
        for number, row in enumerate(rows, start=1):
            if number < work.header_line:
                continue
            if number == work.header_line:
                header = [cell.strip().lstrip("\ufeff") for cell in row]
                kept = [at for at, name in enumerate(header) if plain(name) not in RETURNED]
                writer.writerow([*(guarded(header[at]) for at in kept), LINE, PROBLEM])
            while line and line < number:
                line, problem = next(problems, (0, ""))
            if number == work.header_line or not any(cell.strip() for cell in row):
                continue
            cells = [guarded(row[at]) if at < len(row) else "" for at in kept]
            surplus = [guarded(cell) for cell in row[len(header) :]]
            cells += [str(number), problem if line == number else ""]
            writer.writerow(cells + surplus if any(surplus) else cells)
    work.run("CLOSE marked")
    text.flush()
    text.detach()


def lines_with_problems(work: Work) -> Iterator[tuple[int, str]]:
    work.run(f"DECLARE marked NO SCROLL CURSOR FOR {PROBLEMS}")
    while block := work.run(f"FETCH {LINES_A_BLOCK} FROM marked"):
        yield from block


def guarded(cell: str) -> str:
    """Return a cell as no spreadsheet runs it; reading takes the mark and outer spaces off."""
    text = cell.strip()
    return f"'{text}" if RUN.match(text) else text


@contextmanager
def marked_rows(job: Any, *, refused_only: bool) -> Iterator[Iterator[list[str]]]:
    """Open what was kept of a job by write_marked: the header, then all rows, or the refused."""
    with TemporaryFile() as packed:
        for content in job.marked_parts.values_list("content", flat=True).iterator(chunk_size=4):
            packed.write(content)
        packed.seek(0)
        with TextIOWrapper(packed, "utf-8", newline="") as text:
            yield rows_of(text, refused_only)


def rows_of(text: TextIOWrapper, refused_only: bool) -> Iterator[list[str]]:
    reader = csv.reader(text)
    heading = next(reader)
    yield heading
    for row in reader:
        if not refused_only or row[len(heading) - 1]:
            yield row
