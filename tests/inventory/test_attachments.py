"""Files of documents: what may come in, who sees it, and how it is given out."""

from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from inventory.models import Attachment, AttachmentContent
from purchasing.services.returns import ReturnLine, return_to_supplier
from sales.services.fulfilment import fulfil_sales_order
from sales.services.line_choice import LineRequest
from sales.services.returns import return_goods
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.purchasing import make_order
from tests.factories.sales import take_order
from tests.factories.warehouses import WarehouseFactory
from tests.pdf_files import pdf_with, printed

pytestmark = pytest.mark.django_db
FILES = "/api/attachments/"
SCRIPT = b"<script>alert(document.domain)</script>"
SECRET = b"GPS-SECRET-47.36"


def picture(kind="PNG", size=(64, 48), **options):
    file = BytesIO()
    Image.new("RGB", size, "teal").save(file, kind, **options)
    return file.getvalue()


@pytest.fixture(autouse=True)
def media(tmp_path, settings):
    """Nothing is ever written to the folder of files, nor left in that of temporary ones."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "temporary"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    yield
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []


@pytest.fixture
def place():
    return WarehouseFactory()


@pytest.fixture
def receipt(place):
    return make_order(4, warehouse=place, status="received").receipts.get()


@pytest.fixture
def staff(api, place):
    return api("staff", place)


def send(client, document, content=None, name="note.pdf", kind="goods_receipt", **fields):
    file = SimpleUploadedFile("x", printed() if content is None else content, "text/html")
    file._name = name  # as a hostile client would write it, past what Django's own clients do
    body = {"document_type": kind, "document": document, "file": file, **fields}
    return client.post(FILES, body, format="multipart")


def returned(place):
    variation = VariationFactory()
    put_in_stock(variation, place, 5)
    order = take_order((variation, 2), warehouse=place)
    fulfil_sales_order(order=order, acting_user=None)
    lines = [LineRequest("line", "1", 1, "unwanted")]
    return return_goods(order=order, lines=lines, acting_user=None)


def test_a_delivery_note_is_kept_with_its_receipt_and_given_out_as_it_came(staff, receipt):
    content = printed("Delivery note 4711")

    answer = send(staff, receipt.code, content, "Lieferschein Nr. 7.PDF", description="Signed")

    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert (body["document_type"], body["document"]) == ("goods_receipt", receipt.code)
    assert (body["name"], body["media_type"]) == ("Lieferschein Nr. 7.pdf", "application/pdf")
    assert (body["size"], body["description"]) == (len(content), "Signed")
    assert body["uploaded_by"] == staff.user.code
    given = staff.get(body["url"])
    assert given.content == content
    assert given["Content-Type"] == "application/pdf"
    assert given["Content-Disposition"] == 'attachment; filename="Lieferschein Nr. 7.pdf"'
    assert given["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in given["Content-Security-Policy"]
    assert given["Cache-Control"] == "private, no-store"


def test_a_receipt_and_its_order_show_their_files(api, place, receipt):
    manager = api("manager", place)
    order = receipt.order
    send(manager, receipt.code, name="a.pdf")
    send(manager, receipt.pk, picture(), name="b.png")
    send(manager, order.order_number, kind="purchase_order", name="c.pdf")

    detail = manager.get(f"/api/purchase-orders/{order.order_number}/").json()

    assert [one["name"] for one in detail["receipts"][0]["attachments"]] == ["a.pdf", "b.webp"]
    assert [one["name"] for one in detail["attachments"]] == ["c.pdf"]
    assert manager.get(detail["attachments"][0]["url"]).status_code == 200


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_made_anew_without_what_was_hidden_in_it(staff, receipt, kind):
    content = picture(kind, (4000, 1000)) + SCRIPT + SECRET

    body = send(staff, receipt.code, content, "photo.html").json()

    kept = bytes(AttachmentContent.objects.get().content)
    assert (body["name"], body["media_type"]) == ("photo.webp", "image/webp")
    assert Image.open(BytesIO(kept)).size == (2500, 625)
    assert b"script" not in kept
    assert SECRET not in kept
    assert staff.get(body["url"])["Content-Type"] == "image/webp"


HOSTILE = {
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>", 400),
    "html": (b"<html>" + SCRIPT + b"</html>", 400),
    "html that begins as a pdf": (b"%PDF-1.4\n<html>" + SCRIPT, 400),
    "gif": (picture("GIF"), 400),
    "tiff": (picture("TIFF"), 400),
    "archive": (b"PK\x03\x04" + b"\0" * 40, 400),
    "program": (b"MZ" + b"\0" * 90, 400),
    "text": (b"just text", 400),
    "no bytes": (b"", 400),
    "picture cut in the middle": (picture("JPEG", (900, 900))[:400], 400),
    "too many pixels": (picture("PNG", (5000, 4001)), 400),
    "pdf with a script": (pdf_with(b"<< /S /JavaScript >>"), 400),
    "pdf that starts a program": (pdf_with(b"<< /S /Launch >>"), 400),
    "pdf with a file": (pdf_with(catalog=b"/Names << /EmbeddedFiles 4 0 R >>"), 400),
    "pdf and page polyglot": (printed() + SCRIPT, 400),
    "one byte too many": (printed() + b" " * (10 * 1024 * 1024), 413),
}


@pytest.mark.parametrize(("content", "status"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_files_are_refused_by_field_and_nothing_is_kept(staff, receipt, content, status):
    answer = send(staff, receipt.code, content)

    assert (answer.status_code, list(answer.json()["details"])) == (status, ["file"])
    assert Attachment.objects.count() == AttachmentContent.objects.count() == 0


def test_a_body_beyond_the_limit_is_refused_unread(staff):
    answer = staff.generic(
        "POST", FILES, b"--x\r\n", content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH="900000000",
    )  # fmt: skip

    assert (answer.status_code, list(answer.json()["details"])) == (413, ["file"])


NAMES = {
    "../../../etc/cron.d/job.pdf": "job.pdf",
    "a\r\nX-Evil: 1.pdf": "a.pdf",
    "fdp.\u202eexe": "fdp.pdf",
    "note.pdf.exe": "note.pdf.pdf",
    "Σφυρί.PDF": "Σφυρί.pdf",
    '<img src="x">.pdf': "img src= x.pdf",
    ".pdf": "pdf.pdf",
    "...": "file.pdf",
    "a" * 900 + ".pdf": "a" * 100 + ".pdf",
}


@pytest.mark.parametrize(("given", "kept"), NAMES.items(), ids=range(len(NAMES)))
def test_names_can_neither_mislead_nor_add_headers(staff, receipt, given, kept):
    body = send(staff, receipt.code, name=given).json()

    assert body["name"] == kept
    answer = staff.get(body["url"])
    assert answer["Content-Disposition"].startswith("attachment; filename")
    assert "X-Evil" not in answer.headers


def test_who_sees_the_document_sees_its_files_and_nobody_else(api, place, receipt):
    url = send(api("staff", place), receipt.code).json()["url"]
    number = Attachment.objects.get().pk

    def seen_by(role, *places):
        client = api(role, *places)
        listed = client.get(FILES).json()["attachments"]
        return len(listed), client.get(f"{FILES}{number}/").status_code, client.get(url).status_code

    for role in ("manager", "staff", "viewer"):
        assert seen_by(role, place) == (1, 200, 200), role
    assert seen_by("admin") == (1, 200, 200)
    assert seen_by("sales", place) == (0, 404, 404)
    for role in ("manager", "staff", "viewer"):
        assert seen_by(role, WarehouseFactory()) == (0, 404, 404), role


def test_files_follow_a_draft_to_another_warehouse(api, place):
    order = make_order(1, warehouse=place)
    here, other = api("manager", place), WarehouseFactory()
    send(here, order.order_number, kind="purchase_order")
    there = api("manager", other)
    assert len(there.get(FILES).json()["attachments"]) == 0

    api("admin").patch(f"/api/purchase-orders/{order.order_number}/", {"warehouse": other.code})

    assert len(there.get(FILES).json()["attachments"]) == 1
    assert len(here.get(FILES).json()["attachments"]) == 0


def test_each_kind_of_document_has_its_own_rights(api, place, receipt):
    back = returned(place)
    sent_back = return_to_supplier(
        order=receipt.order,
        lines=[
            ReturnLine(item_id=receipt.order.items.get().pk, quantity=Decimal(1), reason="damaged")
        ],
        acting_user=api("manager", place).user,
    )
    documents = [
        ("goods_receipt", receipt.code),
        ("purchase_order", receipt.order.order_number),
        ("sales_return", back.return_number),
        ("supplier_return", sent_back.return_number),
    ]
    statuses = {
        role: [send(api(role, place), code, kind=kind).status_code for kind, code in documents]
        for role in ("manager", "staff", "sales", "viewer")
    }

    assert statuses == {
        "manager": [201, 201, 201, 201],
        "staff": [201, 403, 201, 201],
        "sales": [403, 403, 403, 403],
        "viewer": [403, 403, 403, 403],
    }
    assert len(api("sales", place).get(FILES).json()["attachments"]) == 2
    assert Attachment.objects.count() == 7


def test_a_foreign_document_is_refused_as_an_absent_one(staff, place):
    foreign = make_order(1, warehouse=WarehouseFactory(), status="received").receipts.get()

    answers = [send(staff, reference) for reference in (foreign.code, "GR-1999-999")]

    texts = [answer.content.decode().replace(foreign.code, "GR-1999-999") for answer in answers]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert texts[0] == texts[1]
    assert list(answers[0].json()["details"]) == ["document"]
    assert Attachment.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [("document_type", "invoice"), ("document_type", ""), ("document", ""), ("file", "text")],
)
def test_a_body_that_makes_no_sense_is_named(staff, receipt, field, value):
    file = SimpleUploadedFile("a.pdf", printed())
    body = {"document_type": "goods_receipt", "document": receipt.code, "file": file}

    answer = staff.post(FILES, {**body, field: value}, format="multipart")

    assert (answer.status_code, list(answer.json()["details"])) == (400, [field])
    assert Attachment.objects.count() == 0


def test_json_holds_no_file(staff, receipt):
    answer = staff.post(FILES, {"document_type": "goods_receipt", "document": receipt.code})

    assert answer.status_code == 415


def test_a_file_is_removed_by_who_attached_it_or_by_a_manager(api, place, receipt):
    owner, other, manager = api("staff", place), api("staff", place), api("manager", place)
    own, second = (send(owner, receipt.code).json()["id"] for _ in range(2))

    refused = other.delete(f"{FILES}{own}/")
    assert (refused.status_code, Attachment.objects.count()) == (403, 2)
    assert owner.delete(f"{FILES}{own}/").status_code == 204
    assert manager.delete(f"{FILES}{second}/").status_code == 204
    assert Attachment.objects.count() == AttachmentContent.objects.count() == 0
    assert api("manager", WarehouseFactory()).delete(f"{FILES}{own}/").status_code == 404


def test_a_document_has_at_most_twenty_files(staff, receipt):
    for _ in range(20):
        assert send(staff, receipt.code).status_code == 201

    answer = send(staff, receipt.code)

    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_attachments")
    assert Attachment.objects.count() == 20


def test_the_list_is_filtered_searched_and_exported(api, place, receipt):
    manager = api("manager", place)
    send(manager, receipt.code, name="alpha.pdf", description="Signed")
    send(manager, receipt.order.order_number, kind="purchase_order", name="beta.pdf")

    def names(**query):
        return [one["name"] for one in manager.get(FILES, query).json()["attachments"]]

    assert names(document_type="goods_receipt") == ["alpha.pdf"]
    assert names(document=receipt.order.order_number.lower()) == ["beta.pdf"]
    assert names(search="sign") == ["alpha.pdf"]
    assert names(ordering="-name") == ["beta.pdf", "alpha.pdf"]
    assert manager.get(FILES, {"document_type": "x"}).status_code == 400
    exported = b"".join(manager.get(f"{FILES}?format=csv")).decode()
    assert "alpha.pdf" in exported
    assert "beta.pdf" in exported


@pytest.mark.parametrize("count", [1, 3])
def test_list_query_count(staff, receipt, count, django_assert_num_queries):
    for _ in range(count):
        send(staff, receipt.code)

    with django_assert_num_queries(1):
        answer = staff.get(FILES)

    assert len(answer.json()["attachments"]) == count


@pytest.mark.parametrize("accept", ["application/json", "text/html", "*/*"])
def test_errors_of_downloads_are_json(staff, accept):
    answer = staff.get(f"{FILES}999999/download/", HTTP_ACCEPT=accept)

    assert answer["Content-Type"] == "application/json"
    assert answer.status_code in (404, 406)
