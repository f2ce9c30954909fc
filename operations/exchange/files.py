"""Uploaded files as rows of texts, whatever wrote them; what they are is found out and said."""

import codecs
import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from operations.exchange.exceptions import CannotRead
from operations.exchange.workbooks import workbook_rows

SAMPLE = 65_536
DELIMITERS = ",;\t|"
LONGEST_CELL = 100_000
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
# What our exports put before a text that a spreadsheet would run as a formula.
QUOTED = re.compile("^'+[=+\\-@\t\r\n＝＋－＠]")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file on disk, and how it is to be read."""

    path: Path
    format: str
    encoding: str = ""
    delimiter: str = ""

    @contextmanager
    def rows(self) -> Iterator[Iterator[list[str]]]:
        """Open the file; its rows are read one after another, the header first."""
        if self.format == "xlsx":
            yield workbook_rows(self.path)
            return
        with self.path.open(encoding=self.encoding, newline="") as file:
            yield self.text_rows(csv.reader(file, delimiter=self.delimiter))

    def text_rows(self, reader: Iterator[list[str]]) -> Iterator[list[str]]:
        limit = csv.field_size_limit(LONGEST_CELL)
        try:
            yield from reader
        except csv.Error as error:
            raise CannotRead(f"This is not readable CSV: {error}. Save it again.") from None
        except UnicodeDecodeError as error:
            raise CannotRead(
                f"The text is not {self.encoding} throughout ({error.reason}). Save it as UTF-8."
            ) from None
        finally:
            csv.field_size_limit(limit)


def look_at(path: Path, *, encoding: str = "", delimiter: str = "") -> SourceFile:
    """Find out what a file is by its contents, whatever its name; raises CannotRead."""
    with path.open("rb") as file:
        start = file.read(SAMPLE)
    if not start.strip():
        raise CannotRead("The file is empty. Send a header line and the rows below it.")
    if start.startswith(b"PK\x03\x04"):
        return SourceFile(path, "xlsx")
    for magic, what in OTHERS.items():
        if start.startswith(magic):
            raise CannotRead(
                f"This is {what}, whatever its name says. Save the table as CSV or XLSX."
            )
    encoding = encoding or encoding_of(path, start)
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(start)
    except LookupError:
        raise CannotRead(f'Unknown encoding "{encoding}". Use utf-8, utf-16 or cp1252.') from None
    except UnicodeDecodeError:
        raise CannotRead(
            f"The text is not {encoding}. Leave the encoding out, or correct it."
        ) from None
    if "\0" in text or text.lstrip().startswith(("<!DOCTYPE", "<html", "<?xml")):
        raise CannotRead("This is no table of text. Save the table as CSV or XLSX.")
    return SourceFile(path, "csv", encoding, delimiter or delimiter_of(text))


def encoding_of(path: Path, start: bytes) -> str:
    """Return what a text is written in: what its mark says, else UTF-8, else that of Windows."""
    for mark, name in BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return name
    if b"\0" in start:
        even, odd = start[0::2].count(0), start[1::2].count(0)
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
    header = re.sub(r'"[^"]*"', "", text.lstrip("\r\n")).splitlines()
    first = header[0] if header else ""
    return max(DELIMITERS, key=first.count)


def clean(cell: str) -> str:
    """Return a cell without spaces around it and without the mark against formulas."""
    text = cell.strip().replace("\0", "")
    return text[1:] if text.startswith("'") and QUOTED.match(text) else text
