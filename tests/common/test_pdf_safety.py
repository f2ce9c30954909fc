"""PDFs that run, open or unpack something are refused, however they spell or hide it."""

import zlib
from io import BytesIO
from zipfile import ZipFile

import pytest
from PIL import Image

from common.pdf_safety import UnsafePdfError, require_safe_pdf
from tests.pdf_files import object_stream, pdf_with, printed, stream

SCRIPT = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
LAUNCH = b"<< /S /Launch /F (cmd.exe) >>"
FILE = b"<< /Type /EmbeddedFile /Length 3 >>\nstream\nabc\nendstream"


def archive_with(prefix, comment=b""):
    target = BytesIO(prefix)
    target.seek(0, 2)
    with ZipFile(target, "w") as file:
        file.writestr("a.txt", "x")
        file.comment = comment
    return target.getvalue()


def picture_pdf():
    target = BytesIO()
    Image.new("RGB", (300, 300)).save(target, "PDF")
    return target.getvalue()


HOSTILE = {
    "script": pdf_with(SCRIPT),
    "script that opens with the file": pdf_with(catalog=b"/OpenAction " + SCRIPT),
    "script by name": pdf_with(catalog=b"/Names << /JavaScript 4 0 R >>"),
    "script in another spelling": pdf_with(b"<< /S /J#61va#53cript >>"),
    "script spelled out": pdf_with(b"<< /S /#4a#61#76#61#53#63#72#69#70#74 >>"),
    "script packed": pdf_with(object_stream(SCRIPT)),
    "script packed in another spelling": pdf_with(object_stream(b"<< /S /Java#53cript >>")),
    "script in an unpacked object stream": pdf_with(object_stream(SCRIPT, packed=False)),
    "script packed without saying so": pdf_with(object_stream(SCRIPT, b"/N 1 /First 5 ")),
    "script packed behind a comment": pdf_with(
        b"<< % endobj stream\n/Type /ObjStm /N 1 /First 5 /Filter /FlateDecode >>\nstream\r\n"
        + zlib.compress(b"9 0  " + SCRIPT)
        + b"\nendstream"
    ),
    "objects packed twice": pdf_with(
        stream(
            zlib.compress(b"9 0  " + SCRIPT),
            b"/Type /ObjStm /N 1 /First 5 /Filter [/FlateDecode /FlateDecode] ",
        )
    ),
    "objects in letters": pdf_with(
        b"<< /Type /ObjStm /N 1 /First 5 /Filter /ASCIIHexDecode >>\nstream\n392030>\nendstream"
    ),
    "objects in letters, behind one that can be read": pdf_with(
        object_stream(b"<< /A 1 >>"),
        b"<< /Type /Obj#53tm /Filter /ASCII85Decode >>\nstream\nGqc~>\nendstream",
    ),
    "objects that unpack to too much": pdf_with(object_stream(b" " * 70_000_000)),
    "program": pdf_with(LAUNCH),
    "program packed": pdf_with(object_stream(LAUNCH)),
    "file inside": pdf_with(FILE),
    "files by name": pdf_with(catalog=b"/Names << /EmbeddedFiles 4 0 R >>"),
    "form that is sent": pdf_with(b"<< /S /SubmitForm /F (http://x) >>"),
    "form with scripts": pdf_with(b"<< /XFA 5 0 R >>"),
    "player": pdf_with(b"<< /Subtype /RichMedia >>"),
    "link into a file": pdf_with(b"<< /S /GoToE >>"),
    "link to a file": pdf_with(b"<< /S /GoToR /F (\\\\\\\\host\\\\share) >>"),
    "password": pdf_with().replace(b"trailer <<", b"trailer << /Encrypt 4 0 R"),
    "page of a browser after it": pdf_with() + b"<html><script>alert(1)</script></html>",
    "archive after it": archive_with(pdf_with()),
    "archive whose comment ends as a PDF does": archive_with(pdf_with(), b"\n%%EOF\n"),
    "something before it": b"<html>" + pdf_with(),
    "blank before it": b"\n" + pdf_with(),
    "version that is none": pdf_with(head=b"%PDF-9.9\n"),
    "header that goes on": pdf_with(head=b"%PDF-1.4<script>"),
    "cut off": pdf_with()[:150],
    "no end": pdf_with(tail=b""),
    "header alone": b"%PDF-1.7",
    "nothing": b"",
}
SOUND = {
    "by hand": pdf_with(),
    "printed": printed(),
    "picture": picture_pdf(),
    "version 2": pdf_with(head=b"%PDF-2.0\n"),
    "blanks after it": pdf_with(tail=b"%%EOF\r\n\r\n \x00"),
    "packed objects": pdf_with(object_stream(b"<< /Type /Font /BaseFont /Helvetica >>")),
    "packed objects in old lines": pdf_with(
        object_stream(b"<< /A 1 >>").replace(b"stream\n", b"stream\r\n", 1)
    ),
    "drawing that begins with figures": pdf_with(stream(b"10 20 m 30 40 l S /GS0 gs")),
    "words about scripts": pdf_with(b"(JavaScript, Launch and EmbeddedFile are words here)"),
    "link to a page": pdf_with(b"<< /S /URI /URI (https://example.com/) >>"),
    "updated": pdf_with() + b"\n4 0 obj\n<< /B 2 >>\nendobj\n%%EOF\n",
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_pdf_that_does_more_than_show_pages_is_refused(content):
    with pytest.raises(UnsafePdfError, match=r"^This (PDF|is)"):
        require_safe_pdf(content)


@pytest.mark.parametrize("content", SOUND.values(), ids=SOUND)
def test_a_pdf_of_pages_passes(content):
    require_safe_pdf(content)


def test_ten_megabytes_of_noise_are_judged_without_hanging():
    noise = bytes(range(256)) * 40_000

    require_safe_pdf(pdf_with(stream(noise, packed=False)))
