"""The mails about orders above the company's limit: that one waits, and what was decided."""

from typing import Any

from common.documents.words import money
from notifications.models import OutboxMessage
from notifications.notices import notice, way_to
from notifications.registry import CauseGone, Mail
from purchasing.models import PurchaseOrder


def write_order_waits(message: OutboxMessage) -> Mail:
    """Write that an order awaits approval, as long as it does."""
    order = order_of(message)
    if order.approval_status != "pending":
        raise CauseGone(f"{order.order_number} awaits approval no more.")
    return mail_about(
        message, order, f"Purchase order {order.order_number} awaits approval",
        "What it costs is above the company's limit; you may approve or reject it.",
    )  # fmt: skip


def write_order_decided(message: OutboxMessage) -> Mail:
    """Write what was decided about an order, unless it was changed or decided anew since."""
    order, decision = order_of(message), message.payload["decision"]
    if order.approval_status != decision:
        raise CauseGone(f"{order.order_number} is {decision} no more.")
    return mail_about(
        message, order, f"Purchase order {order.order_number} is {decision}",
        "You made it; this is what was decided.",
    )  # fmt: skip


def order_of(message: OutboxMessage) -> PurchaseOrder:
    """Return the order of a mail, if its recipient may still see it; raises CauseGone."""
    recipient: Any = message.recipient
    orders = PurchaseOrder.objects.visible_to(recipient).select_related(
        "supplier", "warehouse", "created_by", "approved_by", "rejected_by"
    )
    order: PurchaseOrder | None = orders.filter(pk=message.payload["order_id"]).first()
    if order is None:
        raise CauseGone("The recipient does not see this order any more.")
    return order


def mail_about(message: OutboxMessage, order: PurchaseOrder, heading: str, text: str) -> Mail:
    facts = [
        ("Purchase order", order.order_number),
        ("Supplier", order.supplier.company_name),
        ("Warehouse", order.warehouse),
        ("Total", money(order.total_amount, order.currency)),
        ("Charges", money(order.charges_amount, order.currency) if order.charges_amount else ""),
        ("Made by", order.created_by),
        ("Notes", order.notes),
        ("Decided by", order.rejected_by or order.approved_by),
        ("Decision", order.approval_note),
    ]
    return notice(heading, text, facts, **way_to(order, message.recipient))
