"""The company's logo: a picture that we made ourselves, in the settings and on documents."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from common.models import AuditEntry, CompanyLogo, CompanySettings

pytestmark = pytest.mark.django_db
SETTINGS, LOGO = "/api/settings/", "/api/settings/logo/"


def picture(kind="PNG", size=(64, 48)):
    file = BytesIO()
    Image.new("RGB", size, "teal").save(file, kind)
    return file.getvalue()


def send(client, content=None, **fields):
    file = SimpleUploadedFile("logo.png", content or picture(), "image/png")
    return client.patch(SETTINGS, {"logo": file, **fields}, format="multipart")


def test_a_logo_is_kept_anew_and_given_out(api):
    admin = api("admin")

    answer = send(admin, picture("JPEG", (3000, 1500)), name="Acme")

    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (sorted(body["updated_fields"]), body["name"]) == (["logo", "name"], "Acme")
    given = api("viewer").get(body["logo"])
    assert (given.status_code, given["Content-Type"]) == (200, "image/webp")
    assert given["X-Content-Type-Options"] == "nosniff"
    assert Image.open(BytesIO(given.content)).size == (1000, 500)
    assert api("viewer").get(SETTINGS).json()["logo"] == body["logo"]


@pytest.mark.parametrize(
    "content", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", b"%PDF-1.4", b""]
)
def test_what_is_no_picture_is_refused_and_nothing_changes(api, content):
    admin = api("admin")
    kept = send(admin).json()["logo"]
    file = SimpleUploadedFile("logo.png", content, "image/png")

    answer = admin.patch(SETTINGS, {"logo": file, "name": "New"}, format="multipart")

    assert (answer.status_code, list(answer.json()["details"])) == (400, ["logo"])
    assert admin.get(SETTINGS).json()["logo"] == kept
    assert CompanySettings.current().name == ""


def test_a_file_beyond_two_megabytes_is_refused(api):
    admin = api("admin")

    answers = [
        send(admin, picture() + b"\0" * (2 * 1024 * 1024)),
        admin.generic(
            "PATCH", SETTINGS, b"--x\r\n", content_type="multipart/form-data; boundary=x",
            CONTENT_LENGTH="900000000",
        ),
    ]  # fmt: skip

    assert [answer.status_code for answer in answers] == [413, 413]
    assert [list(answer.json()["details"]) for answer in answers] == [["logo"]] * 2
    assert CompanyLogo.objects.count() == 0


def test_a_logo_is_changed_kept_and_taken_away(api):
    admin = api("admin")
    assert admin.get(LOGO).status_code == 404
    first = send(admin).json()
    second = send(admin, picture(size=(10, 10))).json()
    assert first["logo"] != second["logo"]

    kept = admin.patch(SETTINGS, {"logo": second["logo"], "name": "Acme"})
    assert (kept.status_code, kept.json()["logo"]) == (200, second["logo"])
    assert admin.patch(SETTINGS, {"logo": "http://example.com/a.png"}).status_code == 400

    gone = admin.patch(SETTINGS, {"logo": None})

    assert (gone.status_code, gone.json()["logo"]) == (200, None)
    assert CompanyLogo.objects.count() == 0
    assert admin.get(LOGO).status_code == 404
    assert gone["ETag"] != kept["ETag"]


@pytest.mark.parametrize("role", ["manager", "staff", "sales", "viewer"])
def test_only_an_administrator_sets_it(api, role):
    assert send(api(role)).status_code == 403
    assert CompanyLogo.objects.count() == 0


def test_the_audit_says_that_it_changed_and_holds_no_picture(api):
    send(api("admin"))

    entry = AuditEntry.objects.get(object_type="company_logo")
    assert entry.changes["image"] == [None, "(changed)"] or "RIFF" not in str(entry.changes)
    assert len(str(entry.changes)) < 1000
