"""The mail that brings an order to its supplier."""

from common.documents.letterhead import company_letterhead
from common.documents.words import day, file_name, money, name_of
from notifications.models import OutboxMessage
from notifications.registry import CauseGone, Mail, MailFile
from purchasing.documents.order_words import (
    amendment_of,
    delivery_name,
    printable_orders,
    title_of,
)
from purchasing.models import PurchaseOrder
from users.models import User


def write_order_mail(message: OutboxMessage) -> Mail:
    """Write an order as it is at this moment, with its PDF; raises CauseGone for one that is over.

    Answers go to who sent the order.
    """
    order = order_of(message)
    buyer = User.objects.filter(pk=message.payload["buyer_id"]).first()
    company = company_letterhead().name
    title = title_of(order)
    return Mail(
        subject=f"{title} from {company}" if company else title,
        template="document",
        context={
            "company": company,
            "heading": title,
            "greeting": greeting_of(order),
            "text": text_of(order),
            "facts": facts_of(order),
            "closing": f"Please name {order.order_number} on delivery notes and invoices.",
            "contact": name_of(buyer),
        },
        files=[printed(order)],
        reply_to=buyer,
    )


def order_of(message: OutboxMessage) -> PurchaseOrder:
    """Return the order of a mail, as long as its supplier has something to deliver."""
    key = message.payload["order_id"]
    order: PurchaseOrder | None = printable_orders().filter(pk=key).first()
    if order is None:
        raise CauseGone("The order does not exist any more.")
    if not order.is_incoming:
        raise CauseGone(f"{order.order_number} is {order.get_status_display().lower()}.")
    if order.awaits_approval:
        raise CauseGone(f"{order.order_number} waits for approval. Send it again afterwards.")
    return order


def printed(order: PurchaseOrder) -> MailFile:
    from purchasing.documents.order_pdf import (  # noqa: PLC0415 - loads the layout engine
        purchase_order_pdf,
    )

    name = file_name(order.order_number, "pdf")
    return MailFile(name=name, content=purchase_order_pdf(order.pk), media_type="application/pdf")


def greeting_of(order: PurchaseOrder) -> str:
    contact = order.supplier.primary_contact
    return f"Dear {contact}," if contact else ""


def text_of(order: PurchaseOrder) -> str:
    if amendment_of(order):
        return "We changed this order. What the attached document lists holds; please confirm it."
    return "We order what the attached document lists. Please confirm it."


def facts_of(order: PurchaseOrder) -> list[tuple[str, str]]:
    return [
        ("Order date", day(order.order_date)),
        ("Expected delivery", day(order.expected_delivery_date)),
        ("Deliver to", delivery_name(order)),
        ("Lines", str(order.items.count())),
        ("Total", money(order.total_amount, order.currency)),
    ]
