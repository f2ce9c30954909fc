"""Ending orders of which the rest does not come."""

from typing import Any

from django.db import transaction

from common.exceptions import InvalidInput, WrongState
from purchasing.models import PurchaseOrder
from purchasing.services.amendments import end_as_received, record_amendment
from purchasing.services.lateness import tell_of_late_order
from purchasing.services.transitions import change_incoming, lock_purchase_order

Status = PurchaseOrder.Status


@transaction.atomic
def close_purchase_order(*, order: PurchaseOrder, reason: str, acting_user: Any) -> PurchaseOrder:
    """End a partly received order: it is received, and what it lacks is no longer incoming.

    Its lines still tell what was ordered, so that what never came counts in the supplier's
    fulfilment. Shipping and charges that no goods carried into stock stay told on the order, and
    become nobody's cost. Kept as an amendment with the reason. Locks the order, then the balances.
    Raises InvalidInput without a reason, and WrongState for an order of which nothing or all is in.
    """
    order = lock_purchase_order(order)
    if not reason.strip():
        text = "Say why the rest does not come."
        raise InvalidInput(text, {"reason": [text]})
    require_rest(order)
    was_late, before = order.is_late, order.status
    change_incoming(order, -1, acting_user)
    end_as_received(order)
    order.save(update_fields=["status", "actual_delivery_date", "updated_at"])
    change = {"field": "status", "from": str(before), "to": str(order.status)}
    record_amendment(order, [change], order.present_total, reason, acting_user)
    if was_late:
        tell_of_late_order(order)
    return order


def require_rest(order: PurchaseOrder) -> None:
    """Raise WrongState unless a part of an order came in, and a part did not."""
    if order.status == Status.PARTIALLY_RECEIVED:
        return
    remedy = "Cancel it instead." if Status.CANCELLED in order.allowed_transitions else ""
    text = f"Only a partly received order is closed; this one is {order.status}. {remedy}".strip()
    details = {"status": [text], "allowed_transitions": order.allowed_transitions}
    raise WrongState(text, details)
