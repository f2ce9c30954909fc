"""Files in the back office: a box on each document's page, and a list of all."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from inventory.models import Attachment
from tests.admin.pages import errors_of, list_of, page_of, step_of
from tests.factories.purchasing import make_order
from tests.pdf_files import pdf_with, printed

pytestmark = pytest.mark.django_db


@pytest.fixture
def receipt(place):
    return make_order(4, warehouse=place.own, status="received").receipts.get()


def attach(client, row, content=None, **fields):
    file = SimpleUploadedFile("note.pdf", content or printed(), "application/pdf")
    return client.post(step_of(row, "attach"), {"file": file, **fields}, follow=True)


def test_a_file_is_attached_on_the_page_and_downloaded_from_it(office, receipt):
    staff = office("staff")
    assert 'enctype="multipart/form-data"' in staff.get(page_of(receipt)).content.decode()

    answer = attach(staff, receipt, description="<b>Signed</b>")

    assert "note.pdf is attached." in errors_of(answer)
    file = Attachment.objects.get()
    page = answer.content.decode()
    assert "&lt;b&gt;Signed&lt;/b&gt;" in page
    assert step_of(file, "download") in page
    given = staff.get(step_of(file, "download"))
    assert given["Content-Disposition"] == 'attachment; filename="note.pdf"'
    assert given.content == printed() or given.content.startswith(b"%PDF-")
    assert "note.pdf" in staff.get(list_of(Attachment)).content.decode()


def test_a_picture_is_attached_to_an_order_too(manager, place):
    order = make_order(4, warehouse=place.own)
    target = BytesIO()
    Image.new("RGB", (20, 20)).save(target, "PNG")

    attach(manager, order, target.getvalue())

    assert Attachment.objects.get().media_type == "image/webp"


def test_a_refused_file_is_said_and_nothing_is_kept(office, receipt):
    staff = office("staff")

    answers = [
        attach(staff, receipt, pdf_with(b"<< /S /JavaScript >>")),
        attach(staff, receipt, b"<svg></svg>"),
        staff.post(step_of(receipt, "attach"), {}, follow=True),
    ]

    texts = [errors_of(answer) for answer in answers]
    assert "This PDF holds a script." in texts[0]
    assert "no readable picture" in texts[1]
    assert "required" in texts[2]
    assert Attachment.objects.count() == 0


def test_who_may_not_attach_has_no_box_and_is_refused(office, place):
    order = make_order(4, warehouse=place.own)
    staff = office("staff")

    assert 'enctype="multipart/form-data"' not in staff.get(page_of(order)).content.decode()
    assert attach(staff, order).status_code == 403
    assert staff.get(step_of(order, "attach")).status_code == 403
    assert Attachment.objects.count() == 0


def test_files_of_another_warehouse_are_not_there(manager, office, place):
    foreign = make_order(4, warehouse=place.foreign, status="received").receipts.get()
    attach(office("admin"), foreign)
    file = Attachment.objects.get()

    assert attach(manager, foreign).status_code == 403
    assert manager.get(step_of(file, "download")).status_code == 403
    assert file.name not in manager.get(list_of(Attachment)).content.decode()
    assert Attachment.objects.count() == 1


def test_a_file_is_removed_by_its_owner_or_a_manager(manager, office, receipt):
    owner, other = office("staff"), office("staff")
    attach(owner, receipt)
    file = Attachment.objects.get()

    refused = other.post(step_of(file, "remove"), follow=True)
    assert "Somebody else attached this file." in errors_of(refused)
    assert Attachment.objects.count() == 1
    answer = manager.post(step_of(file, "remove"), follow=True)

    assert "note.pdf is removed." in errors_of(answer)
    assert answer.status_code == 200
    assert Attachment.objects.count() == 0
