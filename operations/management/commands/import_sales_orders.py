"""Import open sales orders from a CSV or XLSX file."""

from operations.management.file_import import FileImportCommand


class Command(FileImportCommand):
    kind = "sales_orders"
    help = "Judge each row of a CSV or XLSX file of open sales orders; with --commit, import all."
