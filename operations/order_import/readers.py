"""Rows of CSV, XLSX and Parquet files, one after another, never the whole file."""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any

from operations.exchange.files import LONGEST_CELL
from operations.order_import.columns import FIELDS, choose_columns
from operations.order_import.exceptions import CannotImport
from operations.order_import.options import ImportOptions

BATCH_ROWS = 5_000
SAMPLE_CHARACTERS = 65_536
Row = Sequence[Any]


def read_rows(path: Path, options: ImportOptions) -> Iterator[Row]:
    """Yield each row's values in the order of FIELDS; None where there is no such column.

    Raises CannotImport on a file that is missing, of another kind, or unreadable.
    """
    return READERS[path.suffix.lower()](path, options)


def require_file(path: Path) -> None:
    """Raise CannotImport unless there is a file of a kind that can be read."""
    if path.suffix.lower() not in READERS:
        kinds = ", ".join(READERS)
        raise CannotImport(f'Cannot read "{path.name}": save it as one of {kinds}.')
    if not path.is_file():
        raise CannotImport(f"There is no file {path}. Check the path.")


def bounded(rows: Iterable[list[str]]) -> Iterator[list[str]]:
    """Give rows on; raises csv.Error for a cell that a quote never closed has made."""
    for row in rows:
        if max(map(len, row), default=0) > LONGEST_CELL:
            raise csv.Error(f"a cell of more than {LONGEST_CELL:,} characters")
        yield row


def read_csv(path: Path, options: ImportOptions) -> Iterator[Row]:
    try:
        with path.open(encoding=options.encoding, newline="") as file:
            delimiter = options.delimiter or detect_delimiter(file.read(SAMPLE_CHARACTERS))
            file.seek(0)
            yield from pick(bounded(csv.reader(file, delimiter=delimiter)), options)
    except UnicodeDecodeError as error:
        raise CannotImport(
            f"{path.name} is not {options.encoding} text (byte {error.start} of a block). "
            "Name its encoding, for example --encoding cp1252."
        ) from None
    except LookupError:
        raise CannotImport(f'Unknown encoding "{options.encoding}". Try utf-8 or cp1252.') from None
    except csv.Error as error:
        raise CannotImport(f"{path.name} is not readable CSV: {error}. Save it again.") from None


def detect_delimiter(sample: str) -> str:
    """Return the character that separates the header's columns."""
    header = sample.partition("\n")[0]
    return max(",;\t|", key=header.count)


def read_xlsx(path: Path, options: ImportOptions) -> Iterator[Row]:
    from zipfile import BadZipFile  # noqa: PLC0415 - belongs to openpyxl's errors

    from openpyxl import load_workbook  # noqa: PLC0415 - heavy, and needed for XLSX alone
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415 - as above

    try:
        workbook = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError):
        raise CannotImport(f"{path.name} is not a readable XLSX file. Save it again.") from None
    with closing(workbook):
        sheet = workbook.worksheets[0]
        sheet.reset_dimensions()  # some programs write wrong ones, and rows would be cut off
        yield from pick(sheet.iter_rows(values_only=True), options)


def read_parquet(path: Path, options: ImportOptions) -> Iterator[Row]:
    import pyarrow  # noqa: PLC0415 - heavy, and needed for Parquet alone
    from pyarrow import parquet  # noqa: PLC0415 - as above

    try:
        with parquet.ParquetFile(path, memory_map=True) as file:
            header = file.schema_arrow.names
            chosen = choose_columns(header, options.columns)
            names = [header[index] for index in chosen.values()]
            for batch in file.iter_batches(BATCH_ROWS, columns=names, use_threads=False):
                columns = {
                    field: python_values(batch.column(header[index]))
                    for field, index in chosen.items()
                }
                empty = [None] * batch.num_rows
                yield from zip(*(columns.get(field, empty) for field in FIELDS), strict=True)
    except (pyarrow.ArrowException, OSError) as error:
        raise CannotImport(f"{path.name} is not a readable Parquet file: {error}.") from None


def python_values(column: Any) -> list[Any]:
    """Return a column's values; times to the microsecond, which is what Python has."""
    import pyarrow  # noqa: PLC0415 - heavy, and needed for Parquet alone

    if pyarrow.types.is_timestamp(column.type):
        column = column.cast(pyarrow.timestamp("us", column.type.tz), safe=False)
    values: list[Any] = column.to_pylist()
    return values


def pick(rows: Iterator[Row], options: ImportOptions) -> Iterator[Row]:
    """Yield the mapped columns of the rows under a header; leave out empty rows."""
    first = next(rows, ())
    header = ["" if cell is None else str(cell).strip() for cell in first]
    chosen = choose_columns([name for name in header if name], options.columns)
    names = [name for name in header if name]
    positions = [header.index(names[chosen[field]]) if field in chosen else -1 for field in FIELDS]
    for row in chain(rows):
        width = len(row)
        if any(cell not in (None, "") for cell in row):
            yield [row[index] if 0 <= index < width else None for index in positions]


READERS: dict[str, Callable[[Path, ImportOptions], Iterator[Row]]] = {
    ".csv": read_csv,
    ".xlsx": read_xlsx,
    ".parquet": read_parquet,
}
