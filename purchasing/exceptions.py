"""What purchasing refuses."""

from common.exceptions import DomainError


class SupplierNotActive(DomainError):
    """Nothing is ordered from a supplier that is not active."""

    code = "supplier_not_active"
    title = "Supplier not active"


class SupplierWithoutAddress(DomainError):
    """A mail to a supplier of whom no address is known."""

    code = "supplier_without_address"
    title = "No e-mail address"


class OverReceipt(DomainError):
    """More arrived than was ordered; `details` names every line."""

    code = "over_receipt"
    title = "More than ordered"


class ReceiptCannotShrink(DomainError):
    """Less is said to have been received than was received before."""

    code = "receipt_cannot_shrink"
    title = "Already received"


class ApprovalNeeded(DomainError):
    """An order above the company's limit goes on only once somebody approved it."""

    code = "approval_needed"
    title = "Approval needed"


class AlreadyReceived(DomainError):
    """A line would be ordered less than came in of it; `details` names every line."""

    code = "already_received"
    title = "Already received"


class ChargeCarried(DomainError):
    """A charge would be less than what goods in stock carry of it."""

    code = "charge_carried"
    title = "Already in stock"


class DuplicateDelivery(DomainError):
    """A delivery note that a receipt of the same order has already."""

    code = "duplicate_delivery"
    title = "Already received"


class ReturnExceeded(DomainError):
    """More should go back to a supplier than came in; `details` names every line."""

    code = "return_exceeded"
    title = "More than came in"
