"""The audit as admins read it."""

import csv
from io import StringIO

import pytest

from common.audit_context import recorded_as
from common.models import AuditEntry
from suppliers.models import Supplier
from tests.factories.purchasing import make_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db
AUDIT = "/api/audit/"


@pytest.fixture
def admin(api):
    return api("admin")


@pytest.fixture
def supplier():
    row = SupplierFactory(code="SUP900", notes="old")
    with recorded_as("command", "tidy"):
        Supplier.objects.filter(pk=row.pk).update(notes="new", minimum_order_value="12.50")
    return row


def listed(client, **query):
    return client.get(AUDIT, query).json()["audit_entries"]


def test_an_entry_says_everything(admin, api, supplier):
    client = api("manager")
    client.patch("/api/suppliers/SUP900/", {"notes": "newest"})

    last, before = listed(admin, object="SUP900", action="changed")

    assert last == {
        "id": last["id"],
        "recorded_at": last["recorded_at"],
        "action": "changed",
        "object": {"type": "supplier", "code": "SUP900", "id": supplier.pk},
        "document": {"type": "", "id": None},
        "changes": {"notes": ["new", "newest"]},
        "user": client.user.code,
        "user_name": client.user.username,
        "door": "api",
        "origin": "supplier-detail",
        "request_id": last["request_id"],
        "address": "127.0.0.1",
    }
    assert len(last["request_id"]) == 32
    assert before["changes"] == {"notes": ["old", "new"], "minimum_order_value": [0, 12.5]}
    assert (before["door"], before["origin"], before["user"]) == ("command", "tidy", None)
    assert admin.get(f"{AUDIT}{last['id']}/").json()["changes"] == last["changes"]


@pytest.mark.parametrize(
    "query",
    [
        {"object": "sup900", "action": "changed"},
        {"object_type": "supplier", "action": "changed"},
        {"door": "command"},
        {"field": "minimum_order_value", "action": "changed"},
    ],
)
def test_filters_find_the_change(admin, supplier, query):
    SupplierFactory()

    assert [entry["origin"] for entry in listed(admin, **query)] == ["tidy"]


def test_object_by_key_needs_its_type(admin, supplier):
    found = listed(admin, object_type="supplier", object=str(supplier.pk), action="changed")

    assert [entry["origin"] for entry in found] == ["tidy"]
    assert listed(admin, object=str(supplier.pk)) == []


def test_lines_are_found_by_their_document(admin):
    order = make_order(2, 3)

    found = listed(admin, object=order.order_number, action="created")

    assert sorted(entry["object"]["type"] for entry in found) == [
        "purchase_order", "purchase_order_item", "purchase_order_item",
    ]  # fmt: skip
    assert len(listed(admin, object_type="purchase_order", object=str(order.pk))) == len(
        listed(admin, object=order.order_number)
    )


def test_dates_and_users_narrow(admin, supplier):
    assert listed(admin, object="SUP900", end_date="2001-01-01") == []
    assert len(listed(admin, object="SUP900", start_date="2001-01-01")) == 2
    assert listed(admin, object="SUP900", user=admin.user.code) == []


@pytest.mark.parametrize(
    "query",
    [
        {"door": "window"},
        {"object_type": "nothing"},
        {"user": "USR999999"},
        {"start_date": "soon"},
        {"search": "x", "unknown": "y"},
    ],
)
def test_what_is_not_understood_is_refused(admin, query):
    answer = admin.get(AUDIT, query)

    assert answer.status_code == 400
    assert set(answer.json()["details"]) & set(query)


def test_people_are_found_by_user_name_or_code(admin):
    person = UserFactory(username="jane")
    person.department = "Yard"
    person.save()

    found = [listed(admin, object_type="user", object=name) for name in ("JANE", person.code)]

    assert found[0] == found[1]
    assert found[0][0]["changes"] == {"department": ["", "Yard"]}


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_one_query(admin, django_assert_num_queries, rows):
    SupplierFactory.create_batch(rows)

    with django_assert_num_queries(1):  # a page with its users, and how many there are
        found = listed(admin, object_type="supplier")

    assert len(found) == rows


def test_pages_by_cursor(admin):
    SupplierFactory.create_batch(5)
    first = admin.get(AUDIT, {"object_type": "supplier", "limit": 2}).json()

    cursor = first["pagination"]["next_cursor"]
    second = listed(admin, object_type="supplier", limit=2, cursor=cursor)

    keys = [entry["id"] for entry in first["audit_entries"] + second]
    assert keys == sorted(keys, reverse=True)
    assert len(set(keys)) == 4


def test_export_has_a_line_an_entry(admin, supplier):
    answer = admin.get(AUDIT, {"format": "csv", "object": "SUP900", "action": "changed"})

    (line,) = csv.DictReader(StringIO(b"".join(answer).decode()))
    assert (line["object.code"], line["door"]) == ("SUP900", "command")
    assert line["changes"] == '{"notes":["old","new"],"minimum_order_value":[0,12.5]}'
    book = admin.get(AUDIT, {"format": "xlsx"})
    assert (book.status_code, b"".join(book)[:2]) == (200, b"PK")
    book.close()


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nobody_writes_it(admin, supplier, method):
    before = AuditEntry.objects.count()

    assert getattr(admin, method)(AUDIT).status_code == 405
    assert AuditEntry.objects.count() == before
