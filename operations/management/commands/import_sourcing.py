"""Import the terms at which suppliers offer products from a CSV or XLSX file."""

from operations.management.file_import import FileImportCommand


class Command(FileImportCommand):
    kind = "sourcing"
    help = "Judge each row of a CSV or XLSX file of suppliers' terms; with --commit, import all."
