"""The head of the documents that go with goods: the order's number as a barcode, too."""

from reportlab.lib.units import mm
from reportlab.platypus import Table

from common.documents.parts import INK, LARGE, PLAIN, WIDTH, Bars, text
from inventory.barcodes import CODE_128, QUIET, bars_of, symbol_of

BARCODE = 82 * mm


def head_with_barcode(title: str, code: str) -> Table:
    """Return a title beside the Code 128 of a number."""
    symbol = symbol_of(code, CODE_128)
    bars = [(at + QUIET, wide) for at, wide in bars_of(symbol.modules)]
    flowable = Bars(bars, symbol.width, code)
    flowable.hAlign = "RIGHT"
    words = text(title, width=WIDTH - BARCODE - 4 * mm, size=LARGE, bold=True, colour=INK)
    return Table([[words, flowable]], colWidths=[WIDTH - BARCODE, BARCODE], style=[*PLAIN])
