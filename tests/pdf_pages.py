"""Reading PDFs back, as a person or a machine would."""

import pypdfium2


def pages_of(pdf: bytes) -> list[str]:
    """Return the text of each page."""
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_range().replace("\r\n", "\n") for page in document]


def text_of(pdf: bytes) -> str:
    """Return the text of all pages, its white space as single blanks."""
    return " ".join(" ".join(pages_of(pdf)).split())


def pictures_in(pdf: bytes) -> int:
    """Return how many pictures the pages show."""
    document = pypdfium2.PdfDocument(pdf)
    return sum(len(list(page.get_objects(filter=[3]))) for page in document)
