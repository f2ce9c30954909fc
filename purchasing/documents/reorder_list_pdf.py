"""The reorder list on paper, by supplier."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from common.documents.letterhead import company_letterhead
from common.documents.page import pdf_of
from common.documents.parts import WIDTH, Column, facts, heading, lines_table, named, text
from common.documents.words import amount_of, day, money, unit_price
from inventory.models.lot import stock_day
from purchasing.reorder_list import TITLES, ReorderRow
from purchasing.replenishment import IN_WORDS
from suppliers.models import Supplier
from warehouses.models import Warehouse

ZERO = Decimal(0)
BIN, FIGURE, MONEY = 22 * mm, 19 * mm, 22 * mm
GOODS = WIDTH - BIN - 4 * FIGURE - MONEY
COLUMNS = (
    Column("Bin", BIN),
    Column("Goods", GOODS),
    Column("Available", FIGURE, is_figure=True),
    Column("On its way", FIGURE, is_figure=True),
    Column("Reorder at", FIGURE, is_figure=True),
    Column("To order", FIGURE, is_figure=True),
    Column("Unit cost", MONEY, is_figure=True),
)


def reorder_list_pdf(warehouse: Warehouse, source: str, rows: Sequence[ReorderRow]) -> bytes:
    """Return the rows as PDF, a table for each supplier, and last what is in no order and why."""
    title = f"Reorder list {warehouse.code}"
    story: list[Flowable] = [
        *heading(title),
        facts(
            [
                ("Warehouse", f"{warehouse.code} {warehouse.name}"),
                ("Why", TITLES[source]),
                ("As of", day(stock_day())),
                ("Lines", str(len(rows))),
            ]
        ),
    ]
    for supplier, some in groupby(rows, key=lambda row: row.supplier):
        story += table_of(supplier, list(some))
    if not rows:
        story.append(text("Nothing is to be ordered."))
    return pdf_of(story, title=title, letterhead=company_letterhead())


def table_of(supplier: Supplier | None, rows: Sequence[ReorderRow]) -> Iterable[Flowable]:
    """Return the table of a supplier below their name, and what it comes to."""
    head = "In no order"
    if supplier is not None:
        total = sum((row.total or ZERO for row in rows), ZERO)
        head = f"{supplier.code} {supplier.company_name}: {money(total, supplier.currency)}"
    return [
        Spacer(1, 4 * mm),
        text(head, bold=True),
        Spacer(1, 1 * mm),
        lines_table(COLUMNS, map(cells, rows)),
    ]


def cells(row: ReorderRow) -> Sequence[Any]:
    variation, line = row.variation, row.line
    asked = f"Asked for in 30 days: {amount_of(line.recent_demand)}" if line else ""
    under = [f"{variation.sku_code} · {variation.stock_unit}", asked, IN_WORDS.get(row.reason, "")]
    return [
        text(row.bin_location or "–", width=BIN - 10),
        named(variation.product.name, under, width=GOODS - 10),
        amount_of(row.available),
        amount_of(row.incoming),
        "" if row.reorder_point is None else amount_of(row.reorder_point),
        amount_of(line.quantity) if line else "",
        unit_price(line.unit_cost) if line else "",
    ]
