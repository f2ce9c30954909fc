"""Up to which total an order may go on, and by whose leave."""

from collections.abc import Collection
from typing import Any

from django.utils import timezone

from purchasing.exceptions import ApprovalNeeded
from purchasing.models import PurchaseOrder

APPROVAL = (
    "approved_by", "approved_at", "approved_total", "rejected_by", "rejected_at", "approval_note",
    "terms_by",
)  # fmt: skip
# What an order costs, and whom: an approval is of these.
COSTS = frozenset({"supplier", "currency", "tax_amount", "shipping_cost", "items", "charges"})


def require_approval(order: PurchaseOrder) -> None:
    """Raise ApprovalNeeded where a locked order must be approved before it goes on."""
    if not order.awaits_approval:
        return
    if order.rejected_at is not None:
        text = f"It was rejected ({order.approval_note}). Change it, or let somebody approve it."
    else:
        text = (
            f"The total {in_all(order)} is above the limit of "
            f"{order.approval_limit:.2f}. Let somebody approve the order first."
        )
    raise ApprovalNeeded(text, {"status": [text], "allowed_transitions": order.allowed_transitions})


def in_all(order: PurchaseOrder) -> str:
    """Say the figure that is compared with the limit, and what of it others charge."""
    charged = f", {order.charges_amount:.2f} of it charges," if order.charges_amount else ""
    return f"of {order.committed_total:.2f}{charged}"


def authorise(order: PurchaseOrder, acting_user: Any, note: str = "") -> None:
    """Note on a locked order, without saving it, who let it go at what it costs in all now."""
    order.approved_by, order.approved_at = acting_user, timezone.now()
    order.approved_total, order.approval_note = order.committed_total, note
    order.rejected_by = order.rejected_at = None


def take_over_terms(order: PurchaseOrder, changed: Collection[str], acting_user: Any) -> None:
    """Note on a locked order, without saving it, that what it costs changed.

    An approval ends where the total with charges rises above what was approved, or supplier or
    currency change. An order that went to the supplier before and stays within the limit goes on
    by leave of whoever changed it. A rejected one may be asked for anew.
    """
    if not COSTS & set(changed):
        return
    order.terms_by = acting_user
    order.rejected_by = order.rejected_at = None
    if order.is_approved and not {"supplier", "currency"} & set(changed):
        return
    order.approved_by = order.approved_at = order.approved_total = None
    order.approval_note = ""
    if order.status != PurchaseOrder.Status.DRAFT and not order.awaits_approval:
        authorise(order, acting_user)
