"""What goes with goods that go back to their supplier, and asks for the credit."""

from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import KeepTogether, Spacer

from common.documents.letterhead import company_letterhead
from common.documents.page import pdf_of
from common.documents.parts import (
    WIDTH,
    Column,
    facts,
    heading,
    lines_table,
    named,
    section,
    side_by_side,
    text,
    totals,
)
from common.documents.words import address_lines, amount_of, day, money, name_of
from purchasing.documents.order_pdf import supplier_lines, suppliers_codes
from purchasing.models import SupplierReturn, SupplierReturnItem

REASON, UNIT = 30 * mm, 22 * mm
GOODS = WIDTH - 118 * mm
COLUMNS = (
    Column("Line", 14 * mm),
    Column("Goods", GOODS),
    Column("Quantity", 24 * mm, is_figure=True),
    Column("Unit", UNIT),
    Column("Reason", REASON),
    Column("Credit", 28 * mm, is_figure=True),
)


def supplier_return_pdf(key: int) -> bytes:
    """Return a return to a supplier as PDF, in a fixed number of statements."""
    returned = SupplierReturn.objects.select_related(
        "order__supplier", "order__warehouse", "created_by"
    ).get(pk=key)
    order = returned.order
    codes = suppliers_codes(order)
    items = returned.items.select_related("item__variation__product")
    title = f"Return {returned.return_number}"
    story = [
        *heading(title),
        Spacer(1, 1 * mm),
        text(f"Goods of your delivery for our order {order.order_number}", width=WIDTH),
        Spacer(1, 2 * mm),
        side_by_side(
            ("Supplier", supplier_lines(order.supplier)),
            ("From", [order.warehouse.name, *address_lines(order.warehouse)]),
        ),
        facts(
            [
                ("Returned on", day(returned.occurred_at)),
                ("Our order", order.order_number),
                ("Ordered on", day(order.order_date)),
                ("Delivery notes", delivery_notes(returned)),
                ("Our number of you", order.supplier.code),
                ("Returned by", name_of(returned.created_by)),
            ]
        ),
        Spacer(1, 2 * mm),
        lines_table(COLUMNS, [row_of(line, codes) for line in items]),
        Spacer(1, 3 * mm),
        KeepTogether([totals([("To be credited", money(returned.credit_amount, order.currency))])]),
        *section("Notes", returned.notes),
        *section("Please", f"Name {returned.return_number} on the credit note."),
    ]
    return pdf_of(story, title=title, letterhead=company_letterhead())


def delivery_notes(returned: SupplierReturn) -> str:
    """Name the supplier's delivery notes with which goods of the order came."""
    notes = returned.order.receipts.exclude(delivery_note="").values_list(
        "delivery_note", flat=True
    )
    return ", ".join(dict.fromkeys(notes)) or "–"


def row_of(line: SupplierReturnItem, codes: dict[int, str]) -> list[Any]:
    variation = line.item.variation
    code = codes.get(variation.product_id, "")
    under = [
        variation.sku_code + (f" · your code {code}" if code else ""),
        f"Lot {line.lot_number}" if line.lot_number else "",
    ]
    return [
        str(line.item.position),
        named(variation.product.name, under, width=GOODS - 10),
        amount_of(line.quantity),
        text(variation.stock_unit, width=UNIT - 10),
        text(line.get_reason_display(), width=REASON - 10),
        money(line.credit_amount),
    ]
