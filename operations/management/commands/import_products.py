"""Import products from a CSV or XLSX file."""

from operations.management.file_import import FileImportCommand


class Command(FileImportCommand):
    kind = "products"
    help = "Judge each row of a CSV or XLSX file of products; with --commit, import all or none."
