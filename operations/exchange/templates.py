"""Files to fill in: the columns that an import reads, with an example of each."""

import csv
from io import StringIO
from tempfile import TemporaryFile
from typing import IO, Any

from operations.exchange.describe import columns_of
from operations.exchange.kinds.base import Kind

HEADING = ("Column", "Needed", "What it means", "How it is written", "Example", "Also called")
WIDTHS = (30, 9, 60, 50, 30, 40)
TEXT = "@"  # the format of cells that a spreadsheet leaves as they are written


def template_csv(kind: Kind, *, with_example: bool) -> bytes:
    """Return the header of a kind's file, and if wanted a row below it to be written over."""
    columns = columns_of(kind)
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow([one.name for one in columns])
    if with_example:
        writer.writerow([one.example for one in columns])
    return text.getvalue().encode()


def template_xlsx(kind: Kind, *, with_example: bool) -> IO[bytes]:
    """Return the same as a workbook, open at its beginning; its second sheet explains the columns.

    An import reads the first sheet alone. What is written there stays text, so that no code loses
    its zeros.
    """
    from openpyxl import Workbook  # noqa: PLC0415 - it loads numpy: a fifth of our start
    from openpyxl.styles import Alignment, Font  # noqa: PLC0415 - as above

    columns = columns_of(kind)
    book = Workbook()
    rows: Any = book.active
    rows.title = kind.title
    rows.append([one.name for one in columns])
    if with_example:
        rows.append([one.example for one in columns])
    rows.freeze_panes = "A2"
    sheet = book.create_sheet("Columns")
    sheet.append(HEADING)
    for one in columns:
        needed = "yes" if one.is_required else ""
        also = ", ".join(one.also)
        sheet.append([one.name, needed, one.meaning, one.form, one.example, also])
    for number, width in enumerate(WIDTHS):
        sheet.column_dimensions["ABCDEF"[number]].width = width
    for cells in rows.iter_cols():
        column = rows.column_dimensions[cells[0].column_letter]
        column.width, column.number_format = max(12, len(cells[0].value) + 2), TEXT
        for cell in cells:
            cell.font, cell.number_format = Font(bold=cell.row == 1), TEXT
    for cells in sheet.iter_rows():
        for cell in cells:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.font = Font(bold=cell.row == 1)
    file = TemporaryFile()  # noqa: SIM115 - who sends it closes it
    book.save(file)
    file.seek(0)
    return file
