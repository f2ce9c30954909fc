"""Undoing a movement that was a mistake: by another one, never by an edit."""

from typing import Any

from django.db import IntegrityError, transaction

from common.exceptions import InvalidInput, WrongState
from inventory.exceptions import UnfitLines
from inventory.models import MovementReversal, StockMovement
from inventory.services.correction_limits import require_within_limit
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import PostedChange, StockChange

REASON, REFERENCE_TYPE = "reversal", "stock_movement"
# What these documents moved is undone by them alone: goods go back, are received, or returned.
OWN_WAYS = frozenset(
    {
        "purchase_order", "supplier_return", "sales_order", "sales_return", "transfer",
        "purchase_request",
    }
)  # fmt: skip


def why_not_reversible(movement: StockMovement) -> str:
    """Say why a movement cannot be reversed, and what to do instead; nothing where it can."""
    code = movement.code
    if hasattr(movement, "reversal"):
        return reversed_already(movement)
    if hasattr(movement, "reverses"):
        return f"{code} is a reversal itself. Record the movement anew."
    corrects = movement.movement_type == StockMovement.Type.ADJUSTMENT
    if not corrects and movement.reference_type in OWN_WAYS:
        return (
            f"Undo {code} in {movement.reference_code or 'its document'} (return the goods or send "
            "them back); if it was posted by hand, put it right by an adjustment."
        )
    return ""


def reversed_already(movement: StockMovement) -> str:
    return f"{movement.code} was reversed already. Look for what refers to it."


@transaction.atomic
def reverse_movement(*, movement: StockMovement, reason: str, acting_user: Any) -> PostedChange:
    """Post the opposite of a movement, now, with why; the movement itself stays as it is.

    What left comes in again at the cost it left at; what came in leaves at the average cost.
    Of what a document moved only corrections are reversed, such as goods that were lost and are
    found again. Locks the balance. Raises InvalidInput without a reason, WrongState where it is not
    to be reversed or was already, BeyondLimit (a manager does it) and InsufficientStock.
    """
    if not reason.strip():
        raise InvalidInput("Say why.", {"reason": ["Say why it is reversed."]})
    if problem := why_not_reversible(movement):
        raise WrongState(problem, {"movement": [problem]})
    change = StockChange(
        variation_id=movement.variation_id,
        warehouse_id=movement.warehouse_id,
        quantity=-movement.quantity,
        unit_cost=movement.unit_cost,
        reason_code=REASON,
        reason_description=reason.strip(),
        reference_type=REFERENCE_TYPE,
        reference_code=movement.code,
        bin_location=movement.bin_location,
        lot_number=movement.lot_number,
        may_release_others=True,
        may_be_unavailable=True,
    )
    try:
        posted = apply_stock_changes([change], acting_user=acting_user)
    except UnfitLines as error:
        error.at_paths([""])
        raise
    require_within_limit(posted, acting_user)
    try:
        MovementReversal.objects.create(
            movement=movement, by_movement_id=posted[0].movement_id or 0
        )
    except IntegrityError:  # somebody else did: what was posted here is undone with this error
        text = reversed_already(movement)
        raise WrongState(text, {"movement": [text]}) from None
    return posted[0]
