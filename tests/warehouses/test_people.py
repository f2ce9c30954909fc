"""Accounts over HTTP."""

import pytest
from rest_framework.test import APIClient

from common.permissions import ROLE_PERMISSIONS, Role
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from users.models import User

pytestmark = pytest.mark.django_db
USERS = "/api/users/"
NEW = {
    "username": "newuser",
    "email": "new.user@example.com",
    "password": "StrongPassword!123",
    "first_name": "New",
    "last_name": "User",
    "role": "staff",
    "department": "Warehouse",
}


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_two_queries(api, django_assert_num_queries, rows):
    client = api("admin", WarehouseFactory())
    for _ in range(rows - 1):
        MembershipFactory()

    with django_assert_num_queries(2):
        body = client.get(USERS).json()

    assert len(body["users"]) == body["pagination"]["total_items"] == rows


def test_list_rows_have_the_documented_shape(api):
    warehouse = WarehouseFactory(code="WH001")
    client = api("admin", warehouse)
    User.objects.filter(pk=client.user.pk).update(first_name="John", last_name="Doe")

    row = client.get(USERS).json()["users"][0]

    assert row == {
        "id": client.user.pk,
        "user_id": client.user.code,
        "username": client.user.username,
        "email": client.user.email,
        "profile": {
            "first_name": "John",
            "last_name": "Doe",
            "display_name": "",
            "phone": "",
            "department": "",
            "job_title": "",
        },
        "role": "admin",
        "status": "active",
        "last_login": None,
        "warehouse_access": ["WH001"],
    }


def test_detail_has_the_documented_shape(api):
    client = api("viewer", WarehouseFactory(code="WH001"))

    body = client.get("/api/users/me/").json()

    assert body == client.get(f"{USERS}{client.user.code}/").json()
    assert body["permissions"] == sorted(f"can_{can}" for can in ROLE_PERMISSIONS[Role.VIEWER])
    assert "can_view_stock" in body["permissions"]
    assert body["preferences"] == {
        "language": "en",
        "timezone": "UTC",
        "notification_settings": {
            "email_notifications": True,
            "in_app_notifications": True,
            "low_stock_alerts": True,
        },
        "notifications": {"email": True, "in_app": True, "low_stock_alerts": True},
    }
    assert (body["warehouse_access"], body["default_warehouse"]) == (["WH001"], "WH001")
    assert body["created_at"].endswith("Z")
    assert body["updated_at"].endswith("Z")
    assert not {"password", "notes"} & set(body)


@pytest.mark.parametrize("reference", ["code", "pk", "username"])
def test_detail_by_code_key_or_name(api, reference):
    client = api("admin")
    user = UserFactory(username="johndoe")

    answer = client.get(f"{USERS}{getattr(user, reference)}")

    assert answer.json()["username"] == "johndoe"


def test_list_filters(api):
    client = api("admin")
    viewer = UserFactory(role="viewer", first_name="Zoe")
    UserFactory(role="staff", status="inactive")

    def names(**query):
        return [row["username"] for row in client.get(USERS, query).json()["users"]]

    assert names(role="readonly") == names(role="viewer") == [viewer.username]
    assert len(names(role="employee", status="inactive")) == 1
    assert names(role="employee", status="active") == []
    assert names(search="zoe") == [viewer.username]
    warehouse = MembershipFactory(user=viewer).warehouse
    assert names(warehouse=warehouse.code.lower()) == [viewer.username]


@pytest.mark.parametrize("query", ["role=king", "status=gone", "page=9", "limit=0", "colour=red"])
def test_bad_filter_names_the_parameter(api, query):
    answer = api("admin").get(f"{USERS}?{query}")

    assert answer.status_code == 400
    assert set(answer.json()["details"]) == {query.partition("=")[0]}


def test_manager_sees_the_people_of_own_warehouses(api):
    warehouse = WarehouseFactory()
    colleague, stranger = MembershipFactory(warehouse=warehouse).user, MembershipFactory().user
    client = api("manager", warehouse)

    names = {row["username"] for row in client.get(USERS).json()["users"]}

    assert names == {client.user.username, colleague.username}
    assert client.get(f"{USERS}{colleague.code}/").status_code == 200
    assert client.get(f"{USERS}{stranger.code}/").status_code == 404


@pytest.mark.parametrize("role", ["staff", "sales", "viewer"])
def test_others_see_themselves_only(api, role):
    warehouse = WarehouseFactory()
    colleague = MembershipFactory(warehouse=warehouse).user
    client = api(role, warehouse)

    assert client.get(USERS).status_code == 403
    assert client.get(f"{USERS}{colleague.code}/").status_code == 404
    assert client.get(f"{USERS}{client.user.code}/").status_code == 200


