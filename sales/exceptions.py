"""What sales refuses."""

from common.exceptions import DomainError


class QuantityExceeded(DomainError):
    """More is asked for than the order's lines leave; `details` names every such line."""

    code = "quantity_exceeded"
    title = "Quantity exceeded"
