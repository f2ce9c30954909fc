"""A statement of many rows leaves the same entries as one statement for each row."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from common.audit import TRAILS, specification
from common.models import AuditEntry
from inventory.models import Product, ProductVariation
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from users.models import ApiToken, User
from warehouses.models import Membership

pytestmark = pytest.mark.django_db
MANY = 60
TABLES = [model for model in TRAILS if model._meta.managed]
OPERATIONS = ("INSERT", "UPDATE", "DELETE")
# Actor, door, origin, request and address; a document, and the rule of codes.
PARAMETERS = {
    1: "NULL::bigint", 2: "'task'", 3: "'tidy'", 4: "''", 5: "NULL::inet",
    6: "NULL::jsonb", 7: """'{"prefix": "X-", "digits": 3}'::jsonb""",
}  # fmt: skip


def new_entries(after):
    rows = AuditEntry.objects.filter(pk__gt=after).order_by("pk")
    return [
        (row.action, row.object_type, row.object_id, row.object_code, row.document_type,
         row.document_id, row.changes, row.actor_id, row.door, row.origin)
        for row in rows
    ]  # fmt: skip


def last_entry():
    return AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def without_keys(entries, *columns):
    """Leave out what differs from row to row: keys and codes, wherever they stand."""
    return [
        (action, kind, document, {name: pair for name, pair in changes.items()
                                  if name not in columns}, *rest)
        for action, kind, _, _, document, _, changes, *rest in entries
    ]  # fmt: skip


def product(number, **values):
    return Product(
        code=f"MANY-{number}",
        name='Quote "and" \\ back\tslash',
        specifications={"depth": {"mm": None, "list": []}, "text": "ä"},
        tags=["a;b", ""],
        weight=Decimal("1.500"),
        lot_tracking=True,
        **values,
    )


def products(number, start):
    return Product.objects.bulk_create([product(start + one) for one in range(number)])


def test_inserts_are_told_alike():
    products(1, 0)
    single = new_entries(last_entry() - 1)
    before = last_entry()

    products(MANY, 100)

    many = new_entries(before)
    assert len(many) == MANY
    assert without_keys(many, "code") == without_keys(single, "code") * MANY
    assert [entry[3] for entry in many] == [f"MANY-{100 + one}" for one in range(MANY)]
    assert many[0][6]["specifications"] == [
        None, {"depth": {"mm": None, "list": []}, "text": "ä"},
    ]  # fmt: skip
    assert many[0][6]["weight"] == [None, Decimal("1.500")]


@pytest.mark.parametrize(
    "values",
    [
        {"name": "New", "description": ""},
        {"specifications": {}, "tags": []},
        {"specifications": {"a": [1, {"b": None}]}, "tags": ["x", "y"]},
        {"weight": None, "seasonal": True},
        {"weight": Decimal("2.250"), "created_at": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
)
def test_updates_are_told_alike(values):
    rows = products(MANY, 0)
    before = last_entry()
    Product.objects.filter(pk=rows[0].pk).update(**values)
    single = new_entries(before)
    before = last_entry()

    Product.objects.exclude(pk=rows[0].pk).update(**values)

    assert len(single) == 1
    assert without_keys(new_entries(before)) == without_keys(single) * (MANY - 1)


def test_rows_that_do_not_change_leave_no_entry():
    products(MANY, 0)
    before = last_entry()

    Product.objects.update(name='Quote "and" \\ back\tslash', weight=Decimal("1.5"))

    assert new_entries(before) == []


def test_deletions_are_told_alike():
    rows = products(MANY + 1, 0)
    before = last_entry()
    Product.objects.filter(pk=rows[0].pk).delete()
    single = new_entries(before)
    before = last_entry()

    Product.objects.filter(pk__in=[row.pk for row in rows]).delete()

    assert without_keys(new_entries(before), "code") == without_keys(single, "code") * MANY


def test_lines_name_their_document_and_its_code():
    owner = products(1, 0)[0]
    before = last_entry()
    ProductVariation.objects.bulk_create(
        [ProductVariation(product=owner, sku_code=f"LINE-{one}") for one in range(MANY)]
    )
    lines = new_entries(before)
    place = WarehouseFactory(code="MANY")
    people = UserFactory.create_batch(MANY)
    before = last_entry()
    Membership.objects.bulk_create([Membership(user=one, warehouse=place) for one in people])
    members = new_entries(before)
    before = last_entry()
    Membership.objects.filter(warehouse=place).delete()

    assert [entry[3] for entry in lines] == [f"LINE-{one}" for one in range(MANY)]
    assert {entry[4:6] for entry in lines} == {("product", owner.pk)}
    gone = new_entries(before)
    for entries in (members, gone):
        assert {entry[3] for entry in entries} == {"MANY"}
        assert {entry[4:6] for entry in entries} == {("warehouse", place.pk)}
    assert [entry[0] for entry in gone] == ["deleted"] * MANY


def test_secrets_stay_hidden_and_codes_are_made_of_keys():
    people = UserFactory.create_batch(MANY)
    before = last_entry()

    User.objects.filter(pk__in=[one.pk for one in people]).update(password="canary")

    told = new_entries(before)
    assert [entry[6] for entry in told] == [{"password": ["[hidden]", "[hidden]"]}] * MANY
    assert [entry[3] for entry in told] == [one.code for one in people]
    before = last_entry()
    ApiToken.objects.bulk_create(
        [
            ApiToken(
                user=one, name="many", token_hash=f"canary-{one.pk}", expires_at=timezone.now()
            )
            for one in people
        ]
    )
    told = new_entries(before)
    assert [entry[6]["token_hash"] for entry in told] == [[None, "[hidden]"]] * MANY


def test_entries_are_in_the_order_of_the_rows_and_say_who():
    rows = SupplierFactory.create_batch(MANY)
    before = last_entry()

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('inventorypulse.audit', %s, true)",
            ['{"door": "task", "name": "tidy", "user": 7, "address": "10.1.2.3"}'],
        )
        cursor.execute("UPDATE suppliers_supplier SET notes = 'New'")

    told = AuditEntry.objects.filter(pk__gt=before).order_by("pk")
    assert [entry.object_id for entry in told] == sorted(row.pk for row in rows)
    assert {(entry.actor_id, entry.door, entry.origin, entry.address) for entry in told} == {
        (7, "task", "tidy", "10.1.2.3")
    }


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model._meta.label)
def test_the_statement_fits_every_table(model):
    """Whatever its columns are, the statement of many rows can be run."""
    table, spec = model._meta.db_table, connection.ops.adapt_json_value(specification(model), None)
    with connection.cursor() as cursor:
        for name in ("old_rows", "new_rows"):
            cursor.execute(f"CREATE TEMP TABLE {name} ON COMMIT DROP AS TABLE {table}")
        for operation in OPERATIONS:
            cursor.execute(
                "SELECT common_audit_statement(%s::regclass, %s, %s)", [table, spec, operation]
            )
            statement = cursor.fetchone()[0]
            for number, value in PARAMETERS.items():
                statement = statement.replace(f"${number}", value)
            cursor.execute(statement)
            assert cursor.rowcount >= 0
