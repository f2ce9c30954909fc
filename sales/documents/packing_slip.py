"""A packing slip: what is in the parcel and what is still to come, without prices."""

from collections import defaultdict
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Spacer

from common.documents.letterhead import company_letterhead
from common.documents.page import pdf_of
from common.documents.parts import WIDTH, Column, facts, lines_table, named, section, text
from common.documents.words import amount_of, day
from inventory.documents.head import head_with_barcode
from inventory.documents.portions import take
from inventory.services.lot_change import RunningLot
from sales.documents.pick_list import lots_in_words
from sales.documents.picking import Pick, lots_that_left
from sales.documents.shipments import ShipmentLine, shipment_lines
from sales.models import Fulfilment

GOODS = WIDTH - 116 * mm
UNIT = 26 * mm
COLUMNS = (
    Column("#", 12 * mm),
    Column("Goods", GOODS),
    Column("Ordered", 25 * mm, is_figure=True),
    Column("In this delivery", 28 * mm, is_figure=True),
    Column("Still to come", 25 * mm, is_figure=True),
    Column("Unit", UNIT),
)


def packing_slip_pdf(fulfilment: Fulfilment) -> bytes:
    """Return the slip of a fulfilment, read with its order and warehouse.

    The number of statements does not depend on the lines.
    """
    order = fulfilment.order
    lots: dict[int, list[RunningLot]] = defaultdict(list)
    for (variation, _), moved in lots_that_left(fulfilment).items():
        lots[variation] += moved
    rows = []
    for line in shipment_lines(fulfilment):
        portions = take(lots[line.item.variation_id], line.shipped)
        rows.append(row_of(line, lots_in_words(Pick(line.item, "", line.shipped, lots=portions))))
    title = f"Packing slip {order.order_number}"
    story = [
        head_with_barcode(title, order.order_number),
        facts(
            [
                ("Delivery", fulfilment.code),
                ("Left on", day(fulfilment.occurred_at)),
                ("Order date", day(order.order_date)),
                ("Customer", order.customer_id),
                ("E-mail", order.customer_email),
                ("From", shipped_from(fulfilment)),
            ]
        ),
        Spacer(1, 2 * mm),
        lines_table(COLUMNS, rows),
        *section("Notes", order.notes),
    ]
    return pdf_of(story, title=title, letterhead=company_letterhead())


def shipped_from(fulfilment: Fulfilment) -> str:
    """Name the warehouses that goods of a fulfilment left."""
    names = fulfilment.items.order_by("warehouse__name").values_list("warehouse__name", flat=True)
    return ", ".join(dict.fromkeys(names))


def row_of(line: ShipmentLine, lots: list[str]) -> list[Any]:
    variation = line.item.variation
    return [
        str(line.item.position),
        named(variation.product.name, [variation.sku_code, *lots], width=GOODS - 10),
        amount_of(line.item.quantity - line.item.quantity_cancelled),
        amount_of(line.shipped),
        amount_of(line.to_come),
        text(variation.stock_unit, width=UNIT - 10),
    ]
