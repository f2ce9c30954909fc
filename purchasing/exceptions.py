"""What purchasing refuses."""

from common.exceptions import DomainError


class SupplierNotActive(DomainError):
    """Nothing is ordered from a supplier that is not active."""

    code = "supplier_not_active"
    title = "Supplier not active"


class OverReceipt(DomainError):
    """More arrived than was ordered; `details` names every line."""

    code = "over_receipt"
    title = "More than ordered"


class ReceiptCannotShrink(DomainError):
    """Less is said to have been received than was received before."""

    code = "receipt_cannot_shrink"
    title = "Already received"
