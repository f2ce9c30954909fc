"""A stock card on paper."""

from collections.abc import Sequence
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Spacer

from common.documents.letterhead import company_letterhead
from common.documents.page import pdf_of
from common.documents.parts import WIDTH, Column, facts, lines_table, named, text
from common.documents.words import amount_of, day, money, unit_price
from common.exceptions import InvalidInput
from inventory.documents.head import head_with_barcode
from inventory.stock_card import Level, StockCard, words_of

MOST_ROWS = 2_000
DAY, FIGURE, MONEY = 26 * mm, 18 * mm, 26 * mm
WHAT = WIDTH - DAY - 4 * FIGURE - MONEY
COLUMNS = (
    Column("Day", DAY),
    Column("Movement", WHAT),
    Column("In", FIGURE, is_figure=True),
    Column("Out", FIGURE, is_figure=True),
    Column("Left", FIGURE, is_figure=True),
    Column("Unit cost", FIGURE, is_figure=True),
    Column("Value left", MONEY, is_figure=True),
)


def stock_card_pdf(card: StockCard) -> bytes:
    """Return a card as PDF; raises InvalidInput (start_date) where it is too long for paper."""
    movements = list(card.movements[: MOST_ROWS + 1])
    if len(movements) > MOST_ROWS:
        message = f"More than {MOST_ROWS:,} movements: choose a shorter period, or CSV."
        raise InvalidInput(message, {"start_date": [message]})
    stock = card.stock
    variation = stock.variation
    title = f"Stock card {variation.sku_code}"
    rows = [
        level_row("At the beginning", card.opening),
        *map(row_of, movements),
        level_row("At the end", card.closing),
    ]
    story = [
        head_with_barcode(title, variation.sku_code),
        facts(
            [
                ("Product", variation.product.name),
                ("Warehouse", f"{stock.warehouse.code} {stock.warehouse.name}"),
                ("Bin", stock.bin_location),
                ("Unit", variation.stock_unit),
                ("From", day(card.first) if card.first else "the first movement on"),
                ("To", day(card.last) if card.last else "today"),
            ]
        ),
        Spacer(1, 2 * mm),
        lines_table(COLUMNS, rows),
    ]
    return pdf_of(story, title=title, letterhead=company_letterhead())


def level_row(words: str, level: Level) -> Sequence[Any]:
    return [
        "",
        text(words, width=WHAT - 10, bold=True),
        "",
        "",
        amount_of(level.quantity),
        "",
        money(level.value),
    ]


def row_of(movement: Any) -> Sequence[Any]:
    """Return a movement as a row; one that was recorded on a later day says so."""
    occurred, recorded = movement.occurred_at.date(), movement.recorded_at.date()
    under = [
        movement.reference_code,
        f"Lot {movement.lot_number}" if movement.lot_number else "",
        f"Recorded on {recorded}" if recorded != occurred else "",
    ]
    quantity = movement.quantity
    return [
        f"{movement.occurred_at:%Y-%m-%d}",
        named(words_of(movement), under, width=WHAT - 10),
        amount_of(quantity) if quantity > 0 else "",
        amount_of(-quantity) if quantity < 0 else "",
        amount_of(movement.balance),
        unit_price(movement.unit_cost),
        money(movement.balance_value),
    ]
