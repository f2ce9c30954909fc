"""Text on printed documents: read back from the PDF, as a person or a machine would."""

from io import BytesIO

import pypdfium2
import pytest
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate

from common.pdf_fonts import (
    BOLD,
    FALLBACK,
    REGULAR,
    UNKNOWN,
    Run,
    as_seen,
    draw_text,
    fit,
    markup,
    runs_of,
    text_width,
    wrap,
)

SCRIPTS = {
    "latin": "Ärmel Łódź naïve",
    "greek": "Σφυρί ξύλινο",
    "cyrillic": "Молоток слесарный",
    "chinese": "不锈钢水壶",
    "japanese": "ステンレスのやかん",
    "korean": "스테인리스 주전자",
}


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    return "".join(document[0].get_textpage().get_text_range())


def drawn(text: str, *, bold: bool = False) -> bytes:
    file = BytesIO()
    canvas = Canvas(file, pagesize=(400, 60))
    draw_text(canvas, 10, 20, text, 12, bold=bold)
    canvas.save()
    return file.getvalue()


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
@pytest.mark.parametrize("bold", [False, True])
def test_text_of_any_script_reads_back_from_the_page(text, bold):
    assert text_of(drawn(text, bold=bold)).strip() == text


def test_runs_change_the_font_only_where_a_character_asks_for_it():
    assert runs_of("Tee 茶 hot") == [
        Run(REGULAR, "Tee "),
        Run(FALLBACK, "茶"),
        Run(REGULAR, " hot"),
    ]
    assert runs_of("Tee", bold=True) == [Run(BOLD, "Tee")]


def test_character_that_no_font_has_shows_as_replaced():
    assert runs_of("a\U0001f600b") == [Run(REGULAR, f"a{UNKNOWN}b")]
    assert runs_of("a\x00\tb") == [Run(REGULAR, "a  b")]


def test_hebrew_stands_from_right_to_left_and_arabic_is_joined():
    assert as_seen("שלום 12") == "12 םולש"
    assert as_seen("مرحبا") == "\ufe8e\ufe92\ufea3\ufeae\ufee3"
    assert [run.font for run in runs_of("مرحبا שלום")] == [REGULAR]
    assert UNKNOWN not in "".join(run.text for run in runs_of("مرحبا שלום غرفة"))


def test_wrap_keeps_every_line_within_the_width():
    lines = wrap("A hammer of stainless steel Supercalifragilistic不锈钢水壶不锈钢水壶", 10, 60)

    assert "".join(lines).replace(" ", "") == (
        "AhammerofstainlesssteelSupercalifragilistic不锈钢水壶不锈钢水壶"
    )
    assert max(text_width(line, 10) for line in lines) <= 60


def test_fit_shrinks_before_it_cuts():
    short = fit("Hammer", width=200, height=12, largest=10)
    long = fit("Hammer " * 10, width=120, height=30, largest=10, smallest=4)
    too_long = fit("Hammer " * 100, width=60, height=12, largest=10, smallest=5)

    assert (short.size, short.lines, short.is_cut) == (10, ("Hammer",), False)
    assert (long.is_cut, long.size < 10, long.height <= 30) == (False, True, True)
    assert (too_long.is_cut, too_long.size, len(too_long.lines)) == (True, 5, 2)
    assert too_long.lines[-1].endswith("…")
    assert max(text_width(line, 5) for line in too_long.lines) <= 60


def test_markup_is_data_in_a_paragraph():
    hostile = '<b>bold</b> & <img src="file:///etc/passwd"/> 水'
    file = BytesIO()
    style = ParagraphStyle("plain", fontName=REGULAR, fontSize=9)
    paragraph = Paragraph(markup(hostile, size=9, width=300), style)
    SimpleDocTemplate(file, pagesize=(500, 200)).build([paragraph])

    assert " ".join(text_of(file.getvalue()).split()) == hostile
