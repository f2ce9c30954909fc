"""Deciding about orders above the company's limit."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from common.exceptions import InvalidInput, WrongState
from common.second_person import require_second_person
from purchasing.models import PurchaseOrder
from purchasing.services.approval import APPROVAL, authorise
from purchasing.services.tell import tell_order_decided
from purchasing.services.transitions import lock_purchase_order


@transaction.atomic
def approve_purchase_order(
    *, order: PurchaseOrder, note: str = "", acting_user: Any
) -> PurchaseOrder:
    """Let an order go on up to its present total with charges.

    Changes who approved it, when and what, and tells its author; locks the order. Raises
    WrongState where it awaits no approval, and OwnRequest for whoever made the order or last
    changed what it costs.
    """
    order = lock_purchase_order(order)
    require_decider(order, acting_user)
    authorise(order, acting_user, note)
    order.save(update_fields=[*APPROVAL, "updated_at"])
    tell_order_decided(order, acting_user)
    return order


@transaction.atomic
def reject_purchase_order(*, order: PurchaseOrder, note: str, acting_user: Any) -> PurchaseOrder:
    """Refuse an order that awaits approval, with the reason; it may be changed or cancelled.

    Changes who rejected it, when and why, and tells its author; locks the order. Raises
    WrongState, OwnRequest, and InvalidInput without a reason.
    """
    order = lock_purchase_order(order)
    if not note.strip():
        text = "Say why it is rejected."
        raise InvalidInput(text, {"note": [text]})
    if order.rejected_at is not None and order.awaits_approval:
        text = "It is rejected already. Approve it, change it or cancel it."
        raise WrongState(text, {"status": [text]})
    require_decider(order, acting_user)
    order.rejected_by, order.rejected_at = acting_user, timezone.now()
    order.approved_by = order.approved_at = order.approved_total = None
    order.approval_note = note
    order.save(update_fields=[*APPROVAL, "updated_at"])
    tell_order_decided(order, acting_user)
    return order


def require_decider(order: PurchaseOrder, acting_user: Any) -> None:
    """Raise unless a locked order awaits approval and somebody else wants to give it."""
    if not order.awaits_approval:
        text = (
            f"Purchase order {order.order_number} awaits no approval: it is "
            f"{order.approval_status.replace('_', ' ')} and {order.get_status_display().lower()}."
        )
        raise WrongState(text, {"status": [text]})
    require_second_person(order.answerable_ids, acting_user=acting_user)
