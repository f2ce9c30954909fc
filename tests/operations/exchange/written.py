"""What files of the tests hold, and what was said of them."""

import io

from openpyxl import Workbook


def told(report):
    return [(one["line"], one["column"], one["problem"]) for one in report.problems]


def workbook(*rows, title="Sheet"):
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
