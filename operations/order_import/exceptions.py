"""What an order log cannot be."""

from common.exceptions import DomainError


class CannotImport(DomainError):
    """A file or an option that an import cannot work with; the message names the remedy."""

    code = "cannot_import"
    http_status = 400
    title = "Cannot import"
