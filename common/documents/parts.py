"""What documents are put together from: texts, facts, tables and bars. Sizes are in points.

User text goes through common.pdf_fonts.markup: nothing in it is markup, and every script prints.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.platypus import Flowable, Image, KeepTogether, LongTable, Paragraph, Spacer, Table

from common.documents.letterhead import Letterhead
from common.pdf_fonts import BOLD, REGULAR, face, markup

WIDTH = 174 * mm  # between the margins of A4
INK, QUIET, RULE, SHADE = HexColor("#14304f"), HexColor("#5b6b7c"), HexColor("#dfe5ec"), "#f1f4f8"
LETTERHEAD_WIDTH, LOGO_WIDTH, LOGO_HEIGHT = 100 * mm, 60 * mm, 22 * mm
LETTERHEAD_LINES = 12
SMALL, NORMAL, LARGE = 7.5, 9.0, 17.0
PADDING = 4.0
BLACK = HexColor("#1c2733")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading, its width, and whether figures stand in it."""

    title: str
    width: float
    is_figure: bool = False


@cache
def style(size: float, colour: Any = BLACK, align: int = TA_LEFT) -> ParagraphStyle:
    for font in (REGULAR, BOLD):
        face(font)  # which makes it known
    return ParagraphStyle(
        f"{size} {colour} {align}", fontName=REGULAR, fontSize=size, leading=size * 1.3,
        textColor=colour, alignment=align,
    )  # fmt: skip


def text(
    value: str,
    *,
    width: float = WIDTH,
    size: float = NORMAL,
    bold: bool = False,
    colour: Any = BLACK,
    align: int = TA_LEFT,
) -> Paragraph:
    """Return a user's text in lines no wider than `width`."""
    return Paragraph(markup(value, bold=bold, size=size, width=width), style(size, colour, align))


def named(title: str, under: Sequence[str], *, width: float) -> Paragraph:
    """Return a text with smaller ones below it, in one cell."""
    lines = [markup(title, size=NORMAL, width=width)]
    lines += [
        f'<font size="{SMALL}" color="#5b6b7c">{markup(one, size=SMALL, width=width)}</font>'
        for one in under
        if one
    ]
    return Paragraph("<br/>".join(lines), style(NORMAL))


def heading(title: str, note: str = "") -> list[Flowable]:
    """Return the title of a document, and in what state it is where that matters."""
    parts: list[Flowable] = [text(title, size=LARGE, bold=True, colour=INK), Spacer(1, 2 * mm)]
    if note:
        parts += [text(note, size=11, bold=True, colour=HexColor("#b42318")), Spacer(1, 2 * mm)]
    return parts


def letterhead_block(letterhead: Letterhead) -> list[Flowable]:
    """Return the head of the first page; nothing where the company has not set one."""
    lines = letterhead.text.splitlines()[:LETTERHEAD_LINES]
    words: list[Flowable] = []
    if letterhead.name:
        words.append(
            text(letterhead.name, width=LETTERHEAD_WIDTH, size=13, bold=True, colour=INK,
                 align=TA_RIGHT)
        )  # fmt: skip
    if lines:
        words.append(
            text("\n".join(lines), width=LETTERHEAD_WIDTH, size=8, colour=QUIET, align=TA_RIGHT)
        )
    if not words and letterhead.logo is None:
        return []
    logo = "" if letterhead.logo is None else picture(letterhead.logo)
    block = Table(
        [[logo, words or ""]],
        colWidths=[WIDTH - LETTERHEAD_WIDTH, LETTERHEAD_WIDTH],
        style=[
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 0),
            ("LINEBELOW", (0, 0), (-1, -1), 1, INK),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 8),
        ],
    )
    return [block, Spacer(1, 7 * mm)]


def picture(content: bytes) -> Image:
    """Return a picture that fits the place of the logo, in its own proportions."""
    wide, high = ImageReader(BytesIO(content)).getSize()
    scale = min(LOGO_WIDTH / wide, LOGO_HEIGHT / high)
    shown = Image(BytesIO(content), width=wide * scale, height=high * scale, mask="auto")
    shown.hAlign = "LEFT"
    return shown


def side_by_side(*blocks: tuple[str, Sequence[str]]) -> Table:
    """Return blocks of lines beside each other, such as the addresses of two parties."""
    width = WIDTH / len(blocks)
    cells = [
        [
            text(title, width=width - PADDING, size=SMALL, bold=True, colour=QUIET),
            *[text(line, width=width - 2 * PADDING) for line in lines if line],
        ]
        for title, lines in blocks
    ]
    return Table([cells], colWidths=[width] * len(blocks), style=[*PLAIN, ROOM_BELOW])


