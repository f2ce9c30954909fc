"""One entry per change, whoever makes it: who, what, from, to, when, through which door."""

import sys
from datetime import timedelta

import pytest
from celery import shared_task
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

import manage
from common.audit_context import recorded_as
from common.models import AuditEntry, CompanySettings
from suppliers.models import Supplier
from tests.admin.pages import errors_of, filled, page_of
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.purchasing import make_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db


def entries(after=0, **wanted):
    rows = AuditEntry.objects.filter(pk__gt=after, **wanted).order_by("pk")
    return [(row.action, row.object_type, row.object_code, row.changes) for row in rows]


def newest():
    return AuditEntry.objects.order_by("pk").last()


def facts(entry):
    return entry.door, entry.origin, entry.actor_id, entry.address


@pytest.fixture
def supplier():
    return SupplierFactory(code="SUP900", company_name="Acme", notes="old")


@pytest.fixture
def before(supplier):
    return newest().pk


def test_api_write_says_who_what_and_when(api, supplier, before):
    client = api("manager")
    before = newest().pk

    answer = client.patch(
        "/api/suppliers/SUP900/", {"notes": "new"}, headers={"X-Request-ID": "0" * 31 + "7"}
    )

    assert answer.status_code == 200
    assert entries(before) == [("changed", "supplier", "SUP900", {"notes": ["old", "new"]})]
    entry = newest()
    assert facts(entry) == ("api", "supplier-detail", client.user.pk, "127.0.0.1")
    assert (entry.object_id, entry.request_id) == (supplier.pk, answer["X-Request-ID"])
    assert timezone.now() - entry.recorded_at < timedelta(minutes=1)


def test_admin_form_says_who_and_what(supplier, before):
    client = Client()
    admin = UserFactory(role="admin")
    client.force_login(admin)
    body = filled(client, page_of(supplier), notes="new")
    before = newest().pk

    answer = client.post(page_of(supplier), body)

    assert answer.status_code == 302, errors_of(answer)
    changed = entries(before)
    assert changed == [("changed", "supplier", "SUP900", {"notes": ["old", "new"]})]
    assert facts(newest()) == ("admin", "admin:suppliers_supplier_change", admin.pk, "127.0.0.1")


def test_admin_step_says_who_and_what():
    admin = UserFactory(role="admin")
    order = make_order(status="draft", acting_user=admin)
    client = Client()
    client.force_login(admin)
    CompanySettings.current()
    before = newest().pk

    answer = client.post(f"/admin/purchasing/purchaseorder/{order.pk}/send/")

    assert answer.status_code == 302
    [(action, kind, code, changes)] = entries(before)
    assert (action, kind, code) == ("changed", "purchase_order", order.order_number)
    assert changes["status"] == ["draft", "sent"]
    assert changes["approved_by_id"] == [None, admin.pk]
    assert newest().door == "admin"
    assert newest().actor_id == admin.pk


@shared_task(name="tests.rename_suppliers")
def rename_suppliers():
    Supplier.objects.update(notes="by task")


def test_task_says_its_name(supplier, before):
    rename_suppliers.apply(throw=True)

    assert entries(before) == [("changed", "supplier", "SUP900", {"notes": ["old", "by task"]})]
    assert facts(newest()) == ("task", "tests.rename_suppliers", None, None)


@pytest.mark.django_db(transaction=True)
def test_command_says_its_name(before, monkeypatch):
    monkeypatch.setattr(
        sys,
        "argv",
        ["manage.py", "shell", "-v0", "-c", "Supplier.objects.update(notes='by command')"],
    )

    manage.main()

    assert entries(before) == [("changed", "supplier", "SUP900", {"notes": ["old", "by command"]})]
    assert facts(newest()) == ("command", "shell", None, None)


def test_plain_sql_says_its_role(supplier, before):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE suppliers_supplier SET notes = 'by hand'")
        cursor.execute("SELECT session_user")
        (role,) = cursor.fetchone()

    assert entries(before) == [("changed", "supplier", "SUP900", {"notes": ["old", "by hand"]})]
    assert facts(newest()) == ("database", role, None, None)


