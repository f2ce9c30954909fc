"""The hostile files of the pictures' tests, at every other door that takes a file."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from common.models import CompanyLogo
from inventory.models import Attachment, Product
from operations.models import ImportJob
from tests.factories.purchasing import make_order
from tests.factories.warehouses import WarehouseFactory
from tests.users.test_avatars import REFUSED

pytestmark = pytest.mark.django_db
# What attachments are for: sound PDFs, and pictures of up to 10 MB.
WELCOME = {(kind, "/api/attachments/") for kind in ("pdf", "one byte too many", "three megabytes")}


@pytest.fixture
def doors(tmp_path, settings):
    """Where a file goes in, with the method and what else the form needs."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "temporary"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    receipt = make_order(4, warehouse=WarehouseFactory(), status="received").receipts.get()
    return {
        "/api/settings/": ("patch", "logo", {}),
        "/api/attachments/": (
            "post", "file", {"document_type": "goods_receipt", "document": receipt.code},
        ),
        "/api/products/import/": ("post", "file", {"dry_run": "false"}),
        "/api/stocks/import/": ("post", "file", {"dry_run": "false"}),
    }  # fmt: skip


def test_hostile_files_are_refused_at_every_door_and_nothing_is_kept(api, doors, tmp_path, count):
    """In the ordinary run each file at one door in turn."""
    client = api("admin")
    client.raise_request_exception = False
    products, wrong = Product.objects.count(), {}
    for number, (kind, (name, content, _)) in enumerate(REFUSED.items()):
        content = content() if callable(content) else content
        in_turn = list(doors)[number % len(doors)]
        for door in list(doors) if count(0, full=1) else [in_turn]:
            if (kind, door) in WELCOME:
                continue
            method, field, form = doors[door]
            file = SimpleUploadedFile("placeholder", content, "image/png")
            file._name = name
            answer = getattr(client, method)(door, {**form, field: file}, format="multipart")
            if answer.status_code not in (400, 413):
                wrong[kind, door] = answer.status_code, answer.content[:200]

    assert wrong == {}
    assert Product.objects.count() == products
    assert (CompanyLogo.objects.count(), Attachment.objects.count()) == (0, 0)
    states = set(ImportJob.objects.values_list("state", flat=True))
    assert states & {"queued", "running", "checked", "imported"} == set()
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []
