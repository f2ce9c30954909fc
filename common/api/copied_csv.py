"""Long lists as CSV: the database writes the lines (COPY), and we pass them on.

Dozens of times as fast as reading rows to write them again. A view names in `csv_columns` what the
database writes in each column; the cells say what the other formats say.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import Func, TextField
from django.http import StreamingHttpResponse

from common.api.exports import FORMULA_STARTS, csv_response

LINES_A_CHUNK = 1000
LONGEST = "30min"  # of one export, where other statements have seconds

STARTS = ", ".join(str(ord(start)) for start in FORMULA_STARTS)


class TextCell(Func):
    """Text that no spreadsheet runs as a formula; empty text is an empty cell."""

    arity = 1
    output_field = TextField()
    template = (
        f"CASE WHEN ascii(%(expressions)s) IN ({STARTS}) THEN '''' || %(expressions)s"
        " ELSE nullif(%(expressions)s, '') END"
    )


class NumberCell(Func):
    """A number without the zeros at its end."""

    arity = 1
    function = "trim_scale"


class TimeCell(Func):
    """A time as the API writes it, such as 2026-01-31T12:00:00.000000Z."""

    arity = 1
    output_field = TextField()
    template = """to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


class CodeCell(Func):
    """A code of a prefix and a key of at least so many digits, such as USR001."""

    arity = 1
    output_field = TextField()
    template = (
        "'%(prefix)s' || CASE WHEN %(expressions)s < %(limit)s"
        " THEN lpad(%(expressions)s::text, %(digits)s, '0') ELSE %(expressions)s::text END"
    )

    def __init__(self, key: str, prefix: str, digits: int) -> None:
        super().__init__(key, prefix=prefix, digits=digits, limit=10**digits)


def copied_csv(name: str, rows: Any, columns: Mapping[str, Any]) -> StreamingHttpResponse:
    """Return the response with a heading and a line for each row of a queryset.

    The copying begins when the answer is sent: while it lasts, its connection does nothing else.
    """
    query = rows.values_list(*columns.values()).query
    operations: Any = connection.ops
    statement = operations.compose_sql(*query.sql_with_params())

    def text() -> Iterator[bytes]:
        yield (",".join(columns) + "\r\n").encode()
        yield from lines_of(statement)

    return csv_response(name, text())


def lines_of(statement: str) -> Iterator[bytes]:
    """Yield the lines of a statement's rows, many at a time."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [LONGEST])
        with cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT csv)") as copy:
            lines = iter(copy)
            while some := list(islice(lines, LINES_A_CHUNK)):
                yield b"".join([b"%b\r\n" % bytes(line)[:-1] for line in some])
