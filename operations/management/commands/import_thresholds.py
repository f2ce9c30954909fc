"""Import thresholds from a CSV or XLSX file."""

from operations.management.file_import import FileImportCommand


class Command(FileImportCommand):
    kind = "thresholds"
    help = "Judge each row of a CSV or XLSX file of thresholds; with --commit, import all or none."
