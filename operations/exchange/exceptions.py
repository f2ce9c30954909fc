"""What an import cannot work with."""

from common.exceptions import DomainError


class CannotRead(DomainError):
    """A file that is no table of rows; the message names the remedy."""

    code = "cannot_read"
    http_status = 400
    title = "Cannot read the file"


class ImportCancelled(DomainError):
    """Somebody cancelled the import that is running."""

    code = "import_cancelled"
    http_status = 409
    title = "Cancelled"


class RowsRefused(DomainError):
    """A file with rows that cannot be imported: nothing was written."""

    code = "rows_refused"
    http_status = 400
    title = "Rows refused"


class FileTooLarge(DomainError):
    """A file beyond the limits, packed or unpacked."""

    code = "too_large"
    http_status = 413
    title = "Too large"
