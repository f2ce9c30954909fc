"""What suppliers refuses."""

from common.exceptions import DomainError


class SupplierInUse(DomainError):
    """Products or orders refer to the supplier."""

    code = "in_use"
    title = "In use"
