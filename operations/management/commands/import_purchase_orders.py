"""Import open purchase orders from a CSV or XLSX file."""

from operations.management.file_import import FileImportCommand


class Command(FileImportCommand):
    kind = "purchase_orders"
    help = (
        "Judge each row of a CSV or XLSX file of open purchase orders; with --commit, import all."
    )
