"""One label on a page: its texts fit their boxes, its symbols keep the size that scanners need."""

from dataclasses import dataclass
from typing import Any

from common.pdf_fonts import LEADING, draw_text, fit, text_width
from inventory.barcodes import QUIET, Symbol, bars_of
from inventory.labels.formats import LabelFormat

MM = 72 / 25.4
PADDING = 1.5 * MM
GAP = 1.0 * MM
# What a hand scanner and a printer of 300 dots an inch need.
NARROWEST_MODULE, WIDEST_MODULE = 0.17 * MM, 0.5 * MM
SMALLEST_QR_MODULE = 0.3 * MM
QR_QUIET = 2
BARCODE_SHARE, TALLEST_BARCODE = 0.42, 18 * MM
NAME_SIZE, DETAIL_SIZE, CODE_SIZE, SMALLEST_SIZE = 10.0, 8.0, 7.0, 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What stands on a label."""

    name: str = ""
    details: tuple[str, ...] = ()
    barcode: Symbol | None = None
    qr: str = ""
    name_size: float = NAME_SIZE


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the page, in points."""

    x: float
    y: float
    width: float
    height: float


def fits_barcode(symbol: Symbol, label_format: LabelFormat) -> bool:
    """Say whether the bars stay wide enough on a label of this format."""
    return (label_format.width * MM - 2 * PADDING) / symbol.width >= NARROWEST_MODULE


def fits_qr(payload: str, label_format: LabelFormat, *, beside_barcode: bool) -> bool:
    room = qr_side(label_format.width * MM, label_format.height * MM, beside_barcode)
    return room / (matrix_size(payload) + 2 * QR_QUIET) >= SMALLEST_QR_MODULE


def qr_side(width: float, height: float, beside_barcode: bool) -> float:
    """Return the side of the square that a QR code has."""
    inner = height - 2 * PADDING
    if beside_barcode:
        inner -= barcode_height(height) + GAP
    return min(inner, width / 2)


def barcode_height(height: float) -> float:
    return min(TALLEST_BARCODE, (height - 2 * PADDING) * BARCODE_SHARE)


def matrix_size(payload: str) -> int:
    import segno  # noqa: PLC0415 - needed to print alone

    return int(segno.make_qr(payload, error="m").symbol_size(border=0)[0])


def draw_label(canvas: Any, label: Label, box: Box, *, border: bool) -> None:
    """Draw a label into its place: the barcode below, the QR code at the right, texts beside."""
    if border:
        canvas.setLineWidth(0.3)
        canvas.rect(box.x, box.y, box.width, box.height)
    left, bottom = box.x + PADDING, box.y + PADDING
    width, height = box.width - 2 * PADDING, box.height - 2 * PADDING
    if label.barcode is not None:
        bars = barcode_height(box.height)
        draw_barcode(canvas, label.barcode, Box(left, bottom, width, bars))
        bottom, height = bottom + bars + GAP, height - bars - GAP
    if label.qr:
        side = qr_side(box.width, box.height, label.barcode is not None)
        draw_qr(canvas, label.qr, Box(left + width - side, bottom + height - side, side, side))
        width -= side + GAP
    draw_texts(canvas, label, Box(left, bottom, width, height))


def draw_texts(canvas: Any, label: Label, box: Box) -> None:
    """Draw the name above and the details below it, each detail on a line of its own."""
    line = min(DETAIL_SIZE * LEADING, box.height / (len(label.details) + 1))
    name_height = box.height - line * len(label.details)
    y = box.y + box.height
    if label.name:
        name = fit(
            label.name, width=box.width, height=name_height, largest=label.name_size,
            smallest=SMALLEST_SIZE, bold=True,
        )  # fmt: skip
        for text in name.lines:
            y -= name.size * LEADING
            draw_text(canvas, box.x, y + 0.25 * name.size, text, name.size, bold=True)
    for detail in label.details:
        size = line / LEADING
        y -= line
        shown = fit(
            detail, width=box.width, height=line, largest=size, smallest=min(size, SMALLEST_SIZE)
        )
        for text in shown.lines[:1]:
            draw_text(canvas, box.x, y + 0.25 * size, text, shown.size)


def draw_barcode(canvas: Any, symbol: Symbol, box: Box) -> None:
    """Draw bars as wide as the box permits, in its middle, and the code below them."""
    module = min(WIDEST_MODULE, box.width / symbol.width)
    text = fit(
        symbol.text, width=box.width, height=CODE_SIZE * LEADING, largest=CODE_SIZE,
        smallest=SMALLEST_SIZE,
    )  # fmt: skip
    left = box.x + (box.width - symbol.width * module) / 2 + QUIET * module
    for at, wide in bars_of(symbol.modules):
        canvas.rect(
            left + at * module, box.y + text.height, wide * module, box.height - text.height,
            stroke=0, fill=1,
        )  # fmt: skip
    for line in text.lines:
        middle = box.x + (box.width - text_width(line, text.size)) / 2
        draw_text(canvas, middle, box.y + 0.25 * text.size, line, text.size)


def draw_qr(canvas: Any, payload: str, box: Box) -> None:
    import segno  # noqa: PLC0415 - as above

    matrix = [bytes(row) for row in segno.make_qr(payload, error="m").matrix]
    module = box.width / (len(matrix) + 2 * QR_QUIET)
    top = box.y + box.height - QR_QUIET * module
    for number, row in enumerate(matrix):
        for at, wide in bars_of("".join(map(str, row))):
            canvas.rect(
                box.x + (QR_QUIET + at) * module, top - (number + 1) * module, wide * module,
                module, stroke=0, fill=1,
            )  # fmt: skip
