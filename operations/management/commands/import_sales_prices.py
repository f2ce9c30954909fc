"""Import what goods cost customers from a CSV or XLSX file."""

from operations.management.file_import import FileImportCommand


class Command(FileImportCommand):
    kind = "sales_prices"
    help = "Judge each row of a CSV or XLSX file of sales prices; with --commit, import all."
