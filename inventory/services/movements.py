"""Movements that people record one by one."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from common.exceptions import InvalidInput, NotAllowed
from common.permissions import Can
from inventory.exceptions import UnfitLines
from inventory.models import ProductVariation, StockMovement
from inventory.services.correction_limits import is_correction, require_within_limit
from inventory.services.ledger import apply_stock_changes
from inventory.services.past_stock import require_stock_then
from inventory.services.stock_change import PostedChange, StockChange
from warehouses.models import Warehouse

CLOCK_TOLERANCE = timedelta(minutes=5)


@transaction.atomic
def record_movement(
    *,
    variation: ProductVariation,
    warehouse: Warehouse,
    movement_type: str,
    quantity: Decimal,
    unit_cost: Decimal | None = None,
    occurred_at: datetime | None = None,
    texts: dict[str, Any] | None = None,
    acting_user: Any,
) -> PostedChange:
    """Post one inbound, outbound or adjusting movement and return what it did.

    Quantity in the stock unit: inbound positive, outbound of either sign, an adjustment signed.
    A negative adjustment may take reserved stock; the newest reservations then become
    back-orders. It may take an expired or quarantined lot that it names, as goods that come back
    may be of one. Locks the balance. Raises InvalidInput, NotAllowed (a past time without the
    right to it), BeyondLimit (a correction that a manager decides) and InsufficientStock: now, or
    on the past day.
    """
    corrects = movement_type == StockMovement.Type.ADJUSTMENT
    change = StockChange(
        variation_id=variation.pk,
        warehouse_id=warehouse.pk,
        movement_type=movement_type,
        quantity=signed_quantity(movement_type, quantity),
        unit_cost=variation.cost_price if unit_cost is None else unit_cost,
        occurred_at=checked_time(occurred_at, acting_user),
        may_release_others=corrects,
        may_be_unavailable=corrects,
    )
    try:
        change = replace(change, **(texts or {}))
        posted = apply_stock_changes([change], acting_user=acting_user)
    except UnfitLines as error:
        error.at_paths([""])
        raise
    require_stock_then(posted)
    if is_correction(movement_type, change.reason_code):
        require_within_limit(posted, acting_user)
    return posted[0]


def signed_quantity(movement_type: str, quantity: Decimal) -> Decimal:
    """Return the change of on hand that a movement of this type and quantity means."""
    if quantity == 0:
        raise InvalidInput("Nothing moves.", {"quantity": ["Send a quantity other than 0."]})
    if movement_type == StockMovement.Type.INBOUND and quantity < 0:
        text = "Send a positive quantity for an inbound movement, or use outbound."
        raise InvalidInput(text, {"quantity": [text]})
    return -abs(quantity) if movement_type == StockMovement.Type.OUTBOUND else quantity


def checked_time(
    occurred_at: datetime | None, acting_user: Any, field: str = "timestamp"
) -> datetime | None:
    """Return when it happened: not in the future, in the past only with the right to it."""
    if occurred_at is None:
        return None
    now = timezone.now()
    if occurred_at > now + CLOCK_TOLERANCE:
        text = "Lies in the future. Leave it out for now."
        raise InvalidInput(text, {field: [text]})
    if occurred_at < now - CLOCK_TOLERANCE and not acting_user.can(Can.BACKDATE_STOCK):
        text = "Only a manager may record movements of the past. Leave it out for now."
        raise NotAllowed(text, {field: [text]})
    return occurred_at
