"""A pick list: what to take out of which bin, in the order in which one walks past them."""

from collections.abc import Sequence
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Spacer

from common.documents.letterhead import company_letterhead
from common.documents.page import pdf_of
from common.documents.parts import WIDTH, Column, facts, lines_table, named, section, text
from common.documents.words import amount_of, day
from inventory.documents.head import head_with_barcode
from sales.documents.picking import Pick, fulfilment_picks, open_picks
from sales.models import Fulfilment, SalesOrder

GOODS = WIDTH - 114 * mm
BIN, UNIT, NOTE = 32 * mm, 24 * mm, 22 * mm
COLUMNS = (
    Column("Bin", BIN),
    Column("Goods", GOODS),
    Column("Take", 24 * mm, is_figure=True),
    Column("Unit", UNIT),
    Column("Short", NOTE, is_figure=True),
    Column("Done", WIDTH - GOODS - BIN - UNIT - NOTE - 24 * mm),
)


def pick_list_pdf(order: SalesOrder, fulfilment: Fulfilment | None = None) -> bytes:
    """Return the list for what is open of an order, or for a fulfilment; WrongState for neither.

    The number of statements does not depend on the lines.
    """
    picks = open_picks(order) if fulfilment is None else fulfilment_picks(fulfilment)
    places = sorted({pick.warehouse for pick in picks})
    title = f"Pick list {order.order_number}"
    story = [
        head_with_barcode(title, order.order_number),
        facts(
            [
                ("Warehouse", ", ".join(places)),
                ("Order date", day(order.order_date)),
                ("Fulfilment", fulfilment.code if fulfilment else ""),
                ("Customer", order.customer_id or order.customer_email),
                ("Lines", str(len(picks))),
            ]
        ),
        Spacer(1, 2 * mm),
        lines_table(COLUMNS, [row_of(pick, names_place=len(places) > 1) for pick in picks]),
        *section("Notes", order.notes),
    ]
    return pdf_of(story, title=title, letterhead=company_letterhead())


def row_of(pick: Pick, *, names_place: bool) -> Sequence[Any]:
    variation = pick.item.variation
    under = [variation.sku_code, *lots_in_words(pick)]
    return [
        named(pick.bin_location or "–", [pick.warehouse] * names_place, width=BIN - 10),
        named(variation.product.name, under, width=GOODS - 10),
        amount_of(pick.quantity),
        text(variation.stock_unit, width=UNIT - 10),
        amount_of(pick.short) if pick.short else "",
        "\u2610",
    ]


def lots_in_words(pick: Pick) -> list[str]:
    """Say of which lots how much is taken."""
    return [str(one) for one in pick.lots]
