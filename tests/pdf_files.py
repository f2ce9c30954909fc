"""PDFs written by hand, so that they may hold what they like."""

import zlib
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>"


def pdf_with(*objects, head=b"%PDF-1.7\n", catalog=b"", tail=b"%%EOF\n"):
    """Return a PDF of one page and some more objects, each as it is written."""
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R " + catalog + b" >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        PAGE,
        *objects,
    ]
    text, places = head, []
    for number, body in enumerate(bodies, start=1):
        places.append(len(text))
        text += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    table += b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n" % (len(bodies) + 1, len(text))
    return text + table + trailer + tail


def stream(content, entries=b"", packed=True):
    """Return a stream object."""
    body = zlib.compress(content) if packed else content
    filters = b"/Filter /FlateDecode " if packed else b""
    return b"<< %s%s/Length %d >>\nstream\n%s\nendstream" % (filters, entries, len(body), body)


def object_stream(content, entries=b"/Type /ObjStm /N 1 /First 5 ", packed=True):
    """Return a stream that holds one object, number 9."""
    return stream(b"9 0  " + content, entries, packed)


def printed(words="Delivery note 4711"):
    """Return a PDF as a printing library makes it."""
    file = BytesIO()
    canvas = Canvas(file)
    canvas.drawString(100, 700, words)
    canvas.showPage()
    canvas.save()
    return file.getvalue()
