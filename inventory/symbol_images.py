"""Symbols as SVG and PNG, drawn from their modules: the same bars as on labels."""

from dataclasses import dataclass
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

from common.pdf_fonts import FOLDER, REGULAR
from inventory.barcodes import QUIET, Symbol, bars_of

if TYPE_CHECKING:
    from PIL.Image import Image

MILLIMETRES_AN_INCH = 25.4
TEXT_SHARE = 0.2  # of the height, for the text below the bars
ERROR_LEVELS = ("l", "m", "q", "h")


@dataclass(frozen=True, slots=True)
class Size:
    """How a symbol is drawn: millimetres, and for PNG the dots of a printer's inch."""

    module: float = 0.33
    height: float = 15.0
    dpi: int = 300
    shows_text: bool = True

    @property
    def text_height(self) -> float:
        return self.height * TEXT_SHARE if self.shows_text else 0.0


def barcode_svg(symbol: Symbol, size: Size) -> bytes:
    """Return a barcode as SVG, its size in millimetres."""
    width = symbol.width * size.module
    bar_height = size.height - size.text_height
    bars = "".join(
        f'<rect x="{(QUIET + at) * size.module:.3f}" y="0" width="{wide * size.module:.3f}"'
        f' height="{bar_height:.3f}"/>'
        for at, wide in bars_of(symbol.modules)
    )
    text = ""
    if size.shows_text:
        text = (
            f'<text x="{width / 2:.3f}" y="{size.height - 0.2 * size.text_height:.3f}"'
            f' font-family="monospace" font-size="{0.8 * size.text_height:.3f}"'
            f' text-anchor="middle">{escape(symbol.text)}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.3f}mm"'
        f' height="{size.height:.3f}mm" viewBox="0 0 {width:.3f} {size.height:.3f}">'
        f'<rect width="100%" height="100%" fill="#fff"/>{bars}{text}</svg>'
    ).encode()


def barcode_png(symbol: Symbol, size: Size) -> bytes:
    """Return a barcode as PNG; each module is a whole number of dots wide."""
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415 - needed for PNG alone

    dots = size.dpi / MILLIMETRES_AN_INCH
    module = max(1, round(size.module * dots))
    bar_height, text_height = (
        round((size.height - size.text_height) * dots),
        round(size.text_height * dots),
    )
    image = Image.new("L", (symbol.width * module, bar_height + text_height), 255)
    draw = ImageDraw.Draw(image)
    for at, wide in bars_of(symbol.modules):
        left = (QUIET + at) * module
        draw.rectangle((left, 0, left + wide * module - 1, bar_height - 1), fill=0)
    if text_height >= 1:
        font = ImageFont.truetype(FOLDER / f"{REGULAR}.ttf", max(1, round(0.7 * text_height)))
        middle = (image.width / 2, bar_height + text_height / 2)
        draw.text(middle, symbol.text, font=font, fill=0, anchor="mm")
    return saved(image, size.dpi)


def saved(image: "Image", dpi: int) -> bytes:
    file = BytesIO()
    image.save(file, "PNG", dpi=(dpi, dpi), optimize=True)
    return file.getvalue()


def qr_image(payload: str, *, kind: str, scale: int, error: str) -> bytes:
    """Return a QR code as svg or png; `scale` is the dots of a module."""
    import segno  # noqa: PLC0415 - needed for QR codes alone

    file = BytesIO()
    segno.make_qr(payload, error=error, boost_error=False).save(file, kind=kind, scale=scale)
    return file.getvalue()
