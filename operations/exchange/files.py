"""Uploaded files as rows of texts, whatever wrote them; what they are is found out and said."""

import codecs
import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operations.exchange.exceptions import CannotRead
from operations.exchange.workbooks import sheet_of, workbook_rows

SAMPLE = 65_536
DELIMITERS = ",;\t|"
LONGEST_CELL = 100_000
# Of the whole process, so it is set once; what we give back is longer than what we take.
csv.field_size_limit(2 * LONGEST_CELL)
MOST_COLUMNS = 500
NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
OTHERS = {
    b"\xd0\xcf\x11\xe0": "an old Excel file (XLS)",
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture (PNG)",
    b"\xff\xd8\xff": "a picture (JPEG)",
    b"GIF8": "a picture (GIF)",
    b"\x1f\x8b": "a compressed file (gzip)",
    b"PAR1": "a Parquet file",
    b"{\\rtf": "a text document (RTF)",
    b"7z\xbc\xaf": "an archive (7z)",
    b"Rar!": "an archive (RAR)",
    b"\x7fELF": "a program",
    b"MZ": "a program",
}
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What begins so is no header of ours: an object or a list in braces or brackets.
JSON = re.compile(r"\ufeff?\s*(\{\s*[\"}]|\[\s*[\[{\"\]])")
NO_TABLE = "This is no table of text, or it holds NUL characters. Save the table as CSV or XLSX."
# The line by which Excel tells itself.
TOLD_DELIMITER = re.compile(r"\ufeff?sep=([,;\t|])\r?[\r\n]", re.IGNORECASE)
# What our exports put before a text that a spreadsheet would run as a formula.
QUOTED = re.compile("^'+[=+\\-@\t\r\n＝＋－＠]")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file on disk, and how it is to be read."""

    path: Path
    format: str
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""

    @contextmanager
    def rows(self) -> Iterator[Iterator[list[str]]]:
        """Open the file; its rows are read one after another, the header first."""
        if self.format == "xlsx":
            yield workbook_rows(self.path, self.sheet)
            return
        with self.path.open(encoding=self.encoding, newline="") as file:
            yield self.text_rows(csv.reader(file, delimiter=self.delimiter, strict=True))

    def text_rows(self, reader: Any) -> Iterator[list[str]]:
        begun = 1
        try:
            for row in reader:
                if max(map(len, row), default=0) > LONGEST_CELL:
                    raise CannotRead(too_long(begun))
                yield row
                begun = reader.line_num + 1
        except csv.Error as error:
            raise CannotRead(unreadable(str(error), begun)) from None
        except UnicodeDecodeError as error:
            raise CannotRead(
                f"The text is not {self.encoding} throughout ({error.reason}). Save it as UTF-8."
            ) from None


def unreadable(error: str, begun: int) -> str:
    """Say what is wrong with the row of a CSV that begins on a line."""
    row = f"The row that begins on line {begun}"
    if "unexpected end" in error:
        return f"{row} has a quotation mark that is never closed. Close it, or take it out."
    if "field limit" in error:
        return too_long(begun)
    if "expected after" in error:
        return f"{row} has a quotation mark inside a quoted text. Write it twice there."
    return f"{row} is not readable CSV: {error}. Save the file again."


def too_long(begun: int) -> str:
    return (
        f"The row that begins on line {begun} has a cell of more than {LONGEST_CELL:,} characters:"
        " mostly because a quotation mark is never closed. This is not readable CSV; close it, or"
        " take it out."
    )


def look_at(path: Path, *, encoding: str = "", delimiter: str = "") -> SourceFile:
    """Find out what a file is by its contents, whatever its name; raises CannotRead."""
    with path.open("rb") as file:
        start = file.read(SAMPLE)
    if not start.strip():
        raise CannotRead("The file is empty. Send a header line and the rows below it.")
    if start.startswith(b"PK\x03\x04"):
        return SourceFile(path, "xlsx", sheet=sheet_of(path).name)
    for magic, what in OTHERS.items():
        if start.startswith(magic):
            raise CannotRead(
                f"This is {what}, whatever its name says. Save the table as CSV or XLSX."
            )
    is_told, encoding = bool(encoding), encoding or encoding_of(path, start)
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(start)
    except LookupError:
        raise CannotRead(f'Unknown encoding "{encoding}". Use utf-8, utf-16 or cp1252.') from None
    except UnicodeDecodeError:
        told = f"The text is not {encoding}. Leave the encoding out, or correct it."
        raise CannotRead(told if is_told else NO_TABLE) from None
    refuse_other_text(text)
    return SourceFile(path, "csv", encoding, delimiter or delimiter_of(text))


def refuse_other_text(text: str) -> None:
    if "\0" in text or text.lstrip().startswith(("<!DOCTYPE", "<html", "<?xml")):
        raise CannotRead(NO_TABLE)
    if JSON.match(text):
        raise CannotRead("This is JSON, whatever its name says. Save the table as CSV or XLSX.")


def encoding_of(path: Path, start: bytes) -> str:
    """Return what a text is written in: what its mark says, else UTF-8, else that of Windows."""
    for mark, name in BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return name
    even, odd = start[0::2].count(0), start[1::2].count(0)
    # A stray NUL is none of UTF-16, where every second byte of a header in ASCII is one.
    if max(even, odd) > len(start) // 8 and min(even, odd) < max(even, odd) // 8:
        return "utf-16-le" if odd > even else "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def delimiter_of(text: str) -> str:
    """Return what separates the names of the header, looking past quoted ones."""
    told = TOLD_DELIMITER.match(text)
    if told:
        return told[1]
    header = re.sub(r'"[^"]*"', "", text.lstrip("\r\n")).splitlines()
    first = header[0] if header else ""
    return max(DELIMITERS, key=first.count)


def clean(cell: str) -> str:
    """Return a cell without spaces around it and without the mark against formulas."""
    text = cell.strip().replace("\0", "")
    return text[1:] if text.startswith("'") and QUOTED.match(text) else text


def clean_row(row: list[str]) -> list[str]:
    """Return the cells of a row as `clean` does; most rows have none of what it takes out."""
    cells = [cell.strip() for cell in row]
    joined = "\n".join(cells)
    if "\0" in joined or joined.startswith("'") or "\n'" in joined:
        return [clean(cell) for cell in cells]
    return cells
