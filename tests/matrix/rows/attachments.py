"""Files of documents: who sees the document sees them; each kind has rights of its own."""

from django.core.files.uploadedfile import SimpleUploadedFile

from inventory.attached_files import CheckedFile
from inventory.attachments import attachment_kinds
from inventory.services.attachments import attach_file
from purchasing.models import GoodsReceipt
from tests.matrix.table import Row, made
from tests.pdf_files import pdf_with

FILES = "/api/attachments/"
SEE = "200 200 200 404 200"
FOREIGN = "200 404 404 404 404"


@made
def attachment(place):
    receipt = GoodsReceipt.objects.get(code=place["goods_receipt"])
    return attach_file(
        kind=attachment_kinds()["goods_receipt"],
        document=receipt,
        file=CheckedFile(place.secret("file"), "application/pdf", b"%PDF"),
        description=place.secret("description"),
        acting_user=place.admin,
    ).pk


def new_file(place):
    return {
        "document_type": "goods_receipt",
        "document": place["goods_receipt"],
        "file": SimpleUploadedFile("a.pdf", pdf_with()),
    }


ROWS = [
    Row("get", FILES, own="200 200 200 200 200"),
    Row("get", FILES + "{attachment}/", own=SEE, foreign=FOREIGN),
    Row("get", FILES + "{attachment}/download/", own=SEE, foreign=FOREIGN),
    Row("post", FILES, own="201 201 201 403 403", foreign="201 400 400 403 403", body=new_file),
    Row(
        "delete",
        FILES + "{attachment}/",
        own="204 204 403 404 403",
        foreign="204 404 404 404 404",
    ),
]