def test_admin_creates_from_a_flat_body(api):
    client = api("admin")

    answer = client.post(USERS, NEW)

    user = User.objects.get(username="newuser")
    body = answer.json()
    assert answer.status_code == 201
    assert (body["message"], body["user_id"], body["id"]) == (
        "User created successfully",
        user.code,
        user.pk,
    )
    assert body["profile"]["department"] == "Warehouse"
    assert (user.role, user.first_name, user.created_by) == ("staff", "New", client.user)
    assert user.check_password("StrongPassword!123")
    assert user.password.startswith("argon2")


def test_admin_creates_from_a_nested_body(api):
    WarehouseFactory(code="WH001")
    WarehouseFactory(code="WH002")

    body = {
        "username": "nested",
        "email": "nested@example.com",
        "password": "StrongPassword!123",
        "role": "READONLY",
        "profile": {"first_name": "New", "phone": "+1 555 111 2222"},
        "preferences": {
            "timezone": "Europe/Berlin",
            "notifications": {"in_app": False},
            "notification_settings": {"low_stock_alerts": False},
        },
        "warehouse_access": ["wh002", "WH001"],
        "default_warehouse": "WH001",
    }
    answer = api("admin").post(USERS, body)

    user = User.objects.get(username="nested")
    assert answer.status_code == 201
    assert (user.role, user.phone, user.timezone) == ("viewer", "+15551112222", "Europe/Berlin")
    assert (user.notify_by_email, user.notify_in_app, user.notify_low_stock) == (True, False, False)
    assert answer.json()["warehouse_access"] == ["WH001", "WH002"]
    assert answer.json()["default_warehouse"] == "WH001"


@pytest.mark.parametrize("role", ["manager", "staff", "sales", "viewer"])
def test_only_admins_create_and_deactivate(api, role):
    client = api(role)

    assert client.post(USERS, NEW).status_code == 403
    assert client.delete(f"{USERS}{client.user.code}/").status_code == 403
    assert User.objects.get().status == "active"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "123"}, "password"),
        ({"password": "newuser1"}, "password"),
        ({"password": None}, "password"),
        ({"email": "nobody"}, "email"),
        ({"role": "king"}, "role"),
        ({"role": {"a": 1}}, "role"),
        ({"username": "a b"}, "username"),
        ({"username": "USR007"}, "username"),
        ({"username": "12345"}, "username"),
        ({"username": "new@example.com"}, "username"),
        ({"username": "x" * 151}, "username"),
        ({"first_name": "x" * 51}, "profile.first_name"),
        ({"phone": "call me"}, "profile.phone"),
        ({"preferences": {"timezone": "Mars/Olympus"}}, "preferences.timezone"),
        ({"profile": []}, "profile"),
        ({"warehouse_access": ["WH404"]}, "warehouse_access.0"),
        ({"warehouse_access": "WH001"}, "warehouse_access"),
        ({"default_warehouse": "WH404"}, "default_warehouse"),
        ({"notes": "x" * 501}, "notes"),
    ],
)
def test_bad_field_is_named_and_nothing_created(api, change, field):
    client = api("admin")
    body = {**NEW, **change}
    if "profile" in change:
        body = {name: body[name] for name in ("username", "email", "password", "profile")}

    answer = client.post(USERS, body)

    assert answer.status_code == 400
    assert set(answer.json()["details"]) == {field}
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("taken", "field"),
    [({"username": "NewUser"}, "username"), ({"email": "NEW.user@example.com"}, "email")],
)
def test_taken_name_or_address_is_a_conflict(api, taken, field):
    client = api("admin")
    UserFactory(**taken)

    answer = client.post(USERS, NEW)

    assert answer.status_code == 409
    assert (answer.json()["code"], set(answer.json()["details"])) == ("duplicate", {field})
    assert User.objects.count() == 2


def test_default_outside_the_access_creates_nothing(api):
    WarehouseFactory(code="WH001")
    WarehouseFactory(code="WH002")

    body = {**NEW, "warehouse_access": ["WH001"], "default_warehouse": "WH002"}
    answer = api("admin").post(USERS, body)

    assert answer.status_code == 400
    assert set(answer.json()["details"]) == {"default_warehouse"}
    assert not User.objects.filter(username="newuser").exists()


def test_nobody_is_answered_without_sign_in():
    for path in (USERS, "/api/users/me/", "/api/users/USR001/"):
        assert APIClient().get(path).status_code == 401
