"""Telling customers that goods left, by mail."""

from common.models import CompanySettings
from notifications.outbox import mail_message, queue_mails
from sales.models import SalesOrder

GOODS_LEFT = "sales.goods_left"


def mail_customer(order: SalesOrder, fulfilment_key: int) -> None:
    """Queue the mail about a fulfilment, where the company mails customers and knows the address.

    The message holds keys alone; what left is read when the mail is sent.
    """
    if not order.customer_email:
        return
    if not CompanySettings.objects.filter(mail_customers=True).exists():
        return
    queue_mails(
        [
            mail_message(
                GOODS_LEFT,
                None,
                {"fulfilment_id": fulfilment_key},
                f"{GOODS_LEFT}:{fulfilment_key}",
                address=order.customer_email,
            )
        ]
    )
