"""Bytes that are nearly right, and words that nobody expects: a clear no, and never a 500."""

import io
import json
import zipfile

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image
from rest_framework.test import APIClient

from inventory.models import Stock, StockMovement
from tests.matrix.conftest import undone
from tests.matrix.routes import endpoints
from tests.pdf_files import pdf_with
from tests.reliability.writes import bearer, new_place

pytestmark = pytest.mark.django_db
CSV = 'sku,name,selling_price,tags\nA-1,Ønly,5.00,"a,b"\nA-2,=1+1,6,\n'.encode()


def picture(kind):
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(file, kind)
    return file.getvalue()


def workbook():
    file, book = io.BytesIO(), openpyxl.Workbook()
    for row in (["sku", "name", "selling_price"], ["A-1", "One", 5], ["A-2", "Two", 6.5]):
        book.active.append(row)
    book.save(file)
    return file.getvalue()


def unpacked_workbook():
    """The same without compression, so that a changed byte reaches the XML inside."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook())) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    return file.getvalue()


def form(content, name):
    """A multipart body with one file."""
    head = f'--edge\r\nContent-Disposition: form-data; name="{name}"; filename="a.csv"\r\n\r\n'
    return head.encode() + content + b"\r\n--edge--\r\n"


def upload(path, field, name, method="post", **fields):
    def send(client, content):
        file = SimpleUploadedFile(name, content)
        return getattr(client, method)(path, {field: file, **fields}, format="multipart")

    return send


def raw(path, media_type):
    return lambda client, content: client.generic("POST", path, content, content_type=media_type)


def with_token(client, content):
    """Say who is there by changed letters of a token."""
    stranger = APIClient(raise_request_exception=False)
    return stranger.get("/api/stocks/", HTTP_AUTHORIZATION=content.decode("latin-1"))


MOVEMENT = b'{"sku": "SKU-1", "movement_type": "inbound", "quantity": 1.5, "notes": "\xc3\xa4"}'
IMPORT = "/api/products/import/?dry_run=true"
DOORS = {
    "CSV": (upload(IMPORT, "file", "a.csv"), CSV),
    "XLSX": (upload(IMPORT, "file", "a.xlsx"), workbook()),
    "XLSX unpacked": (upload(IMPORT, "file", "a.xlsx"), unpacked_workbook()),
    "PNG": (upload("/api/profile/", "avatar", "a.png", "patch"), picture("PNG")),
    "JPEG": (upload("/api/profile/", "avatar", "a.jpg", "patch"), picture("JPEG")),
    "GIF": (upload("/api/settings/", "logo", "a.gif", "patch"), picture("GIF")),
    "PDF": (
        upload("/api/attachments/", "file", "a.pdf", document_type="goods_receipt", document="1"),
        pdf_with(),
    ),
    "multipart": (raw(IMPORT, "multipart/form-data; boundary=edge"), form(CSV, "file")),
    "JSON": (raw("/api/stock-movements/", "application/json"), MOVEMENT),
    "form": (
        raw("/api/stock-movements/", "application/x-www-form-urlencoded"),
        b"sku=A&quantity=1",
    ),
    "token": (with_token, b""),
}
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["set", "cut", "insert", "drop", "double"]),
        st.floats(0, 1),
        st.binary(min_size=1, max_size=6),
    ),
    min_size=1,
    max_size=4,
)


def changed(content, changes):
    """Change bytes here and there; all of them with the chance of the original staying whole."""
    for how, where, some in changes:
        at = int(where * len(content))
        before, after = content[:at], content[at:]
        content = {
            "set": before + some + after[len(some) :],
            "cut": before,
            "insert": before + some + after,
            "drop": before + after[len(some) :],
            "double": before + after[:64] + after,
        }[how]
    return content


@pytest.mark.parametrize("door", DOORS)
def test_changed_bytes_are_refused_or_taken_and_never_a_500(door, count):
    place = new_place()
    send, right = DOORS[door]
    if door == "token":
        right = bearer(place.admin).encode()
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(place.admin)
    failed, tried = [], 0

    @settings(
        max_examples=count(8, full=1000), deadline=None, derandomize=True, database=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(CHANGES)
    def attack(changes):
        nonlocal tried
        content = changed(right, changes)
        tried += 1
        with undone():
            status = send(client, content).status_code
        if status >= 500:
            failed.append((status, content))

    attack()

    assert failed == []
    assert tried >= count(8, full=900)
    assert (StockMovement.objects.count(), Stock.objects.count()) == (0, 0)


HUGE = "9" * 400
REFERENCES = [
    "%00",
    "%FF%FE",
    "%ED%A0%80",
    HUGE,
    "-1",
    "0",
    "1e9",
    "NaN",
    "..%2F..",
    "%F0%9F%92%A9",
]
REFERENCES += ["PO-%25", "'%20OR%201=1--", "{}", "[1]", "x" * 2000, "%E2%80%AE", "None", "\\"]
QUERIES = ["limit=" + HUGE, "limit=1e3", "page=-" + HUGE, "cursor=%FF", "cursor=" + "A" * 5000]
QUERIES += ["ordering=__proto__", "__proto__=1&constructor[prototype]=x", "search=%00", "=", "&&&"]
QUERIES += ["id__in=1", "warehouse=" + HUGE, "search=" + "%25" * 900, "start_date=0000-00-00"]
QUERIES += ["format=pickle", "as_of=99999-01-01", "limit=1&limit=2", "view=" + HUGE, "%ff=1"]
BODIES = [[], None, "text", 1e308, {"": 1}, {"__class__": {"__init__": 1}}, {"a" * 9999: 1}]
BODIES += [{"items": [[[]]]}, {"items": {"0": 1}}, {"lines": [None]}, {"id": 10**40}, {"code": [1]}]
BODIES += [{"warehouse": {"id": 1}}, {"quantity": "١"}, {"name": "\u202e" * 300}, {"version": HUGE}]
BODIES += [{"items": [{"sku": HUGE, "quantity": -0.0}]}, {"decision": True}, {"notes": {"$gt": ""}}]


def probes(method, path):
    """Yield addresses and bodies that the route does not expect."""
    bodies = [None] if method == "get" else BODIES
    if "{}" in path:
        for reference in REFERENCES:
            yield path.replace("{}", reference), {}
    for query in QUERIES if method == "get" else []:
        yield f"{path.replace('{}', '1')}?{query}", None
    for body in bodies:
        yield path.replace("{}", "1"), body


# What they do with a request has nothing to do with its words, and takes a second each.
SLOW = {"/api/events/", "/api/schema/", "/api/health/"}


def test_no_route_answers_odd_words_with_a_500(count):
    """NUL, broken Unicode, huge numbers, odd keys, unknown references; on every route."""
    place = new_place()
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(place.admin)
    every = count(24, full=1)
    asked = [
        (method, address, body)
        for method, path in sorted(endpoints())
        for address, body in probes(method, path)
        if path not in SLOW
    ][::every]
    failed = []
    for method, address, body in asked:
        content = b"" if body is None else json.dumps(body)
        with undone():
            answer = client.generic(method.upper(), address, content, "application/json")
            b"".join(answer)
            for close in answer._resource_closers:  # not close(): that ends the connection too
                close()
        if answer.status_code >= 500:
            failed.append((method, address[:120], str(body)[:80], answer.status_code))

    assert failed == []
    assert len(asked) > 3000 / every
