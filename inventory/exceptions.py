"""What inventory refuses."""

from common.exceptions import DomainError


class InsufficientStock(DomainError):
    """Less is available than was asked for; `details` names every short line."""

    code = "insufficient_stock"
    title = "Insufficient stock"


class ReservationMismatch(DomainError):
    """A change that the reservations do not permit."""

    code = "reservation_mismatch"
    title = "Reserved stock"


class StillReferredTo(DomainError):
    """A record that others refer to cannot be deleted."""

    code = "in_use"
    title = "In use"
