"""Files that people attach: judged by their content, and kept as what they were found to be."""

import re
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from common.exceptions import InvalidInput
from common.pdf_safety import UnsafePdfError, require_safe_pdf
from common.pictures import MEDIA_TYPE, MEGABYTE, PictureRules, clean_picture
from inventory.models import Attachment

FIELD = "file"
RULES = PictureRules(
    field=FIELD, largest_file=10 * MEGABYTE, side=2500, kinds="PDF, JPEG, PNG or WebP"
)
PDF = "application/pdf"
ENDINGS = {PDF: "pdf", MEDIA_TYPE: "webp"}
LONGEST_NAME = 100
UNFIT_FOR_NAMES = re.compile(r'[\\/:*?"<>|]+')


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file that may be kept."""

    name: str
    media_type: str
    content: bytes


def checked_file(file: Any) -> CheckedFile:
    """Return an uploaded file as it is kept: a PDF as it came, a picture made anew as WebP.

    Name and stated type do not count, but for what the file is called. Raises TooLarge, and
    InvalidInput (file) for whatever is neither, or a PDF that does more than show pages.
    """
    head = file.read(5)
    file.seek(0)
    if head != b"%PDF-":
        return CheckedFile(named(file.name, MEDIA_TYPE), MEDIA_TYPE, clean_picture(file, RULES))
    content = file.read(RULES.largest_file + 1)
    if len(content) > RULES.largest_file:
        raise RULES.too_large()
    try:
        require_safe_pdf(content)
    except UnsafePdfError as error:
        text = f"{error} Print it into a new PDF and send that."
        raise InvalidInput(text, {FIELD: [text]}) from None
    return CheckedFile(named(file.name, PDF), PDF, content)


def named(given: str | None, media_type: str) -> str:
    """Return a file's name without what misleads or cannot be stored, its ending by its content."""
    text = "".join(letter for letter in given or "" if letter.isprintable())
    stem = UNFIT_FOR_NAMES.sub(" ", text).rpartition(".")[0] or UNFIT_FOR_NAMES.sub(" ", text)
    stem = " ".join(stem.split()).strip(". ")[:LONGEST_NAME].strip()
    return f"{stem or 'file'}.{ENDINGS[media_type]}"


def file_response(attachment: Attachment) -> HttpResponse:
    """Return a file to be saved: a browser shows and runs nothing of it."""
    response = HttpResponse(bytes(attachment.content.content), content_type=attachment.media_type)
    response["Content-Disposition"] = content_disposition_header(True, attachment.name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response
