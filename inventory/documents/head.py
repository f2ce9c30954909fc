"""The head of the documents that go with goods, and the barcodes on them."""

from reportlab.lib.units import mm
from reportlab.platypus import Table

from common.documents.parts import INK, LARGE, PLAIN, WIDTH, Bars, text
from inventory.barcodes import CODE_128, QUIET, Symbol, bars_of, symbol_of

BARCODE = 82 * mm


def head_with_barcode(title: str, code: str) -> Table:
    """Return a title beside the Code 128 of a number."""
    flowable = bars_with_text(symbol_of(code, CODE_128), code)
    flowable.hAlign = "RIGHT"
    words = text(title, width=WIDTH - BARCODE - 4 * mm, size=LARGE, bold=True, colour=INK)
    return Table([[words, flowable]], colWidths=[WIDTH - BARCODE, BARCODE], style=[*PLAIN])


def bars_with_text(
    symbol: Symbol, words: str, *, widest: float = 80 * mm, height: float = 17 * mm
) -> Bars:
    """Return a symbol with its quiet zones and a text below it; sizes in points."""
    bars = [(at + QUIET, wide) for at, wide in bars_of(symbol.modules)]
    return Bars(bars, symbol.width, words, widest=widest, height=height)
