"""Lists as CSV and XLSX: everything that the filters select, in flat memory."""

import csv
import re
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from decimal import Decimal
from itertools import chain, islice
from tempfile import TemporaryFile
from typing import Any

import orjson
from django.db import transaction
from django.http import FileResponse, StreamingHttpResponse
from rest_framework import serializers
from rest_framework.renderers import BaseRenderer

from common.api.renderers import encode

CHUNK = 500
ROWS_A_SHEET = 1_000_000  # a little below what a sheet can hold
LONGEST_CELL = 32_767  # characters, in a sheet
# The control characters that a sheet cannot hold.
UNFIT_FOR_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
CUT = " … (cut: export as CSV)"
# What makes a spreadsheet take a text for a formula, also in its full-width forms.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Columns = list[tuple[str, ...]]
Chunks = Generator[Iterable[Any], None, None]
Lines = Generator[list[list[Any]], None, None]


def chunks_of(rows: Any) -> Iterator[list[Any]]:
    """Yield the rows of a queryset some hundreds at a time, from one cursor of the database."""
    with transaction.atomic():
        found = rows.iterator(chunk_size=CHUNK)
        while some := list(islice(found, CHUNK)):
            yield some


def columns_of(serializer: Any) -> Columns:
    """Return the path of every column: a nested object becomes columns such as contact.email."""
    columns: Columns = []
    for name, field in serializer.fields.items():
        if field.write_only:
            continue
        if isinstance(field, serializers.Serializer):
            columns += [(name, *inner) for inner in columns_of(field)]
        else:
            columns.append((name,))
    return columns


def value_at(row: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        row = row.get(name) if isinstance(row, dict) else None
    return row


def cell_of(value: Any) -> Any:
    """Return a value as a cell: numbers as they are, text that no spreadsheet runs."""
    if isinstance(value, orjson.Fragment):  # what the database wrote
        value = orjson.loads(orjson.dumps(value))
    if isinstance(value, list | tuple | dict):
        if all(isinstance(entry, str) for entry in value) and not isinstance(value, dict):
            value = "; ".join(value)
        else:
            value = orjson.dumps(value, default=encode).decode()
    if isinstance(value, Decimal):
        return encode(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


class ExportRenderer(BaseRenderer):
    """A format that lists are given out in as a file; `answer` makes the response."""

    charset = None
    render_style = "binary"

    def render(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("Lists answer with a file; everything else is JSON.")

    def answer(self, name: str, columns: Columns, chunks: Chunks) -> Any:
        """Return the response with a heading and a line for each row of the chunks."""
        # The first rows are read now: what is wrong with the request shows here.
        first = next(chunks, [])

        def lines() -> Lines:
            with closing(chunks):
                for rows in chain([first], chunks):
                    yield [[cell_of(value_at(row, path)) for path in columns] for row in rows]

        return self.file_of(name, [".".join(path) for path in columns], lines())

    def file_of(self, name: str, heading: list[str], lines: Lines) -> Any:
        raise NotImplementedError


class Echo:
    """A file that gives back what is written, for csv.writer."""

    def write(self, text: str) -> str:
        return text


class CsvRenderer(ExportRenderer):
    """Comma-separated values in UTF-8, sent while they are read."""

    media_type = "text/csv"
    format = "csv"

    def file_of(self, name: str, heading: list[str], lines: Lines) -> Any:
        writer = csv.writer(Echo())

        def text() -> Iterator[str]:
            yield writer.writerow(heading)
            with closing(lines):
                for rows in lines:
                    yield "".join([writer.writerow([plain(cell) for cell in row]) for row in rows])

        return csv_response(name, text())


def csv_response(name: str, text: Iterator[Any]) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        text,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def plain(cell: Any) -> Any:
    return str(cell).lower() if isinstance(cell, bool) else cell


class XlsxRenderer(ExportRenderer):
    """An Excel workbook; it goes through a file on disk, because its directory comes last."""

    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    format = "xlsx"

    def file_of(self, name: str, heading: list[str], lines: Lines) -> Any:
        from openpyxl import Workbook  # noqa: PLC0415 - it loads numpy: a fifth of our start

        book = Workbook(write_only=True)
        sheet = new_sheet(book, heading)
        for number, row in enumerate(chain.from_iterable(lines)):
            if number and number % ROWS_A_SHEET == 0:
                sheet = new_sheet(book, heading)
            sheet.append([fitting(cell) for cell in row])
        file = TemporaryFile()  # noqa: SIM115 - the response closes it
        book.save(file)
        file.seek(0)
        return FileResponse(
            file, as_attachment=True, filename=f"{name}.xlsx", content_type=self.media_type
        )


def new_sheet(book: Any, heading: list[str]) -> Any:
    sheet = book.create_sheet()
    sheet.append([fitting(cell) for cell in heading])
    return sheet


def fitting(cell: Any) -> Any:
    """Return a cell as a sheet can hold it."""
    if not isinstance(cell, str):
        return cell
    text = UNFIT_FOR_XML.sub("\ufffd", cell)
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - len(CUT)] + CUT
