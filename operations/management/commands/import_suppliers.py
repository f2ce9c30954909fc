"""Import suppliers from a CSV or XLSX file."""

from operations.management.file_import import FileImportCommand


class Command(FileImportCommand):
    kind = "suppliers"
    help = "Judge each row of a CSV or XLSX file of suppliers; with --commit, import all or none."
