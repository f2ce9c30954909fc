"""Whatever is sent as a picture: what is kept is an image that we made, or nothing."""

import struct
import zlib
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, PngImagePlugin
from rest_framework.test import APIClient

from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from users.models import Avatar

pytestmark = pytest.mark.django_db
PROFILE, PICTURE = "/api/profile/", "/api/profile/avatar/"
SCRIPT = b"<script>alert(document.domain)</script>"
SECRET = b"GPS-SECRET-47.36"


def encoded(image, kind, **options):
    target = BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def picture(kind="PNG", mode="RGB", size=(64, 48), **options):
    return encoded(Image.new(mode, size), kind, **options)


def chunk(name, content):
    body = name + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def png(width, height, rows=b"", extra=b""):
    """Write a PNG by hand, so that its header may claim what it likes."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra
        + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    )  # fmt: skip


def with_exif():
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010E] = SCRIPT.decode()
    exif[0x8825] = {1: "N", 2: (47.0, 22.0, 1.0), 29: SECRET.decode()}
    return picture("JPEG", size=(64, 48), exif=exif.tobytes())


def with_text():
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", SCRIPT.decode())
    text.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    return picture("PNG", pnginfo=text)


def animated(kind):
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue", "green")]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:])


def archive():
    target = BytesIO()
    with ZipFile(target, "w") as file:
        file.writestr("picture.png", picture())
    return target.getvalue()


def icon():
    return encoded(Image.new("RGB", (32, 32)), "ICO")


def padded(size):
    """Return a sound PNG of exactly so many bytes."""
    whole = picture()
    rest = size - len(whole) - 12
    end = whole.index(b"IEND") - 4
    return whole[:end] + chunk(b"teSt", b"\0" * rest) + whole[end:]


SVG = b"<svg xmlns='http://www.w3.org/2000/svg'>" + SCRIPT + b"</svg>"
LIMIT = 2 * 1024 * 1024
REFUSED = {
    "svg with script": ("a.svg", SVG, 400),
    "svg named png": ("a.png", SVG, 400),
    "html named png": ("a.png", b"<html>" + SCRIPT + b"</html>", 400),
    "gif and script polyglot": ("a.gif", b"GIF89a/*" + b"\0" * 20 + b"*/=1;alert(1)//", 400),
    "sound gif": ("a.gif", picture("GIF"), 400),
    "animated gif": ("a.gif", animated("GIF"), 400),
    "tiff": ("a.tiff", picture("TIFF"), 400),
    "bmp": ("a.bmp", picture("BMP"), 400),
    "bmp named jpg": ("a.jpg", picture("BMP"), 400),
    "icon": ("a.ico", icon(), 400),
    "pdf": ("a.pdf", picture("PDF"), 400),
    "postscript": ("a.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", 400),
    "zip": ("a.zip", archive(), 400),
    "no bytes": ("a.png", b"", 400),
    "one byte": ("a.png", b"\x89", 400),
    "text": ("a.png", b"just text", 400),
    "jpeg cut in the middle": ("a.jpg", lambda: picture("JPEG", size=(900, 900))[:400], 400),
    "png cut in the middle": ("a.png", encoded(Image.effect_noise((90, 90), 50), "PNG")[:400], 400),
    "png bomb": ("a.png", lambda: png(30_000, 30_000, b"\0" * 2_000_000), 400),
    "small png of many pixels": ("a.png", lambda: png(5_000, 4_001, b"\0" * 1_000_000), 400),
    "webp bomb": ("a.webp", lambda: picture("WEBP", size=(16_000, 1_300)), 400),
    "huge header": ("a.png", png(2**31 - 1, 2**31 - 1), 400),
    "no width": ("a.png", png(0, 10), 400),
    "bomb of text": (
        "a.png",
        lambda: png(
            1, 1, b"\0" * 4, chunk(b"zTXt", b"a\0\0" + zlib.compress(b"x" * 90_000_000))
        ),
        400,
    ),
    "one byte too many": ("a.png", lambda: padded(LIMIT + 1), 413),
    "three megabytes": ("a.png", lambda: padded(3_000_000), 413),
}  # fmt: skip
KEPT = {
    "jpeg with position and script in its exif": ("a.jpg", with_exif()),
    "png with script and position as text": ("a.png", with_text()),
    "png and script polyglot": ("a.png", picture() + SCRIPT + SECRET),
    "jpeg and archive polyglot": ("a.jpg", picture("JPEG") + archive() + SECRET),
    "jpeg with a comment": ("a.jpg", picture("JPEG", comment=SCRIPT + SECRET)),
    "webp with xmp": ("a.webp", picture("WEBP", xmp=SCRIPT + SECRET)),
    "png with a colour profile": ("a.png", picture(icc_profile=SCRIPT + SECRET)),
    "png named html": ("a.html", picture()),
    "jpeg named png": ("a.png", picture("JPEG")),
    "jpeg of four colours": ("a.jpg", picture("JPEG", mode="CMYK")),
    "png with a palette": ("a.png", picture(mode="P")),
    "png with a transparent palette": ("a.png", picture(mode="P", transparency=0)),
    "png of one bit": ("a.png", picture(mode="1")),
    "png of sixteen bits": ("a.png", picture(mode="I;16")),
    "grey png with alpha": ("a.png", picture(mode="LA")),
    "animated png": ("a.png", animated("PNG")),
    "animated webp": ("a.webp", animated("WEBP")),
    "name that climbs": ("../../../etc/cron.d/job.png", picture()),
    "name that climbs, encoded": ("..%2f..%2fpasswd.png", picture()),
    "name of a device": ("CON.png", picture()),
    "name of 900 letters": ("a" * 900 + ".png", picture()),
    "name with script": ("<script>.png", picture()),
    "name that turns round": ("gnp.\u202eexe", picture()),
    "exactly two megabytes": ("a.png", padded(LIMIT)),
    "one pixel": ("a.png", picture(size=(1, 1))),
    "thin as a thread": ("a.png", picture(size=(4000, 1))),
}


@pytest.fixture
def client():
    client = APIClient()
    client.user = UserFactory(role="staff")
    client.force_authenticate(client.user)
    return client


def send(client, name, content, media_type="image/png"):
    file = SimpleUploadedFile("placeholder", content, media_type)
    file._name = name  # as a hostile client would write it, past what Django's own clients do
    return client.patch(PROFILE, {"avatar": file}, format="multipart")


@pytest.fixture(autouse=True)
def media(tmp_path, settings):
    """Nothing is ever written to the folder of files, nor left in that of temporary ones."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "temporary"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    yield
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []


