"""The pages of a document: a head on all but the first, and a foot that says which of how many."""

from collections.abc import Sequence
from functools import partial
from io import BytesIO
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, SimpleDocTemplate

from common.documents.letterhead import Letterhead
from common.documents.parts import QUIET, RULE, SMALL, letterhead_block
from common.pdf_fonts import draw_text, fit, text_width

MARGIN, FOOT = 18 * mm, 11 * mm
FRAME = 6  # points that a frame keeps free inside of the margins


class CountingCanvas(Canvas):
    """Keeps every page until all are there, then writes on each which of how many it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept: list[dict[str, Any]] = []

    def showPage(self) -> None:
        self.kept.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self.kept, start=1):
            self.__dict__.update(page)
            words = f"Page {number} of {len(self.kept)}"
            self.setFillColor(QUIET)
            right = A4[0] - MARGIN
            draw_text(self, right - text_width(words, SMALL), FOOT, words, SMALL)
            super().showPage()
        super().save()


def pdf_of(story: Sequence[Flowable], *, title: str, letterhead: Letterhead) -> bytes:
    """Return the PDF of a document that begins with the letterhead."""
    file = BytesIO()
    template = SimpleDocTemplate(
        file, pagesize=A4, leftMargin=MARGIN - FRAME, rightMargin=MARGIN - FRAME,
        topMargin=MARGIN - FRAME, bottomMargin=MARGIN - FRAME, title=title,
        author=letterhead.name, creator="InventoryPulse", pageCompression=1,
    )  # fmt: skip
    template.build(
        [*letterhead_block(letterhead), *story],
        onFirstPage=partial(draw_foot, letterhead.name),
        onLaterPages=partial(draw_head_and_foot, title, letterhead.name),
        canvasmaker=CountingCanvas,
    )
    return file.getvalue()


def draw_foot(name: str, canvas: Any, template: Any) -> None:
    canvas.setStrokeColor(RULE)
    canvas.line(MARGIN, FOOT + 4 * mm, A4[0] - MARGIN, FOOT + 4 * mm)
    draw_line(canvas, name, MARGIN, FOOT)


def draw_head_and_foot(title: str, name: str, canvas: Any, template: Any) -> None:
    draw_line(canvas, title, MARGIN, A4[1] - 12 * mm, bold=True)
    draw_foot(name, canvas, template)


def draw_line(canvas: Any, words: str, x: float, y: float, *, bold: bool = False) -> None:
    """Draw as much of a text as fits one line beside the page number."""
    if not words:
        return
    line = fit(words, width=130 * mm, height=SMALL * 1.3, largest=SMALL, smallest=6, bold=bold)
    canvas.setFillColor(QUIET)
    for one in line.lines:
        draw_text(canvas, x, y, one, line.size, bold=bold)