def facts(pairs: Iterable[tuple[str, str]], *, columns: int = 3) -> Table:
    """Return names with their values below, so many beside each other; empty ones are left out."""
    shown = [(name, value) for name, value in pairs if value]
    width = WIDTH / columns
    cells: list[list[Any]] = [
        [
            text(name, width=width - PADDING, size=SMALL, bold=True, colour=QUIET),
            text(value, width=width - 2 * PADDING),
        ]
        for name, value in shown
    ]
    cells += [[text("")]] * (-len(cells) % columns)
    rows = [cells[start : start + columns] for start in range(0, len(cells), columns)]
    return Table(
        rows or [[[text("")]] * columns], colWidths=[width] * columns, style=[*PLAIN, ROOM_BELOW]
    )


def lines_table(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> LongTable:
    """Return a table over as many pages as it takes, its heading on each.

    A cell is a flowable, or a figure or a word of ours as it is.
    """
    body = [[column.title for column in columns], *rows]
    return LongTable(
        body,
        colWidths=[column.width for column in columns],
        repeatRows=1,
        style=[
            ("FONT", (0, 0), (-1, 0), BOLD, SMALL),
            ("TEXTCOLOR", (0, 0), (-1, 0), INK),
            ("BACKGROUND", (0, 0), (-1, 0), HexColor(SHADE)),
            ("FONT", (0, 1), (-1, -1), REGULAR, NORMAL),
            ("LEADING", (0, 1), (-1, -1), NORMAL * 1.3),
            ("TEXTCOLOR", (0, 1), (-1, -1), BLACK),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, RULE),
            ("LEFTPADDING", (0, 0), (-1, -1), PADDING),
            ("RIGHTPADDING", (0, 0), (-1, -1), PADDING),
            *[
                ("ALIGN", (number, 0), (number, -1), "RIGHT")
                for number, column in enumerate(columns)
                if column.is_figure
            ],
        ],
    )


def totals(pairs: Sequence[tuple[str, str]]) -> Table:
    """Return sums at the right, the last of them the one that counts."""
    table = Table(
        [[name, amount] for name, amount in pairs],
        colWidths=[38 * mm, 38 * mm],
        style=[
            ("FONT", (0, 0), (-1, -2), REGULAR, NORMAL),
            ("FONT", (0, -1), (-1, -1), BOLD, 10.5),
            ("TEXTCOLOR", (0, 0), (-1, -1), BLACK),
            ("LINEABOVE", (0, -1), (-1, -1), 0.8, INK),
            ("ALIGN", (0, 0), (-1, -1), "RIGHT"),
            ("RIGHTPADDING", (0, 0), (-1, -1), PADDING),
        ],
    )
    table.hAlign = "RIGHT"
    return table


def section(title: str, value: str) -> list[Flowable]:
    """Return a titled text, or nothing where there is none."""
    if not value.strip():
        return []
    name = text(title, size=SMALL, bold=True, colour=QUIET)
    return [KeepTogether([Spacer(1, 4 * mm), name, text(value)])]


class Bars(Flowable):
    """A barcode of bars (where each begins and how wide it is, in modules), its text below."""

    def __init__(
        self,
        bars: Sequence[tuple[int, int]],
        modules: int,
        words: str,
        *,
        widest: float = 80 * mm,
        height: float = 17 * mm,
    ) -> None:
        super().__init__()
        self.bars, self.words = bars, words
        self.module = min(0.4 * mm, widest / modules)
        self.width, self.height = modules * self.module, height

    def wrap(self, *available: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        canvas = self.canv
        canvas.setFillColor(HexColor("#000000"))
        tall = self.height - 4 * mm
        for at, wide in self.bars:
            canvas.rect(at * self.module, 4 * mm, wide * self.module, tall, stroke=0, fill=1)
        canvas.setFont(REGULAR, SMALL)
        canvas.drawCentredString(self.width / 2, 1 * mm, self.words)


def signatures(*names: str) -> KeepTogether:
    """Return lines to sign on, what each is for below it."""
    width = WIDTH / len(names)
    cells = [text(name, width=width - PADDING, size=SMALL, colour=QUIET) for name in names]
    table = Table(
        [cells],
        colWidths=[width] * len(names),
        style=[
            *PLAIN,
            *[("LINEABOVE", (number, 0), (number, 0), 0.8, RULE) for number in range(len(names))],
        ],
    )
    return KeepTogether([Spacer(1, 14 * mm), table])


ROOM_BELOW = ("BOTTOMPADDING", (0, 0), (-1, -1), 8)
PLAIN: list[tuple[Any, ...]] = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), PADDING),
    ("TOPPADDING", (0, 0), (-1, -1), 0),
]