@pytest.mark.parametrize(("name", "content", "status"), REFUSED.values(), ids=REFUSED)
def test_hostile_files_are_refused_by_field(client, name, content, status):
    # What takes long to make is made when its turn comes.
    answer = send(client, name, content() if callable(content) else content)

    assert (answer.status_code, list(answer.json()["details"])) == (status, ["avatar"])
    assert Avatar.objects.count() == 0
    assert client.get(PROFILE).json()["avatar"] is None


@pytest.mark.parametrize(("name", "content"), KEPT.values(), ids=KEPT)
def test_readable_pictures_are_made_anew(client, name, content):
    answer = send(client, name, content)

    assert answer.status_code == 200, answer.json()
    kept = bytes(Avatar.objects.get().image)
    made = Image.open(BytesIO(kept))
    assert (made.format, getattr(made, "n_frames", 1)) == ("WEBP", 1)
    assert max(made.size) <= 512
    assert {"exif", "xmp", "icc_profile", "comment"} & set(made.info) == set()
    assert not any(trace in kept for trace in (b"script", SECRET, b"PK\x03\x04"))


@pytest.mark.parametrize("name", ["a\x00.png", "a\n.png"])
def test_odd_bytes_in_the_name_of_a_file_do_no_harm(client, name):
    boundary = "xyz"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="avatar"; filename="{name}"\r\n'
        "Content-Type: image/png\r\n\r\n"
    ).encode() + picture() + f"\r\n--{boundary}--\r\n".encode()  # fmt: skip

    answer = client.patch(PROFILE, body, content_type=f"multipart/form-data; boundary={boundary}")

    assert answer.status_code in (200, 400), answer.content
    assert Avatar.objects.count() == (answer.status_code == 200)


def test_orientation_is_applied(client):
    send(client, "a.jpg", with_exif())

    made = Image.open(BytesIO(bytes(Avatar.objects.get().image)))
    assert made.size == (48, 64)


def test_a_large_picture_is_shrunk_in_proportion(client):
    send(client, "a.jpg", picture("JPEG", size=(3000, 1500)))

    assert Image.open(BytesIO(bytes(Avatar.objects.get().image))).size == (512, 256)


