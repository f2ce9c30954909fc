"""Roles as Django groups, and who is somebody at all."""

from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from common.permissions import ROLE_PERMISSIONS, Can, Role
from tests.factories.users import UserFactory
from users.models import User

pytestmark = pytest.mark.django_db


def seed():
    out = StringIO()
    call_command("seed_roles", stdout=out)
    return out.getvalue().splitlines()


def test_seed_roles_makes_groups_and_permissions_of_the_table():
    user = UserFactory(role="sales")

    lines = seed()

    for role, granted in ROLE_PERMISSIONS.items():
        held = Group.objects.get(name=role.value).permissions.values_list("codename", flat=True)
        assert set(held) == {can.value for can in granted}
    assert f"user {user} joined group sales" in lines
    assert [group.name for group in user.groups.all()] == ["sales"]


def test_seed_roles_again_changes_nothing():
    seed()

    assert seed() == ["Roles are up to date."]


def test_seed_roles_mends_what_drifted():
    user = UserFactory(role="staff")
    seed()
    staff, other = Group.objects.get(name="staff"), Group.objects.create(name="night shift")
    staff.permissions.add(Permission.objects.get(codename=Can.MANAGE_USERS))
    user.groups.set([Group.objects.get(name="admin"), other])

    lines = seed()

    granted = len(ROLE_PERMISSIONS[Role.STAFF])
    assert lines == [
        f"group staff now has {granted} permissions",
        f"user {user} joined group staff",
    ]
    assert {group.name for group in user.groups.all()} == {"staff", "night shift"}


def test_superuser_is_an_admin():
    user = User.objects.create_superuser("root-user", "root@EXAMPLE.com", "pass")

    assert (user.role, user.is_superuser, user.is_staff, user.is_active) == (
        Role.ADMIN,
        True,
        True,
        True,
    )
    assert user.email == "root@example.com"
    assert user.can(Can.MANAGE_USERS)


@pytest.mark.parametrize(
    ("role", "enters"),
    [("admin", True), ("manager", True), ("staff", True), ("sales", False), ("viewer", False)],
)
def test_admin_site_is_for_those_who_work_in_warehouses(role, enters):
    assert UserFactory(role=role).is_staff is enters


@pytest.mark.parametrize("status", ["pending", "inactive", "suspended", "dismissed"])
def test_who_is_not_active_may_nothing(status):
    user = UserFactory(role="admin", status=status)

    assert not user.is_active
    assert not any(user.can(permission) for permission in Can)
    assert not User.objects.who_can(Can.MANAGE_USERS).exists()


def test_who_can_names_active_people_of_the_roles():
    admin, manager = UserFactory(role="admin"), UserFactory(role="manager")
    UserFactory(role="manager", account_locked=True)
    UserFactory(role="staff")

    assert set(User.objects.who_can(Can.MANAGE_CATALOGUE)) == {admin, manager}
