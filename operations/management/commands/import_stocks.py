"""Import stocks from a CSV or XLSX file."""

from operations.management.file_import import FileImportCommand


class Command(FileImportCommand):
    kind = "stocks"
    help = "Judge each row of a CSV or XLSX file of stocks; with --commit, import all or none."
