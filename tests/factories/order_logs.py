"""Order logs of another system, as files, and how they are imported."""

import csv
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pyarrow
from django.core.management import call_command
from openpyxl import Workbook
from pyarrow import parquet

from inventory.models import Stock


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def at(*parts: int) -> datetime:
    """Return a time without a zone, as order logs hold it."""
    return utc(*parts).replace(tzinfo=None)


HEADER = (
    "InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID",
    "Country",
)  # fmt: skip
UK = "United Kingdom"
LOG = [
    ("1001", "85123A", "HOLDER", 6, at(2011, 1, 10, 8, 26), 2.55, 17850.0, UK),
    ("1001", "71053", "LANTERN", 4, at(2011, 1, 10, 8, 26), 3.39, 17850.0, UK),
    # Cancelled as a whole on the same day: it never leaves.
    ("1002", "71053", "LANTERN", 9000, at(2011, 1, 10, 9, 0), 3.39, 15098.0, UK),
    ("C1003", "71053", "LANTERN", -9000, at(2011, 1, 10, 9, 20), 3.39, 15098.0, UK),
    # One row for each reason to leave a row out.
    ("1004", "POST", "POSTAGE", 1, at(2011, 1, 11, 9, 0), 18.0, 17850.0, UK),
    ("1004", "71053", "LANTERN", 0, at(2011, 1, 11, 9, 0), 3.39, 17850.0, UK),
    ("1004", "71053", "LANTERN", -3, at(2011, 1, 11, 9, 0), 3.39, 17850.0, UK),
    ("1004", "71053", "LANTERN", 3, at(2011, 1, 11, 9, 0), 0.0, 17850.0, UK),
    ("1004", None, "LANTERN", 3, at(2011, 1, 11, 9, 0), 3.39, 17850.0, UK),
    ("1004", "71053", "LANTERN", 3, at(2199, 1, 11, 9, 0), 3.39, 17850.0, UK),
    # Another month: its goods are bought. Nobody knows the customer.
    ("1005", "85123A", "HOLDER", 10, at(2011, 2, 3, 12, 0), 2.55, None, "France"),
    ("1005", "85123A", "HOLDER", 2, at(2011, 2, 3, 12, 0), 2.10, None, "France"),
    # Two of four come back, then more than is left, then from nobody.
    ("C1006", "71053", "LANTERN", -2, at(2011, 2, 4, 9, 0), 3.39, 17850.0, UK),
    ("C1007", "71053", "LANTERN", -3, at(2011, 2, 5, 9, 0), 3.39, 17850.0, UK),
    ("C1008", "71053", "LANTERN", -1, at(2011, 2, 5, 9, 0), 3.39, None, UK),
    # The log goes on with an order from before.
    ("1005", "71053", "LANTERN", 1, at(2011, 2, 6, 9, 0), 3.39, None, "France"),
]
COUNTED = {
    "rows": 16,
    "orders in the log": 9,
    "orders delivered": 3,
    "lines delivered": 5,
    "orders cancelled": 1,
    "lines cancelled": 1,
    "lines that cancelled an order": 1,
    "returns": 1,
    "lines returned": 1,
    "opening stock lines": 2,
    "purchase receipts": 1,
    "purchase receipt lines": 2,
    "skipped: SKU is not an item code": 1,
    "skipped: missing sku": 1,
    "skipped: date before 1970 or in the future": 1,
    "skipped: quantity not above 0": 2,
    "skipped: price not above 0": 1,
    "skipped: return with no earlier order of it": 1,
    "skipped: return with no customer": 1,
}
ROWS_EACH_COUNTED_ONCE = (
    "lines delivered", "lines cancelled", "lines that cancelled an order", "lines left open",
    "lines returned",
)  # fmt: skip


def write_csv(path: Path, rows=LOG, header=HEADER, **format) -> Path:
    with path.open("w", newline="", encoding=format.pop("encoding", "utf-8")) as file:
        csv.writer(file, **format).writerows([header, *rows])
    return path


def write_xlsx(path: Path) -> Path:
    workbook = Workbook()
    for row in (HEADER, *LOG):
        workbook.active.append(row)
    workbook.save(path)
    return path


def write_parquet(path: Path) -> Path:
    columns = {
        name: list(cells) for name, cells in zip(HEADER, zip(*LOG, strict=True), strict=True)
    }
    # To the nanosecond, as pandas writes times: finer than Python's.
    columns["InvoiceDate"] = pyarrow.array(
        [
            int(moment.replace(tzinfo=UTC).timestamp()) * 10**9 + 1
            for moment in columns["InvoiceDate"]
        ],
        pyarrow.timestamp("ns"),
    )
    parquet.write_table(pyarrow.table(columns), path)
    return path


WRITERS = {"csv": write_csv, "xlsx": write_xlsx, "parquet": write_parquet}


def import_log(path: Path, *arguments: str) -> str:
    out = StringIO()
    call_command(
        "import_orders", str(path), "--sku-pattern", r"^\d{5}[A-Z]{0,2}$", *arguments,
        stdout=out, verbosity=0,
    )  # fmt: skip
    return out.getvalue()


def on_hand() -> dict[str, Decimal]:
    return dict(Stock.objects.values_list("variation__sku_code", "on_hand"))
