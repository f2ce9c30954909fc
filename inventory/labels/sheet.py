"""A PDF of labels."""

from collections.abc import Iterable
from io import BytesIO
from itertools import chain, repeat

from inventory.labels.drawing import MM, Box, Label, draw_label
from inventory.labels.formats import LabelFormat


def sheet_of(
    labels: Iterable[tuple[Label, int]],
    label_format: LabelFormat,
    *,
    start: int = 1,
    border: bool = False,
) -> bytes:
    """Return the PDF of labels, each so many times, from place `start` of the first page on."""
    from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415 - heavy, and needed to print alone

    file = BytesIO()
    width, height = label_format.page
    canvas = Canvas(file, pagesize=(width * MM, height * MM), pageCompression=1)
    canvas.setTitle("Labels")
    each = chain.from_iterable(repeat(label, number) for label, number in labels)
    for number, label in enumerate(each, start=start - 1):
        place = number % label_format.a_page
        if place == 0 and number >= start:
            canvas.showPage()
        x, y = label_format.corner(place)
        box = Box(x * MM, y * MM, label_format.width * MM, label_format.height * MM)
        draw_label(canvas, label, box, border=border)
    canvas.save()
    return file.getvalue()
