"""The mail that tells a customer what left."""

from typing import Any

from common.documents.letterhead import company_letterhead
from common.documents.words import amount_of, day, name_of
from common.models import CompanySettings
from notifications.models import OutboxMessage
from notifications.registry import CauseGone, Mail
from sales.documents.shipments import ShipmentLine, shipment_lines
from sales.models import Fulfilment

MOST_LINES = 100


def write_fulfilment_mail(message: OutboxMessage) -> Mail:
    """Write what left with a fulfilment and what is still to come.

    Answers go to who took the order. Raises CauseGone where the company mails customers no more.
    """
    fulfilment = (
        Fulfilment.objects.select_related("order__created_by")
        .filter(pk=message.payload["fulfilment_id"])
        .first()
    )
    if fulfilment is None:
        raise CauseGone("The fulfilment does not exist any more.")
    if not CompanySettings.current().mail_customers:
        raise CauseGone("The company does not mail its customers any more.")
    order, company = fulfilment.order, company_letterhead().name
    lines = shipment_lines(fulfilment)
    seller: Any = order.created_by
    heading = f"Goods of your order {order.order_number} are on their way"
    return Mail(
        subject=f"{heading} ({company})" if company else heading,
        template="document",
        context={
            "company": company,
            "heading": heading,
            "text": text_of(lines),
            "facts": facts_of(fulfilment),
            "columns": ["Goods", "In this delivery", "Still to come"],
            "rows": [cells(line) for line in lines[:MOST_LINES]],
            "lines": [sentence(line) for line in lines[:MOST_LINES]],
            "closing": closing_of(lines),
            "contact": name_of(seller),
        },
        reply_to=seller,
    )


def text_of(lines: list[ShipmentLine]) -> str:
    if any(line.to_come for line in lines):
        return "A part of what you ordered has left us. The rest follows."
    return "All that was still to come of your order has left us."


def facts_of(fulfilment: Fulfilment) -> list[tuple[str, str]]:
    order = fulfilment.order
    facts = [
        ("Order", order.order_number),
        ("Delivery", fulfilment.code),
        ("Left on", day(fulfilment.occurred_at)),
        ("Your number", order.customer_id),
    ]
    return [(name, value) for name, value in facts if value]


def cells(line: ShipmentLine) -> list[str]:
    variation = line.item.variation
    unit = variation.stock_unit
    return [
        f"{variation.product.name} ({variation.sku_code})",
        f"{amount_of(line.shipped)} {unit}",
        f"{amount_of(line.to_come)} {unit}",
    ]


def sentence(line: ShipmentLine) -> str:
    goods, shipped, to_come = cells(line)
    return f"{goods}: {shipped} in this delivery, {to_come} still to come"


def closing_of(lines: list[ShipmentLine]) -> str:
    more = len(lines) - MOST_LINES
    rest = f"{more} further lines stand on the packing slip. " if more > 0 else ""
    return f"{rest}Thank you for your order."
