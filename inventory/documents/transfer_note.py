"""The paper that goes with a transfer: what to take before it leaves, what arrives afterwards."""

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
    side_by_side,
    signatures,
    text,
)
from common.documents.words import address_lines, amount_of, day, name_of
from common.exceptions import WrongState
from inventory.bins import walking_order
from inventory.documents.head import head_with_barcode
from inventory.documents.portions import Portion, sellable_lots, take
from inventory.models import Stock, TransferLine, TransferRequest
from warehouses.models import Warehouse

BIN, FIGURE, UNIT = 26 * mm, 20 * mm, 20 * mm
TAKEN_GOODS = WIDTH - BIN - UNIT - 2 * FIGURE
SENT_GOODS = WIDTH - BIN - UNIT - 4 * FIGURE
TO_TAKE = (
    Column("Bin", BIN),
    Column("Goods", TAKEN_GOODS),
    Column("Unit", UNIT),
    Column("Asked for", FIGURE, is_figure=True),
    Column("Taken", FIGURE, is_figure=True),
)
ON_THE_WAY = (
    Column("To bin", BIN),
    Column("Goods", SENT_GOODS),
    Column("Unit", UNIT),
    Column("Sent", FIGURE, is_figure=True),
    Column("Arrived", FIGURE, is_figure=True),
    Column("Damaged", FIGURE, is_figure=True),
    Column("On its way", FIGURE, is_figure=True),
)
BLANK = "______"
PEOPLE_AND_PLACES = (
    "from_warehouse", "to_warehouse", "requested_by", "decided_by", "shipped_by", "received_by",
    "closed_by", "follows", "followed_by",
)  # fmt: skip


def transfer_note_pdf(key: int, user: Any) -> bytes:
    """Return the note of a transfer as somebody may see it: bins are told to their own people.

    Before it leaves it is a list of what to take, with the lots that the ledger would take;
    afterwards it goes with the goods, and tells what arrived. It names no costs. The number of
    statements does not depend on the lines. Raises WrongState where no goods leave or left.
    """
    transfer = TransferRequest.objects.select_related(*PEOPLE_AND_PLACES).get(pk=key)
    if not transfer.moves_goods:
        text = (
            f"{transfer.code} is {transfer.status} and no goods left: there is nothing to take or "
            "to send with them. Ask for the goods with a new transfer."
        )
        raise WrongState(text, {"status": [text]})
    lines = list(transfer.lines.select_related("variation__product").prefetch_related("lots__lot"))
    has_left = transfer.shipped_at is not None
    place = transfer.to_warehouse if has_left else transfer.from_warehouse
    stocks = stocks_of(place, lines, user)
    title = f"Transfer {transfer.code}"
    story: list[Flowable] = [
        head_with_barcode(title, transfer.code),
        side_by_side(
            ("From", [str(transfer.from_warehouse), *address_lines(transfer.from_warehouse)]),
            ("To", [str(transfer.to_warehouse), *address_lines(transfer.to_warehouse)]),
        ),
        facts(facts_of(transfer)),
        Spacer(1, 2 * mm),
        table_of(lines, stocks, has_left),
        *section("Notes", transfer.notes),
        *section("Decision", transfer.decision_note),
        *section("How it ended", transfer.closing_note),
        signatures("Handed over by", "Driver", "Received by"),
    ]
    return pdf_of(story, title=title, letterhead=company_letterhead())


def stocks_of(place: Warehouse, lines: Sequence[TransferLine], user: Any) -> dict[int, Stock]:
    """Return by variation the balances of a warehouse that the user may see."""
    found = Stock.objects.visible_to(user).filter(
        warehouse=place, variation__in=[line.variation_id for line in lines]
    )
    return {stock.variation_id: stock for stock in found}


def facts_of(transfer: TransferRequest) -> list[tuple[str, str]]:
    return [
        ("Status", transfer.get_status_display()),
        ("Asked for", moment_of(transfer.created_at, transfer.requested_by)),
        ("Decided", moment_of(transfer.decided_at, transfer.decided_by)),
        ("Left", moment_of(transfer.shipped_at, transfer.shipped_by)),
        ("Arrived", moment_of(transfer.received_at, transfer.received_by)),
        ("Ended", moment_of(transfer.closed_at, transfer.closed_by)),
        ("The rest of", transfer.follows.code if transfer.follows else ""),
        ("The rest is", transfer.followed_by.code if hasattr(transfer, "followed_by") else ""),
    ]


def moment_of(moment: Any, person: Any) -> str:
    """Write when something was done and by whom; nothing for what was not."""
    if moment is None:
        return ""
    name = name_of(person)
    return f"{day(moment)}, {name}" if name else day(moment)


def table_of(lines: Sequence[TransferLine], stocks: dict[int, Stock], has_left: bool) -> Flowable:
    """Return the lines as one walks past the bins of who works with them."""

    def bin_of(line: TransferLine) -> str:
        stock = stocks.get(line.variation_id)
        return stock.bin_location if stock else ""

    walked = sorted(lines, key=lambda line: (walking_order(bin_of(line)), line.position))
    if has_left:
        sent = [line for line in walked if line.quantity_shipped]
        return lines_table(ON_THE_WAY, [sent_row(line, bin_of(line)) for line in sent])
    lots = sellable_lots(stocks.values())
    rows = []
    for line in walked:
        stock = stocks.get(line.variation_id)
        portions = take(lots[stock.pk], line.quantity) if stock and stock.pk in lots else ()
        rows.append(
            [
                text(bin_of(line) or "–", width=BIN - 10),
                goods_of(line, TAKEN_GOODS, portions),
                text(line.variation.stock_unit, width=UNIT - 10),
                amount_of(line.quantity),
                BLANK,
            ]
        )
    return lines_table(TO_TAKE, rows)


def sent_row(line: TransferLine, bin_location: str) -> Sequence[Any]:
    portions = [
        Portion(one.lot.lot_number, str(one.lot.expiration_date or ""), one.quantity_shipped)
        for one in line.lots.all()
    ]
    ended = [
        f"{words}: {amount_of(quantity)}"
        for words, quantity in (
            ("Lost", line.quantity_lost), ("Back at the source", line.quantity_returned),
        )
        if quantity
    ]  # fmt: skip
    return [
        text(bin_location or "–", width=BIN - 10),
        goods_of(line, SENT_GOODS, portions, *ended, line.discrepancy),
        text(line.variation.stock_unit, width=UNIT - 10),
        amount_of(line.quantity_shipped),
        amount_or_blank(line.quantity_received, line),
        amount_or_blank(line.quantity_damaged, line),
        amount_of(line.quantity_in_transit),
    ]


def amount_or_blank(quantity: Decimal, line: TransferLine) -> str:
    """Leave room to write for what has not arrived yet."""
    return amount_of(quantity) if quantity or not line.quantity_in_transit else BLANK


def goods_of(
    line: TransferLine, width: float, portions: Sequence[Portion], *extra: str
) -> Flowable:
    variation = line.variation
    under = [variation.sku_code, *map(str, portions), *extra]
    return named(variation.product.name, under, width=width - 10)
