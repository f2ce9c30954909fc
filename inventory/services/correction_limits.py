"""How much somebody may correct alone; beyond it, somebody else decides."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from common.models import CompanySettings
from common.permissions import Can
from inventory.exceptions import BeyondLimit
from inventory.models.adjustments import TAKES_AWAY
from inventory.services.stock_change import PostedChange

ZERO = Decimal(0)


def excess_over_limit(value: Decimal, quantity: Decimal, acting_user: Any) -> str:
    """Say how a correction goes beyond what somebody may post alone; nothing where it does not.

    `value` is worth of all lines whatever their sign, `quantity` of the largest line. Who decides
    corrections has no limit.
    """
    if acting_user is None or acting_user.can(Can.DECIDE_STOCK_CORRECTIONS):
        return ""
    limits = CompanySettings.current()
    if limits.adjustment_limit_value is not None and value > limits.adjustment_limit_value:
        return (
            f"It is worth {value:.2f} {limits.currency}; alone you may correct up to "
            f"{limits.adjustment_limit_value:.2f}."
        )
    most = limits.adjustment_limit_quantity
    if most is not None and quantity > most:
        return f"It is about {quantity.normalize():f}; alone you may correct {most.normalize():f}."
    return ""


def require_within_limit(posted: Iterable[PostedChange], acting_user: Any) -> None:
    """Raise BeyondLimit, which undoes the posting, where somebody may not correct so much alone."""
    lines = list(posted)
    value = sum((abs(line.change.quantity) * line.unit_cost for line in lines), ZERO)
    quantity = max((abs(line.change.quantity) for line in lines), default=ZERO)
    if excess := excess_over_limit(value, quantity, acting_user):
        raise BeyondLimit(
            f"{excess} Send it to /api/adjustment-requests/, where a manager decides it.",
            {"quantity": [excess]},
        )


def is_correction(movement_type: str, reason_code: str) -> bool:
    """Say whether a movement corrects stock: an adjustment, or an issue for a loss."""
    return movement_type == "adjustment" or reason_code.strip().lower() in TAKES_AWAY