def test_transparency_is_kept(client):
    send(client, "a.png", picture(mode="RGBA"))

    assert Image.open(BytesIO(bytes(Avatar.objects.get().image))).mode == "RGBA"


def test_a_body_beyond_the_limit_is_refused_unread(client):
    answer = client.generic(
        "PATCH", PROFILE, b"--x\r\n", content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH="900000000",
    )  # fmt: skip

    assert (answer.status_code, list(answer.json()["details"])) == (413, ["avatar"])


def test_a_refused_picture_keeps_the_one_before_and_changes_nothing_else(client):
    send(client, "a.png", picture())
    before = Avatar.objects.get().digest
    file = SimpleUploadedFile("a.png", SVG, "image/png")

    answer = client.put(PROFILE, {"avatar": file, "department": "Moved"}, format="multipart")

    assert answer.status_code == 400
    client.user.refresh_from_db()
    assert (Avatar.objects.get().digest, client.user.department) == (before, "")


def test_a_picture_is_served_as_a_picture_and_nothing_else(client):
    shown = send(client, "a.png", picture()).json()

    answer = client.get(shown["avatar"])

    assert answer.status_code == 200
    assert answer.content == bytes(Avatar.objects.get().image)
    assert answer.headers["Content-Type"] == "image/webp"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith('inline; filename="')
    assert answer.headers["Cache-Control"] == "private, max-age=3600"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert client.get(PICTURE).content == answer.content


def test_the_address_changes_with_the_picture(client):
    first = send(client, "a.png", picture(size=(10, 10))).json()["avatar"]
    second = send(client, "a.png", picture(size=(11, 11))).json()["avatar"]

    assert first.partition("?")[0] == second.partition("?")[0]
    assert first != second
    assert Avatar.objects.count() == 1


def test_pictures_are_for_colleagues_and_those_who_may_see_the_person():
    place = WarehouseFactory()
    person = MembershipFactory(warehouse=place).user
    Avatar.objects.create(user=person, image=b"bytes", digest="d" * 16)
    path = f"/api/users/{person.code}/avatar/"

    def seen_by(role, *places):
        client = APIClient()
        user = UserFactory(role=role)
        for one in places:
            MembershipFactory(user=user, warehouse=one)
        client.force_authenticate(user)
        return client.get(path).status_code

    assert APIClient().get(path).status_code == 401
    assert [seen_by("admin"), seen_by("manager", place)] == [200, 200]
    assert [seen_by("staff", place), seen_by("viewer", place)] == [200, 200]
    assert [seen_by("manager", WarehouseFactory()), seen_by("staff")] == [404, 404]
    person.status = "dismissed"
    person.save()
    assert [seen_by("manager", place), seen_by("staff", place)] == [200, 404]


@pytest.mark.parametrize("accept", ["image/avif,image/webp,*/*", "application/json", "text/html"])
def test_errors_of_pictures_are_json_whatever_is_accepted(client, accept):
    answer = client.get(PICTURE, HTTP_ACCEPT=accept)

    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["code"] in ("not_found", "not_acceptable")


def test_a_session_sees_pictures_too(client, settings):
    from django.test import Client  # noqa: PLC0415 - a client of the browser, beside its only use

    settings.SECURE_SSL_REDIRECT = False
    send(client, "a.png", picture())
    browser = Client()
    browser.force_login(client.user)

    assert browser.get(PICTURE).status_code == 200
    assert Client().get(PICTURE).status_code == 401


def test_a_picture_is_taken_away(client):
    send(client, "a.png", picture())

    assert client.delete(PICTURE).status_code == 204
    assert client.get(PICTURE).status_code == 404
    send(client, "a.png", picture())
    assert client.patch(PROFILE, {"avatar": None}, format="json").json()["avatar"] is None
    assert Avatar.objects.count() == 0


@pytest.mark.parametrize("value", ["a picture", 7, {"a": 1}, ["x"], "http://example.com/a.png"])
def test_json_holds_no_picture(client, value):
    answer = client.patch(PROFILE, {"avatar": value}, format="json")

    assert (answer.status_code, list(answer.json()["details"])) == (400, ["avatar"])


def test_the_own_address_leaves_the_picture_as_it_is(client):
    shown = send(client, "a.png", picture()).json()

    answer = client.put(PROFILE, {"avatar": shown["avatar"], "department": "Yard"}, format="json")

    assert (answer.status_code, answer.json()["avatar"]) == (200, shown["avatar"])
    assert answer.json()["profile"]["department"] == "Yard"
