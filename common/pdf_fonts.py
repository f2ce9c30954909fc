"""Text on printed documents, in any script: names come as people typed them.

reportlab draws one font at a time and from left to right. Here a text is cut into runs of the
fonts that have its characters, and right-to-left words are put into the order in which they are
seen (Unicode Standard Annex 9), with Arabic letters joined. Fonts and licences: common/fonts.
"""

from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "fonts"
REGULAR, BOLD, FALLBACK = "DejaVuSans", "DejaVuSans-Bold", "DroidSansFallback"
UNKNOWN = "\ufffd"
ELLIPSIS = "…"
LEADING = 1.2  # of one line to the next, in font sizes
STEP = 0.5  # points by which a text shrinks until it fits
# Hebrew, Arabic and their presentation forms: what makes the order of Annex 9 matter.
RIGHT_TO_LEFT = ((0x0590, 0x08FF), (0xFB1D, 0xFDFF), (0xFE70, 0xFEFF))


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one font, as they stand from left to right."""

    font: str
    text: str


@dataclass(frozen=True, slots=True)
class Fitted:
    """Lines that fit, at a size in points; `is_cut` says that something was left out."""

    size: float
    lines: tuple[str, ...]
    is_cut: bool = False

    @property
    def height(self) -> float:
        return len(self.lines) * self.size * LEADING


@cache
def face(name: str) -> Any:
    """Return a packaged font, known to reportlab from then on."""
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415 - heavy, and needed to print alone
    from reportlab.pdfbase.ttfonts import TTFont  # noqa: PLC0415 - as above

    font = TTFont(name, FOLDER / f"{name}.ttf")
    pdfmetrics.registerFont(font)
    return font.face


def has(name: str, character: str) -> bool:
    return ord(character) in face(name).charToGlyph


def runs_of(text: str, *, bold: bool = False) -> list[Run]:
    """Return a line of text as runs from left to right; what no font has becomes U+FFFD."""
    main = BOLD if bold else REGULAR
    placed = [placed_character(main, character) for character in as_seen(text)]
    return [
        Run(font, "".join(character for _, character in group))
        for font, group in groupby(placed, key=lambda pair: pair[0])
    ]


def placed_character(main: str, character: str) -> tuple[str, str]:
    if not character.isprintable():
        return main, " "
    if has(main, character):
        return main, character
    return (FALLBACK, character) if has(FALLBACK, character) else (main, UNKNOWN)


def as_seen(text: str) -> str:
    """Return a line in the order in which it is seen, Arabic letters in their joined forms."""
    if not any(start <= ord(one) <= end for one in text for start, end in RIGHT_TO_LEFT):
        return text
    import arabic_reshaper  # noqa: PLC0415 - needed for few texts
    from bidi import get_display  # noqa: PLC0415 - as above

    return str(get_display(arabic_reshaper.reshape(text)))


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return how wide a line is, in points."""
    return float(sum(run_width(run, size) for run in runs_of(text, bold=bold)))


def run_width(run: Run, size: float) -> float:
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415 - as above

    return float(pdfmetrics.stringWidth(run.text, run.font, size))


def draw_text(
    canvas: Any, x: float, y: float, text: str, size: float, *, bold: bool = False
) -> float:
    """Draw a line on its baseline from `x` on; return where it ends."""
    for run in runs_of(text, bold=bold):
        canvas.setFont(run.font, size)
        canvas.drawString(x, y, run.text)
        x += run_width(run, size)
    return x


def wrap(text: str, size: float, width: float, *, bold: bool = False) -> list[str]:
    """Return a text in lines no wider than `width`: cut between words, or inside a long one."""
    lines: list[str] = []
    line = ""
    for word in " ".join(text.split()).split(" "):
        longer = f"{line} {word}" if line else word
        if text_width(longer, size, bold=bold) <= width:
            line = longer
            continue
        if line:
            lines.append(line)
        *full, line = pieces(word, size, width, bold=bold)
        lines += full
    return [*lines, line]


def pieces(word: str, size: float, width: float, *, bold: bool) -> list[str]:
    """Return a word in pieces that fit; each has a character at least."""
    found = [""]
    for character in word:
        if found[-1] and text_width(found[-1] + character, size, bold=bold) > width:
            found.append("")
        found[-1] += character
    return found


def fit(
    text: str,
    *,
    width: float,
    height: float,
    largest: float,
    smallest: float = 4.0,
    bold: bool = False,
) -> Fitted:
    """Return the text at the largest size at which it fits the box; at the smallest it is cut."""
    size = largest
    while True:
        lines = wrap(text, size, width, bold=bold)
        room = int(height / (size * LEADING) + 1e-6)
        if len(lines) <= room:
            return Fitted(size, tuple(lines))
        if size <= smallest:
            break
        size = max(smallest, size - STEP)
    if room < 1:
        return Fitted(size, (), is_cut=True)
    return Fitted(size, (*lines[: room - 1], shortened(lines[room - 1], size, width, bold)), True)


def shortened(line: str, size: float, width: float, bold: bool) -> str:
    """Return a line that ends in an ellipsis and still fits."""
    while line and text_width(line + ELLIPSIS, size, bold=bold) > width:
        line = line[:-1]
    return line + ELLIPSIS


def markup(text: str, *, bold: bool = False, size: float = 0, width: float = 0) -> str:
    """Return user text for reportlab's Paragraph: nothing in it is markup, every script prints.

    Give `size` and `width` (points) where the text may be longer than a line: the lines are then
    cut here, because a right-to-left text cannot be put into order before it is.
    """
    lines = text.splitlines() or [""]
    if width:
        lines = [part for line in lines for part in wrap(line, size, width, bold=bold)]
    return "<br/>".join(
        "".join(
            f'<font name="{run.font}">{escape(run.text)}</font>' for run in runs_of(line, bold=bold)
        )
        for line in lines
    )
