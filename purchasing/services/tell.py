"""Telling suppliers of orders, by mail."""

from typing import Any

from notifications.models import OutboxMessage
from notifications.outbox import mail_message, queue_mails
from purchasing.models import PurchaseOrder

ORDER_SENT = "purchasing.order_sent"


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
