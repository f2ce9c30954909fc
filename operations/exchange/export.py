"""The files that imports read, written: what goes out comes back the same."""

import csv
from collections.abc import Iterator
from io import StringIO
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Any

from django.db import connection, transaction

from operations.exchange.fields import Field, literal
from operations.exchange.kinds.base import Kind

# What a spreadsheet would run gets a mark before it, and so do texts that begin with such a mark.
RUN = "^'*[=+@\t\r\n＝＋－＠-]"
LISTED_AS_JSON = r";|^\[|^\s|\s$|^$"
WRITTEN_MOMENT = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
LONGEST = "30min"
ROWS_A_BLOCK = 1_000


def export_query(kind: Kind, user: Any) -> tuple[str, list[Any]]:
    """Return the query whose rows are the cells of a kind's file."""
    rows, parameters = kind.rows(user)
    cells = ", ".join(f'{cell_of(one)} AS "{one.name}"' for one in kind.fields)
    return f"SELECT {cells} FROM ({rows}) AS exported", list(parameters)  # nosec B608


def cell_of(one: Field) -> str:
    """Return SQL for the cell of a field: a text that its column reads back as the same value."""
    name = f'"{one.name}"'
    if one.type in ("numeric", "integer"):
        return f"trim_scale({name}::numeric)"
    if one.type == "boolean":
        return f"CASE WHEN {name} THEN 'yes' WHEN NOT {name} THEN 'no' END"
    if one.type == "jsonb":
        return f"nullif({name}::text, '{{}}')"
    if one.type == "date":
        return f"{name}::text"
    if one.type == "timestamptz":
        return f"to_char({name} AT TIME ZONE 'UTC', '{WRITTEN_MOMENT}')"
    text = f"{name}::text"
    if one.type == "text[]":
        listed = f"EXISTS (SELECT FROM unnest({name}) AS w WHERE w ~ {literal(LISTED_AS_JSON)})"  # nosec B608
        joined = f"array_to_string({name}, '; ')"
        text = f"CASE WHEN {listed} THEN to_jsonb({name})::text ELSE {joined} END"
    return f"nullif(CASE WHEN {text} ~ {literal(RUN)} THEN '''' ELSE '' END || {text}, '')"


def csv_lines(kind: Kind, user: Any) -> Iterator[bytes]:
    """Yield a kind's file as CSV, copied out of the database."""
    heading = StringIO()
    csv.writer(heading).writerow([one.name for one in kind.fields])
    yield heading.getvalue().encode()
    query, parameters = export_query(kind, user)
    operations: Any = connection.ops
    statement = operations.compose_sql(query, parameters)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [LONGEST])
        with cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT csv)") as copy:
            lines = iter(copy)
            while some := list(islice(lines, ROWS_A_BLOCK)):
                yield b"".join([b"%b\r\n" % bytes(line)[:-1] for line in some])


def xlsx_file(kind: Kind, user: Any) -> IO[bytes]:
    """Return a kind's file as a workbook that is open at its beginning."""
    # Openpyxl loads numpy: a fifth of our start.
    from openpyxl import Workbook  # noqa: PLC0415
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE as UNFIT  # noqa: PLC0415

    book = Workbook(write_only=True)
    query, parameters = export_query(kind, user)
    sheet = book.create_sheet(kind.name)
    sheet.append([one.name for one in kind.fields])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [LONGEST])
        cursor.execute(query, parameters)
        while some := cursor.fetchmany(ROWS_A_BLOCK):
            for row in some:
                sheet.append(
                    [UNFIT.sub("\ufffd", cell) if isinstance(cell, str) else cell for cell in row]
                )
    file = TemporaryFile()  # noqa: SIM115 - who sends it closes it
    book.save(file)
    file.seek(0)
    return file
