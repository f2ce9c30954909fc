"""Telling suppliers of orders, deciders of those that wait, and authors of what was decided."""

from typing import Any

from django.db.models import Q

from common.documents.words import money
from common.permissions import Can
from inventory.services.tell import moment_of
from notifications.models import OutboxMessage
from notifications.outbox import mail_message, queue_mails
from purchasing.models import PurchaseOrder
from users.models import User
from warehouses.services.tell import tell

ORDER_SENT = "purchasing.order_sent"
ORDER_WAITS = "purchasing.order_waits"
ORDER_DECIDED = "purchasing.order_decided"


def mail_order(order: PurchaseOrder, acting_user: Any, *, again: bool = False) -> None:
    """Queue the mail of a locked order to its supplier; nothing where no address is known.

    The order is printed when the mail is sent: the message holds keys alone.
    """
    address = order.supplier.email
    if not address:
        return
    key = f"{ORDER_SENT}:{order.pk}:"
    earlier = OutboxMessage.objects.filter(dedup_key__startswith=key).count() if again else 0
    payload = {"order_id": order.pk, "buyer_id": acting_user.pk if acting_user else None}
    queue_mails([mail_message(ORDER_SENT, None, payload, f"{key}{earlier + 1}", address=address)])


def standing_of(order: PurchaseOrder) -> str:
    """Return what somebody is asked to approve of a locked order, else when it was decided.

    It differs where deciders must be told: of another total, currency or warehouse, and of the
    same after a decision that a change ended.
    """
    decided_at = order.rejected_at or order.approved_at
    if order.approval_status == "pending":
        return f"{order.warehouse_id}:{order.committed_total:.2f}{order.currency}"
    return f"{decided_at.timestamp():.6f}" if decided_at else ""


def tell_order_waits(order: PurchaseOrder, stood: str = "") -> None:
    """Tell those who may approve a saved order that it waits for them, once for each total.

    `stood` is what standing_of() said before the change: a decision that the change ended begins
    the telling anew. Who made the order or last changed what it costs is not told.
    """
    stands = standing_of(order)
    if stands == stood or order.approval_status != "pending":
        return
    ended = "" if ":" in stood else stood
    tell(
        list(approvers_of(order)),
        topic=ORDER_WAITS,
        payload={"order_id": order.pk},
        key=f"{ORDER_WAITS}:{order.pk}:{stands}:{ended}",
        title=f"Purchase order {order} of {money(order.committed_total, order.currency)} "
        "awaits approval",
        reference=order.order_number,
    )


def approvers_of(order: PurchaseOrder) -> Any:
    """Return who else may approve an order: members of its warehouse, and administrators."""
    known = [key for key in order.answerable_ids if key is not None]
    here = Q(warehouse_memberships__warehouse=order.warehouse_id) | Q(role="admin")
    able = User.objects.who_can(Can.APPROVE_PURCHASE_ORDERS).exclude(pk__in=known)
    return able.filter(here).distinct().order_by("pk")


def tell_order_decided(order: PurchaseOrder, acting_user: Any) -> None:
    """Tell the author of a saved order that somebody else approved or rejected it, and why."""
    decision = order.approval_status
    reason = " ".join(order.approval_note.split())
    title = f"Purchase order {order} is {decision}"
    authors = User.objects.active().filter(pk=order.created_by_id)
    tell(
        list(authors.exclude(pk=acting_user.pk)),
        topic=ORDER_DECIDED,
        payload={"order_id": order.pk, "decision": decision},
        key=f"{ORDER_DECIDED}:{order.pk}:{decision}:{moment_of(order)}",
        title=f"{title}: {reason}" if reason else title,
        reference=order.order_number,
    )
