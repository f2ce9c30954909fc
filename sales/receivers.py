"""What sales does when something happens below it."""

from typing import Any

from django.dispatch import receiver

from common.permissions import Can
from inventory.attachments import AttachmentKind, register_attachments
from inventory.reservation_holders import register_holder
from inventory.signals import stock_became_available
from notifications.models import OutboxMessage
from notifications.notices import notice, way_to
from notifications.registry import CauseGone, Mail, register_mail
from sales.documents.fulfilment_mail import write_fulfilment_mail
from sales.models import LINE_HOLDER, SalesOrder, SalesOrderItem, SalesReturn
from sales.services.back_orders import reserve_back_orders
from sales.services.customer_mail import GOODS_LEFT
from sales.services.tell import RESERVATION_EXPIRED, RESERVATION_TAKEN
from warehouses.open_tasks import register_open_tasks

register_mail(GOODS_LEFT)(write_fulfilment_mail)
register_attachments(
    AttachmentKind(
        name="sales_return",
        title="sales return",
        documents=lambda: SalesReturn.objects.all(),
        may_view=Can.VIEW_SALES_ORDERS,
        may_attach=Can.POST_STOCK,
        may_remove=Can.MANAGE_SALES_ORDERS,
    )
)


register_holder(
    LINE_HOLDER, "Sales order", lambda: SalesOrderItem.objects.all(), "order__order_number"
)


@receiver(stock_became_available, dispatch_uid="sales.reserve_back_orders")
def on_stock_became_available(
    sender: Any, *, stock_ids: list[int], acting_user: Any, quiet: bool, **kwargs: Any
) -> None:
    reserve_back_orders(stock_ids=stock_ids, acting_user=acting_user, quiet=quiet)


@register_open_tasks(
    "sales_order",
    begun_by="created_by",
    title=lambda order: f"{order.get_status_display()} order {order}",
)
def open_orders(seen_by: Any) -> Any:
    """Return the orders of which something is still to be delivered."""
    return SalesOrder.objects.visible_to(seen_by).open()


def order_of(message: OutboxMessage, name: str = "order_id") -> SalesOrder:
    """Return the order of a mail, if its recipient may still see it; raises CauseGone."""
    recipient: Any = message.recipient
    found = SalesOrder.objects.visible_to(recipient).filter(pk=message.payload[name])
    order: SalesOrder | None = found.select_related("warehouse").first()
    if order is None or not recipient.can(Can.VIEW_SALES_ORDERS):
        raise CauseGone("The recipient does not see this order any more.")
    if not order.is_open:
        raise CauseGone(f"{order.order_number} is {order.status}.")
    return order


def mail_about(message: OutboxMessage, order: SalesOrder, heading: str, text: str) -> Mail:
    facts = [
        ("Order", order.order_number),
        ("Warehouse", order.warehouse),
        ("Customer", order.customer_email or order.customer_id),
        ("Priority", order.get_priority_display()),
    ]
    return notice(heading, text, facts, **way_to(order, message.recipient))


@register_mail(RESERVATION_EXPIRED)
def write_reservation_expired(message: OutboxMessage) -> Mail:
    order = order_of(message)
    if order.reservation_expired_at is None:
        raise CauseGone(f"{order.order_number} waits for goods again.")
    return mail_about(
        message,
        order,
        f"The reservation of {order.order_number} expired",
        "What it had reserved is free again, and it waits for nothing more. The order is open: "
        "reserve again, deliver what is available, or cancel it.",
    )


@register_mail(RESERVATION_TAKEN)
def write_reservation_taken(message: OutboxMessage) -> Mail:
    order = order_of(message)
    return mail_about(
        message,
        order,
        f"{order.order_number} lost goods to a more urgent order",
        "They were allocated to another order. What is missing is back-ordered and is reserved "
        "as soon as goods come in.",
    )
