"""Changing accounts over HTTP."""

import pytest

from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from tests.threads import run_at_once
from users.exceptions import LastAdmin
from users.models import SignIn, User
from users.services import accounts
from users.services.accounts import change_user

pytestmark = pytest.mark.django_db
USERS = "/api/users/"


@pytest.mark.parametrize("method", ["put", "patch"])
def test_change_answers_with_the_fields(api, method):
    user = UserFactory(last_name="Doe")
    body = {"profile": {"department": "Logistics"}, "status": "inactive", "first_name": "Jo"}

    answer = getattr(api("admin"), method)(f"{USERS}{user.code}/", body)

    shown = answer.json()
    user.refresh_from_db()
    assert answer.status_code == 200
    assert (shown["message"], shown["user_id"]) == ("User updated successfully", user.code)
    assert set(shown["updated_fields"]) == {"profile.department", "profile.first_name", "status"}
    assert shown["updated_at"] == user.updated_at.isoformat().replace("+00:00", "Z")
    assert (user.department, user.status, user.first_name, user.last_name) == (
        "Logistics",
        "inactive",
        "Jo",
        "Doe",
    )


def test_self_changes_own_profile_and_preferences(api):
    client = api("viewer")

    answer = client.put(
        f"{USERS}{client.user.code}/",
        {
            "profile": {"first_name": "Zoe"},
            "preferences": {"notification_settings": {"email_notifications": False}},
            "role": "viewer",
        },
    )

    client.user.refresh_from_db()
    assert answer.status_code == 200
    assert (client.user.first_name, client.user.notify_by_email) == ("Zoe", False)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"role": "admin"}, "role"),
        ({"status": "inactive"}, "status"),
        ({"email": "other@example.com"}, "email"),
        ({"username": "other"}, "username"),
        ({"password": "StrongPassword!123"}, "password"),
        ({"notes": "nice"}, "notes"),
        ({"account_locked": True}, "account_locked"),
        ({"warehouse_access": ["WH009"]}, "warehouse_access"),
    ],
)
@pytest.mark.parametrize("role", ["manager", "viewer"])
def test_self_changes_nothing_else(api, role, body, field):
    WarehouseFactory(code="WH009")
    client = api(role)
    before = User.objects.filter(pk=client.user.pk).values().get()

    answer = client.patch(f"{USERS}{client.user.code}/", {"first_name": "Zoe", **body})

    after = User.objects.filter(pk=client.user.pk).values().get()
    assert answer.status_code == 403
    assert set(answer.json()["details"]) == {field}
    assert after == before
    assert not client.user.warehouse_memberships.exists()


def test_manager_changes_nobody_else(api):
    warehouse = WarehouseFactory()
    colleague = MembershipFactory(warehouse=warehouse).user

    answer = api("manager", warehouse).patch(f"{USERS}{colleague.code}/", {"first_name": "Zoe"})

    colleague.refresh_from_db()
    assert (answer.status_code, colleague.first_name) == (403, "")


def test_admin_moves_people_between_warehouses(api):
    first, second = WarehouseFactory(code="WH001"), WarehouseFactory(code="WH002")
    user = MembershipFactory(warehouse=first, is_default=True).user

    answer = api("admin").patch(f"{USERS}{user.code}/", {"warehouse_access": ["WH002"]})

    assert answer.json()["warehouse_access"] == ["WH002"]
    assert answer.json()["default_warehouse"] == "WH002"
    assert answer.json()["updated_fields"] == ["warehouse_access"]
    assert list(user.warehouse_memberships.values_list("warehouse", flat=True)) == [second.pk]


def test_self_chooses_own_default_warehouse(api):
    first, second = WarehouseFactory(code="WH001"), WarehouseFactory(code="WH002")
    WarehouseFactory(code="WH003")
    client = api("staff", first, second)
    url = f"{USERS}{client.user.code}/"

    assert client.patch(url, {"default_warehouse": "WH003"}).status_code == 400
    answer = client.patch(url, {"default_warehouse": "WH002"})

    assert answer.json()["default_warehouse"] == "WH002"
    assert client.user.warehouse_memberships.get(is_default=True).warehouse == second


def test_new_password_ends_the_sign_ins(api):
    user = UserFactory()
    SignIn.objects.create(user=user, current_jti="a", expires_at=user.created_at)

    answer = api("admin").patch(f"{USERS}{user.code}/", {"password": "StrongPassword!123"})

    user.refresh_from_db()
    assert answer.status_code == 200
    assert user.check_password("StrongPassword!123")
    assert SignIn.objects.get().revoked_at is not None


def test_own_password_is_changed_with_the_present_one_alone(api):
    """Or whoever finds a browser signed in, or a token, takes the account."""
    client = api("admin")
    before = client.user.password

    answer = client.patch(
        f"{USERS}{client.user.code}/", {"password": "StrongPassword!123", "first_name": "Zoe"}
    )

    assert (answer.status_code, set(answer.json()["details"])) == (403, {"password"})
    client.user.refresh_from_db()
    assert (client.user.password, client.user.first_name) == (before, "")


def test_delete_deactivates(api):
    user = UserFactory()
    SignIn.objects.create(user=user, current_jti="a", expires_at=user.created_at)

    answer = api("admin").delete(f"{USERS}{user.code}/")

    user.refresh_from_db()
    assert answer.json() == {
        "message": "User deactivated successfully",
        "user_id": user.code,
        "status": "inactive",
    }
    assert user.status == "inactive"
    assert SignIn.objects.get().revoked_at is not None


@pytest.mark.parametrize(
    "change", [{"status": "inactive"}, {"role": "viewer"}, {"account_locked": True}]
)
def test_last_admin_stays(api, change):
    client = api("admin")
    UserFactory(role="admin", status="inactive")
    url = f"{USERS}{client.user.code}/"

    answer = client.patch(url, change)

    client.user.refresh_from_db()
    assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
    assert client.user.is_active
    assert client.user.role == "admin"
    assert client.delete(url).status_code == 409


def demote_each_other():
    """Let two admins make each other viewers at the same moment; return who is admin then."""
    User.objects.all().delete()
    one, two = UserFactory(role="admin"), UserFactory(role="admin")

    def demote(user, acting_user):
        return lambda: change_user(user=user, acting_user=acting_user, role="viewer")

    outcomes = run_at_once(demote(one, two), demote(two, one))
    refused = sum(isinstance(outcome, LastAdmin) for outcome in outcomes)
    return User.objects.filter(role="admin").count(), refused


@pytest.mark.django_db(transaction=True)
def test_two_admins_demoting_each_other_leave_one():
    assert {demote_each_other() for _ in range(15)} == {(1, 1)}


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_no_admin_is_left(monkeypatch):
    """Prove that the test above would notice admins that are counted without a lock."""
    monkeypatch.setattr(
        accounts,
        "lock_admins",
        lambda: set(User.objects.active().filter(role="admin").values_list("pk", flat=True)),
    )

    assert (0, 0) in {demote_each_other() for _ in range(15)}
