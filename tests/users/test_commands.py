"""Accounts on the command line."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from users.models import User
from warehouses.models import Warehouse

pytestmark = pytest.mark.django_db


def run(capsys, *words):
    call_command(*words)
    return capsys.readouterr().out.strip()


def test_seed_roles_reports_and_repeats_nothing(capsys):
    assert "group viewer now has" in run(capsys, "seed_roles")

    assert run(capsys, "seed_roles") == "Roles are up to date."


@pytest.mark.parametrize("name", ["username", "email", "code"])
def test_unlock_user_by_any_name(capsys, name):
    user = UserFactory(
        account_locked=True,
        failed_login_attempts=5,
        attempts_end_at=timezone.now() + timedelta(minutes=5),
    )

    assert run(capsys, "unlock_user", getattr(user, name)) == f"{user} may sign in again."

    user.refresh_from_db()
    assert (user.is_locked, user.failed_login_attempts) == (False, 0)
    assert run(capsys, "unlock_user", user.username) == f"{user} is not locked."


@pytest.mark.parametrize("role", ["staff", "employee", "Staff"])
def test_set_role_by_name_or_synonym(capsys, role):
    user = UserFactory(username="jane")

    assert run(capsys, "set_role", "jane", role) == (
        "jane has the role staff now, before viewer."
    )  # fmt: skip

    user.refresh_from_db()
    assert user.role == "staff"
    assert run(capsys, "set_role", "jane", role) == "jane has the role staff already."


def test_set_role_keeps_the_last_admin():
    admin = UserFactory(role="admin")

    with pytest.raises(CommandError, match="only active admin"):
        call_command("set_role", admin.username, "viewer")

    admin.refresh_from_db()
    assert admin.role == "admin"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["set_role", "nobody", "staff"], "There is no user 'nobody'"),
        (["unlock_user", "nobody"], "There is no user 'nobody'"),
        (["set_role", "jane", "root"], "There is no role 'root'"),
        (["create_demo_user", "jane"], "taken"),
    ],
)
def test_mistakes_are_told(words, text):
    UserFactory(username="jane")

    with pytest.raises(CommandError, match=text):
        call_command(*words)


def test_create_demo_user_shows_a_password_that_works(capsys):
    told = run(capsys, "create_demo_user", "trial", "--role", "manager")

    user = User.objects.get(username="trial")
    assert (user.role, user.email) == ("manager", "trial@example.com")
    assert user.check_password(told.rpartition(" ")[2])


@pytest.mark.parametrize(("role", "stays"), [("admin", True), ("staff", False), ("viewer", False)])
def test_set_role_leaves_warehouses_without_who_may_not_head_them(role, stays):
    manager = UserFactory(role="manager")
    headed = WarehouseFactory(manager=manager)
    other = WarehouseFactory(manager=UserFactory(role="manager"))

    call_command("set_role", manager.username, role)

    headed.refresh_from_db()
    assert headed.manager == (manager if stays else None)
    assert Warehouse.objects.get(pk=other.pk).manager == other.manager


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["bad@name"], "letters, digits"),
        (["x"], "letters, digits"),
        (["trial", "--email", "nowhere"], "valid email"),
        (["trial", "--role", "root"], "There is no role 'root'"),
        (["trial", "--warehouse", "WH-NONE"], "There is no warehouse 'WH-NONE'"),
    ],
)
def test_create_demo_user_refuses_what_forms_refuse(words, text):
    with pytest.raises(CommandError, match=text):
        call_command("create_demo_user", *words)

    assert User.objects.count() == 0


@pytest.mark.parametrize(("words", "where"), [([], "WH-1"), (["--warehouse", "wh-2"], "WH-2")])
def test_create_demo_user_works_in_a_warehouse(words, where):
    WarehouseFactory(code="WH-1", is_default=True)
    WarehouseFactory(code="WH-2")

    call_command("create_demo_user", "trial", "--role", "Employee", *words)

    user = User.objects.get(username="trial")
    held = user.warehouse_memberships.values_list("warehouse__code", "is_default")
    assert (user.role, list(held)) == ("staff", [(where, True)])
