"""A count on paper: a sheet to count on while it is open, the record of it afterwards."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from common.documents.letterhead import company_letterhead
from common.documents.page import pdf_of
from common.documents.parts import (
    WIDTH,
    Column,
    facts,
    lines_table,
    named,
    section,
    signatures,
    text,
)
from common.documents.words import amount_of, day, money, name_of
from common.exceptions import InvalidInput
from inventory.barcodes import symbol_of
from inventory.bins import lying_in, walking_order
from inventory.documents.head import bars_with_text, head_with_barcode
from inventory.labels.content import LabelLine, symbol_for
from inventory.labels.drawing import NARROWEST_MODULE
from inventory.models import StockCount, StockCountLine

MOST_LINES = 2_000
BIN, BARCODE, FIGURE = 24 * mm, 56 * mm, 20 * mm
GOODS = WIDTH - BIN - BARCODE - 2 * FIGURE
SHOULD_BE = Column("Should be", FIGURE, is_figure=True)
COUNTED = Column("Counted", FIGURE, is_figure=True)
SHEET = (Column("Bin", BIN), Column("Goods", GOODS), Column("Scan", BARCODE), SHOULD_BE, COUNTED)
BLIND_SHEET = (
    Column("Bin", BIN),
    Column("Goods", GOODS + FIGURE),
    Column("Scan", BARCODE),
    COUNTED,
)
RECORD = (
    Column("Bin", BIN),
    Column("Goods", WIDTH - BIN - 4 * FIGURE - 6 * mm),
    SHOULD_BE,
    COUNTED,
    Column("Difference", FIGURE, is_figure=True),
    Column("Worth", FIGURE + 6 * mm, is_figure=True),
)
BLANK = "______"


def count_sheet_pdf(key: int, bins: str = "") -> bytes:
    """Return what is still to be counted of an open count, or what was counted of another.

    With `bins` of the bin of that name alone, or of those whose names begin with it: a sheet for
    each of several counters. Three statements for any number of lines. A blind count's sheet says
    nowhere what should be there. Raises InvalidInput where it has more lines than a sheet holds.
    """
    people = ("created_by", "assigned_to", "submitted_by", "decided_by")
    count = StockCount.objects.select_related("warehouse", "category", *people).get(pk=key)
    is_open = count.status == StockCount.Status.COUNTING
    lines = lines_on_paper(count, is_open, bins)
    title = f"{'Count sheet' if is_open else 'Count'} {count.code}"
    story: list[Flowable] = [
        head_with_barcode(title, count.code),
        facts([*facts_of(count, len(lines), is_open), ("Bins on this sheet", bins)]),
        Spacer(1, 2 * mm),
    ]
    if is_open:
        columns = BLIND_SHEET if count.hides_expected else SHEET
        story.append(lines_table(columns, [sheet_row(line, count) for line in lines]))
        story.append(signatures("Counted by", "On", "Second count by"))
    else:
        story.append(lines_table(RECORD, [record_row(line) for line in lines]))
        story += section("Decision", count.decision_note)
    story += section("Notes", count.notes)
    return pdf_of(story, title=title, letterhead=company_letterhead())


def lines_on_paper(count: StockCount, is_open: bool, bins: str) -> list[StockCountLine]:
    """Return the lines as one walks past their bins: all of a closed count, else the open ones."""
    lines_there = lying_in(count.lines.all(), count.warehouse_id, bins)
    rows = lines_there.select_related("variation__product")
    if is_open:
        rows = rows.to_be_counted()
    lines = list(rows[: MOST_LINES + 1])
    if len(lines) > MOST_LINES:
        message = (
            f"More than {MOST_LINES:,} lines: too much for one sheet. Count a category, a class "
            "or chosen goods, or count with a scanner."
        )
        raise InvalidInput(message, {"count": [message]})
    return sorted(lines, key=lambda line: (walking_order(line.bin_location), line.pk))


def facts_of(count: StockCount, lines: int, is_open: bool) -> list[tuple[str, str]]:
    shared = [
        ("Warehouse", f"{count.warehouse.code} {count.warehouse.name}"),
        ("What is counted", count.scope_in_words),
        ("Opened", f"{day(count.created_at)}, {name_of(count.created_by)}".rstrip(", ")),
    ]
    if is_open:
        kind = "blind" if count.is_blind else ""
        return [
            *shared,
            ("Lines to count", str(lines)),
            ("Kind", kind),
            ("Given to", name_of(count.assigned_to)),
        ]
    accuracy = count.accuracy_percent
    return [
        *shared,
        ("Status", count.get_status_display()),
        ("Lines right", f"{count.lines_right} of {count.lines_counted}"),
        ("Accuracy", "" if accuracy is None else f"{accuracy} %"),
        ("Value that should be there", money(count.value_expected)),
        ("Differences, by size", money(count.value_difference)),
        ("Differences, net", money(count.value_net)),
        ("Submitted by", name_of(count.submitted_by)),
        ("Decided by", name_of(count.decided_by)),
    ]


def goods_of(line: StockCountLine, width: float, *extra: str) -> Flowable:
    variation = line.variation
    lot = f"Lot {line.lot_number}" if line.lot_number else ""
    expires = f"expires {line.expiration_date}" if line.expiration_date else ""
    under = [
        f"{variation.sku_code} · {variation.stock_unit}",
        ", ".join(word for word in (lot, expires) if word),
        *extra,
    ]
    return named(variation.product.name, under, width=width - 10)


def sheet_row(line: StockCountLine, count: StockCount) -> Sequence[Any]:
    again = "Differs: count it again" if line.needs_recount else ""
    expected = [] if count.hides_expected else [amount_of(line.expected)]
    return [
        text(line.bin_location or "–", width=BIN - 10),
        goods_of(line, GOODS, again),
        barcode_of(line),
        *expected,
        BLANK,
    ]


def barcode_of(line: StockCountLine) -> Any:
    """Return what a scanner reads of a line, with its lot; nothing where it would be too fine."""
    label = LabelLine(
        variation=line.variation,
        lot_number=line.lot_number,
        expiration_date=line.expiration_date,
    )
    try:
        symbol = symbol_for(label, ("lot",))
    except InvalidInput:  # a barcode that no symbol carries; the SKU is carried by each
        symbol = symbol_of(line.variation.sku_code)
    room = BARCODE - 10
    if room / symbol.width < NARROWEST_MODULE:
        return ""
    return bars_with_text(symbol, symbol.text, widest=room, height=12 * mm)


def record_row(line: StockCountLine) -> Sequence[Any]:
    difference = line.difference
    first = "" if line.first_quantity is None else f"First count {amount_of(line.first_quantity)}"
    return [
        text(line.bin_location or "–", width=BIN - 10),
        goods_of(line, RECORD[1].width, first, line.notes),
        amount_of(line.expected if line.on_hand_at_scan is None else line.on_hand_at_scan),
        "not counted" if line.counted_quantity is None else amount_of(line.counted_quantity),
        "" if not difference else f"{amount_of(difference)}",
        "" if not difference else money(difference * (line.unit_cost or Decimal(0))),
    ]
