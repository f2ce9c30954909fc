"""Import categories from a CSV or XLSX file."""

from operations.management.file_import import FileImportCommand


class Command(FileImportCommand):
    kind = "categories"
    help = "Judge each row of a CSV or XLSX file of categories; with --commit, import all or none."