def test_bulk_writes_leave_one_entry_a_row():
    before = AuditEntry.objects.count()
    rows = Supplier.objects.bulk_create(
        Supplier(code=f"SUP80{n}", company_name=f"Bulk {n}") for n in range(3)
    )
    created = AuditEntry.objects.filter(object_type="supplier", action="created")
    assert list(created.order_by("pk").values_list("object_id", "object_code")) == [
        (row.pk, row.code) for row in rows
    ]
    assert created.order_by("pk")[0].changes["company_name"] == [None, "Bulk 0"]
    after = newest().pk

    Supplier.objects.filter(code__in=["SUP800", "SUP801"]).update(notes="x", preferred=False)
    for row in rows:
        row.notes = f"note {row.pk}"
    Supplier.objects.bulk_update(rows, ["notes"])
    Supplier.objects.filter(code="SUP802").delete()

    first, second, third = rows
    found = entries(after)
    assert found[:5] == [
        ("changed", "supplier", "SUP800", {"notes": ["", "x"]}),
        ("changed", "supplier", "SUP801", {"notes": ["", "x"]}),
        ("changed", "supplier", "SUP800", {"notes": ["x", f"note {first.pk}"]}),
        ("changed", "supplier", "SUP801", {"notes": ["x", f"note {second.pk}"]}),
        ("changed", "supplier", "SUP802", {"notes": ["", f"note {third.pk}"]}),
    ]
    assert [entry[:3] for entry in found[5:]] == [("deleted", "supplier", "SUP802")]
    assert found[5][3]["company_name"] == ["Bulk 2", None]
    assert before < AuditEntry.objects.count()


def test_many_statements_at_once_know_their_door(supplier, before):
    with recorded_as("command", "many"), connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE suppliers_supplier SET notes = %s WHERE code = %s",
            [("a", "SUP900"), ("b", "SUP900")],
        )

    assert [entry[3] for entry in entries(before)] == [
        {"notes": ["old", "a"]}, {"notes": ["a", "b"]},
    ]  # fmt: skip
    assert set(AuditEntry.objects.filter(pk__gt=before).values_list("door", "origin")) == {
        ("command", "many")
    }


def test_statements_keep_their_answers_and_their_percent_signs(supplier):
    with recorded_as("command", "percent"), connection.cursor() as cursor:
        cursor.execute("UPDATE suppliers_supplier SET notes = '100 %' RETURNING notes")
        assert cursor.fetchall() == [("100 %",)]
        cursor.execute("UPDATE suppliers_supplier SET notes = %(n)s || ' 5 %%'", {"n": "named"})
        assert cursor.rowcount == 1
        cursor.execute("WITH one AS (SELECT 1 AS n) SELECT n FROM one")
        assert cursor.fetchone() == (1,)
        assert list(Supplier.objects.values_list("notes").iterator()) == [("named 5 %",)]
    assert AuditEntry.objects.filter(origin="percent").count() == 2


def test_what_changes_nothing_leaves_no_entry(supplier, before):
    Supplier.objects.update(notes="old")
    supplier.save()

    assert entries(before) == []


def test_a_refused_write_leaves_no_entry(supplier, before):
    with transaction.atomic():
        Supplier.objects.update(notes="undone")
        transaction.set_rollback(True)

    assert entries(before) == []


def test_a_line_has_the_code_of_its_document(before):
    order = make_order(5, status="draft")

    lines = AuditEntry.objects.filter(object_type="purchase_order_item", pk__gt=before)
    assert list(lines.values_list("object_code", "document_type", "document_id")) == [
        (order.order_number, "purchase_order", order.pk)
    ]


def test_codes_that_are_made_of_the_key():
    user = UserFactory()

    assert newest().object_code == user.code


def test_the_ledger_writes_no_entry_but_its_settings_do():
    stock = put_in_stock(VariationFactory(sku_code="AUD-1"), WarehouseFactory(), 5)
    before = newest().pk
    put_in_stock(stock.variation, stock.warehouse, 5)
    assert entries(before) == []

    type(stock).objects.filter(pk=stock.pk).update(bin_location="A-1", reorder_point=3)

    assert entries(before) == [
        ("changed", "stock", "AUD-1", {"bin_location": ["", "A-1"], "reorder_point": [None, 3]})
    ]


def test_what_comes_after_a_door_is_not_its_own(supplier):
    with recorded_as("command", "tidy"):
        Supplier.objects.update(notes="a")
    Supplier.objects.update(notes="b")

    told = AuditEntry.objects.order_by("-pk").values_list("door", "changes__notes")[:2]
    assert list(told) == [("database", ["a", "b"]), ("command", ["old", "a"])]
