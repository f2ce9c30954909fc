"""XLSX files: what is too large is refused before it is unpacked; of formulas, values are read."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from common.archives import DAMAGE
from operations.exchange.exceptions import CannotRead, FileTooLarge

MOST_ENTRIES = 2_000
MOST_UNPACKED = 400 * 1024 * 1024
MOST_RATIO = 200  # what spreadsheets write is some twenty times as long unpacked
FREE_OF_RATIO = 4 * 1024 * 1024
MOST_INDEX = 1024 * 1024
BLOCK = 1 << 20
LONGEST_ROW = 16 * BLOCK
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
# A cell with a formula and no value: what wrote the file never calculated it.
# Read in one pass: a pattern of whole cells looks for the end of each anew where there is none.
CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])")
END_OF_CELL = re.compile(rb"</(?:\w+:)?c>")
FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
VALUE = re.compile(rb"<(?:\w+:)?v>[^<]")
ERROR = re.compile(rb"""\bt=["']e["']""")
# Not `xm:f`, which is of a drop-down or a sparkline behind the cells.
FILLED = re.compile(rb"<(?!xm:)(?:\w+:)?(?:v|is|f)[\s>]")
LONGEST_TAG = 64
REFERENCE = re.compile(rb'\br="([A-Z]{1,3}[0-9]{1,7})"')


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook, and the part of the archive that holds it."""

    name: str
    part: str


def sheet_of(path: Path) -> Sheet:
    """Return the first visible sheet that has cells; raises CannotRead and FileTooLarge.

    Nothing is unpacked of what would unpack to more than a table of goods is.
    """
    with unpacked(path) as archive:
        refuse_bomb(archive)
        sheets = visible_sheets(archive)
        sheet = next((one for one in sheets if has_cells(archive, one)), None)
        if sheet is None:
            raise CannotRead("The workbook has no visible sheet with rows. Save the table in one.")
        refuse_unknown_values(archive, sheet)
        return sheet


def workbook_rows(path: Path, name: str) -> Iterator[list[str]]:
    """Yield the rows of a sheet as texts; raises CannotRead."""
    from python_calamine import (  # noqa: PLC0415 - needed for XLSX alone
        CalamineError,
        CalamineWorkbook,
    )

    try:
        with closing(CalamineWorkbook.from_path(path)) as workbook:
            sheet = workbook.get_sheet_by_name(name)
            start = sheet.start
            for _ in range(start[0] if start else 0):
                yield []
            margin = [""] * (start[1] if start else 0)
            for row in sheet.iter_rows():
                yield margin + [text_of(cell) for cell in row]
    except (CalamineError, IndexError, ValueError) as error:
        raise CannotRead(f"This is not a readable XLSX file ({error}). Save it again.") from None


@contextmanager
def unpacked(path: Path) -> Iterator[ZipFile]:
    """Open the archive of a workbook; what is wrong with it is told to whoever sent it."""
    try:
        with ZipFile(path) as archive:
            yield archive
    except DefusedXmlException:
        raise CannotRead("The workbook declares entities of its own. Save it as CSV.") from None
    except (*DAMAGE, OSError, ElementTree.ParseError):
        raise CannotRead("This is not a readable XLSX file. Save it again.") from None


def refuse_bomb(archive: ZipFile) -> None:
    """Raise FileTooLarge for an archive that would unpack to more than a table of goods is."""
    entries = archive.infolist()
    whole = sum(entry.file_size for entry in entries)
    packed = max(sum(entry.compress_size for entry in entries), 1)
    is_dense = whole > FREE_OF_RATIO and whole / packed > MOST_RATIO
    if len(entries) > MOST_ENTRIES or whole > MOST_UNPACKED or is_dense:
        raise FileTooLarge(
            f"Unpacked, this file has {len(entries)} parts and {whole:,} bytes, "
            f"{whole // packed} times what it has packed. Save the rows alone as CSV."
        )
    if "xl/workbook.xml" not in {entry.filename for entry in entries}:
        raise CannotRead("This is a ZIP archive, but no XLSX workbook. Save the table as XLSX.")
    if any(entry.flag_bits & 1 for entry in entries):
        raise CannotRead("This file is encrypted. Save it without a password.")


def refuse_unknown_values(archive: ZipFile, sheet: Sheet) -> None:
    """Raise CannotRead that names the first cell that holds an error, or a formula without value.

    A file that was never calculated has formulas alone; an error would be read as an empty cell.
    """
    with archive.open(sheet.part) as content:
        rest = b""
        while block := content.read(BLOCK):
            text = rest + block
            cut = text.rfind(b"<") if b"<row" not in text else text.rfind(b"<row")
            rest = text[cut:]
            if len(rest) > LONGEST_ROW:
                raise CannotRead("A row of the sheet is too long. Save the table as CSV.")
            if FORMULA.search(text) or ERROR.search(text):
                refuse_unknown_cells(text[:cut])
        refuse_unknown_cells(rest)


def refuse_unknown_cells(text: bytes) -> None:
    for cell in CELL.split(text)[1:]:
        attributes, _, rest = cell.partition(b">")
        is_empty = attributes.endswith(b"/")
        content = b"" if is_empty else END_OF_CELL.split(rest, maxsplit=1)[0]
        is_error = ERROR.search(attributes)
        if not is_error and (not FORMULA.search(content) or VALUE.search(content)):
            continue
        found = REFERENCE.search(attributes)
        where = f"Cell {found[1].decode()}" if found else "A cell"
        if is_error:
            raise CannotRead(
                f"{where} holds an error, such as #N/A. Correct it, or empty the cell."
            )
        raise CannotRead(
            f"{where} holds a formula that was never calculated. Open the file in a "
            "spreadsheet program, save it, and send it again; or write the value itself."
        )


def visible_sheets(archive: ZipFile) -> Iterator[Sheet]:
    """Yield the sheets of rows that people see, in their order."""
    book = ElementTree.fromstring(index_of(archive, "xl/workbook.xml"))
    relations = ElementTree.fromstring(index_of(archive, "xl/_rels/workbook.xml.rels"))
    targets = {
        part.get("Id"): part.get("Target", "")
        for part in relations
        if part.get("Type", "").endswith("/worksheet")
    }
    for part in book.iter():
        target = targets.get(part.get(RELATION)) if part.tag.endswith("}sheet") else None
        if target and part.get("state", "visible") == "visible":
            is_whole = target.startswith("/")
            yield Sheet(part.get("name", ""), target.lstrip("/") if is_whole else f"xl/{target}")


def has_cells(archive: ZipFile, sheet: Sheet) -> bool:
    with archive.open(sheet.part) as content:
        rest = b""
        while block := content.read(BLOCK):
            if FILLED.search(rest + block):
                return True
            rest = block[-LONGEST_TAG:]
    return False


def index_of(archive: ZipFile, name: str) -> bytes:
    if archive.getinfo(name).file_size > MOST_INDEX:
        raise FileTooLarge("The workbook has too many sheets. Save the rows alone as CSV.")
    return archive.read(name)


def text_of(cell: Any) -> str:
    """Write a cell as a text: numbers with a point, dates as 2026-01-31."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float | int):
        return number_text(cell)
    if isinstance(cell, datetime):
        return (cell.date() if cell.time() == time() else cell).isoformat()
    return cell.isoformat() if isinstance(cell, date | time) else str(cell or "")


def number_text(number: float) -> str:
    """Write a number with the fifteen digits that a spreadsheet keeps, without an exponent."""
    if number == int(number) and abs(number) < 1e15:
        return str(int(number))
    text = f"{number:.15g}"
    return f"{number:.20f}".rstrip("0") if "e" in text else text
