"""The audit only grows, and never holds a secret."""

from datetime import timedelta

import pgtrigger
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, models, transaction
from django.utils import timezone

from common.audit import TRAILS, specification
from common.models import AuditEntry
from suppliers.models import Supplier
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from users.models import SignIn, User

pytestmark = pytest.mark.django_db
# Columns by whose names secrets are known; whoever adds one of these hides it from the audit.
SECRET_NAMES = ("password", "jti", "token", "secret", "key_hash", "otp", "api_key")


@pytest.mark.parametrize("role", ["the application", "the owner"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE common_auditentry SET actor_id = 1",
        "DELETE FROM common_auditentry",
        "TRUNCATE common_auditentry",
    ],
)
def test_entries_are_never_changed(statement, role):
    SupplierFactory()
    before = list(AuditEntry.objects.values_list("pk", "actor", "changes"))
    assert before

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("RESET ROLE" if role == "the owner" else "SELECT 1")
        with pytest.raises(DatabaseError):
            cursor.execute(statement)
        transaction.set_rollback(True)

    assert list(AuditEntry.objects.values_list("pk", "actor", "changes")) == before


def test_a_new_password_is_told_and_kept_secret():
    user = UserFactory()
    user.set_password("canary-password-1")
    user.save()
    first = user.password
    user.set_password("canary-password-2")
    user.save()
    second = user.password
    User.objects.filter(pk=user.pk).delete()

    rows = AuditEntry.objects.filter(object_type="user", object_id=user.pk)
    told = [row.changes.get("password") for row in rows.order_by("pk")]
    assert told[1:] == [["[hidden]", "[hidden]"], ["[hidden]", "[hidden]"], ["[hidden]", None]]
    for canary in (first, second, "canary-password"):
        assert canary not in everything_recorded()


def test_sign_ins_leave_no_secret():
    user = UserFactory()
    SignIn.objects.create(
        user=user, current_jti="canary-jti", expires_at=timezone.now() + timedelta(days=1)
    )

    assert "canary-jti" not in everything_recorded()


def test_columns_with_secrets_are_hidden():
    """Put the column into `secret=(…)` of @audited, or its table under @not_audited."""
    shown = {
        f"{model._meta.label}.{field.column}"
        for model in TRAILS
        for field in model._meta.concrete_fields
        if any(name in field.column.lower() for name in SECRET_NAMES)
        and isinstance(field, models.CharField | models.TextField | models.BinaryField)
        and field.column not in specification(model)["secret"]
    }

    assert shown == set()
    assert apps.get_model("users.User") in TRAILS


def everything_recorded():
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(e::text, ' ') FROM common_auditentry e")
        return cursor.fetchone()[0] or ""


def test_every_trigger_is_in_place(capsys):
    call_command("verify_audit")

    assert capsys.readouterr().out == "Every trigger is in place.\n"


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("ALTER TABLE {table} DISABLE TRIGGER {trigger}", "disabled"),
        ("ALTER TABLE {table} ENABLE REPLICA TRIGGER {trigger}", "disabled"),
        ("DROP TRIGGER {trigger} ON {table}", "missing"),
        ("COMMENT ON TRIGGER {trigger} ON {table} IS 'of another release'", "outdated"),
    ],
)
def test_a_trigger_that_sees_nothing_is_told(capsys, statement, fault):
    wanted = next(
        trigger
        for model, trigger in pgtrigger.registered()
        if model is Supplier and trigger.name == "audit_update"
    )
    names = {"table": Supplier._meta.db_table, "trigger": wanted.get_pgid(Supplier)}

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute(statement.format(**names))
        with pytest.raises(CommandError):
            call_command("verify_audit")
        transaction.set_rollback(True)

    assert capsys.readouterr().out == f"suppliers.Supplier:audit_update: {fault}\n"
