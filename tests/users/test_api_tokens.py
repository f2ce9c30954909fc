"""Tokens for scripts: never more than their owner, often less, and gone at once."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from tests.threads import run_at_once
from users.models import ApiToken, User
from users.services.api_tokens import create_api_token, use_api_token

TOKENS, STATUS, CATEGORIES = "/api/auth/tokens/", "/api/auth/status/", "/api/categories/"


def with_token(owner, *scopes, word="Bearer", **fields):
    """Return a client that signs with a new token of somebody."""
    _, secret = create_api_token(name="script", scopes=scopes, acting_user=owner, **fields)
    return APIClient(HTTP_AUTHORIZATION=f"{word} {secret}")


@pytest.mark.django_db
def test_new_token_is_shown_once_and_stored_as_a_hash(api):
    client = api("manager")

    answer = client.post(TOKENS, {"name": "nightly", "scopes": ["read", "can_view_stock"]})

    body = answer.json()
    assert answer.status_code == 201, body
    assert body["token"].startswith(body["prefix"])
    assert body["scopes"] == ["read", "view_stock"]
    row = ApiToken.objects.get()
    assert body["token"] not in str(ApiToken.objects.values().get())
    assert len(row.token_hash) == 64
    [listed] = client.get(TOKENS).json()["tokens"]
    assert "token" not in listed
    assert (listed["name"], listed["prefix"]) == ("nightly", body["prefix"])
    assert timedelta(days=89) < row.expires_at - timezone.now() <= timedelta(days=90)


@pytest.mark.django_db
@pytest.mark.parametrize("word", ["Bearer", "Token", "bearer", "token"])
def test_token_signs_requests(word):
    owner = UserFactory(role="staff")
    client = with_token(owner, "all", word=word)

    answer = client.get(STATUS)

    assert (answer.status_code, answer.json()["user"]["username"]) == (200, owner.username)


@pytest.mark.django_db(transaction=True)
def test_use_of_a_token_is_noted_outside_of_any_transaction():
    person = UserFactory()

    assert use_api_token("ip_unknown") is None
    assert with_token(person, "read").get(STATUS).status_code == 200
    assert ApiToken.objects.filter(last_used_at__isnull=False).count() == 1


@pytest.mark.django_db
def test_read_only_token_writes_nothing():
    owner = UserFactory(role="admin")
    client = with_token(owner, "read")

    assert client.get(CATEGORIES).status_code == 200
    assert client.get("/api/users/").status_code == 200
    answer = client.post(CATEGORIES, {"name": "New"})
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


@pytest.mark.django_db
def test_token_does_what_its_scopes_name_and_no_more():
    client = with_token(UserFactory(role="admin"), "manage_catalogue")

    assert client.post(CATEGORIES, {"name": "New"}).status_code == 201
    assert client.get(CATEGORIES).status_code == 403
    assert client.post("/api/warehouses/", {"name": "New"}).status_code == 403
    assert client.get("/api/users/").status_code == 403


@pytest.mark.django_db
def test_scoped_token_sees_as_far_as_its_owner():
    place = WarehouseFactory()
    manager, admin = UserFactory(role="manager"), UserFactory(role="admin")
    MembershipFactory(user=manager, warehouse=place)
    MembershipFactory(user=UserFactory(username="colleague"), warehouse=place)

    for owner, seen in ((manager, 2), (admin, 3)):
        body = with_token(owner, "view_people").get("/api/users/").json()
        assert body["pagination"]["total_items"] == seen


@pytest.mark.django_db
def test_token_follows_its_owners_present_rights():
    owner = UserFactory(role="manager")
    client = with_token(owner, "manage_catalogue")
    User.objects.filter(pk=owner.pk).update(role="viewer")

    assert client.post(CATEGORIES, {"name": "New"}).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(
    "scopes", [[], ["manage_users"], ["nonsense"], ["all", "read"], "read", None]
)
def test_scopes_that_the_owner_has_not_are_refused(api, scopes):
    answer = api("manager").post(TOKENS, {"name": "x", "scopes": scopes})

    assert (answer.status_code, set(answer.json()["details"])) == (400, {"scopes"})
    assert not ApiToken.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("days", [-1, 400])
def test_expiry_is_within_a_year(api, days):
    at = (timezone.now() + timedelta(days=days)).isoformat()

    answer = api("viewer").post(TOKENS, {"name": "x", "scopes": ["read"], "expires_at": at})

    assert (answer.status_code, set(answer.json()["details"])) == (400, {"expires_at"})


@pytest.mark.django_db
def test_token_ends_with_its_time():
    client = with_token(UserFactory(), "all", expires_at=timezone.now() + timedelta(hours=1))

    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert client.get(STATUS).status_code == 401


@pytest.mark.django_db
def test_revoked_token_ends_at_once(api):
    client = api("viewer")
    script = with_token(client.user, "all")
    key = ApiToken.objects.get().pk

    assert client.delete(f"{TOKENS}{key}/").status_code == 204

    assert script.get(STATUS).status_code == 401
    assert client.get(TOKENS).json()["tokens"] == []


@pytest.mark.django_db
def test_token_ends_for_good_with_the_account(api):
    owner, admin = UserFactory(), api("admin")
    script = with_token(owner, "all")
    admin.patch(f"/api/users/{owner.code}/", {"status": "suspended"})
    assert script.get(STATUS).status_code == 401

    admin.patch(f"/api/users/{owner.code}/", {"status": "active"})

    assert script.get(STATUS).status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header",
    [
        "Bearer ip_",
        "Bearer ip_x",
        "Token",
        "Token ip_" + "x" * 43,
        "Token a b",
        "Token eyJ",
        "Bearer ip_\xff",
    ],
)
def test_other_tokens_are_refused_in_our_shape(header):
    answer = APIClient(HTTP_AUTHORIZATION=header).get(STATUS)

    assert (answer.status_code, answer.json()["code"]) == (401, "token_not_valid")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("get", TOKENS, None),
        ("post", TOKENS, {"name": "x", "scopes": ["all"]}),
        ("get", "/api/auth/sessions/", None),
        ("post", "/api/auth/sessions/revoke-others/", {}),
        ("post", "/api/auth/password/change/", {"old_password": "a", "new_password": "b"}),
    ],
)
def test_token_does_not_touch_its_owners_access(method, path, body):
    client = with_token(UserFactory(role="admin"), "all")

    answer = getattr(client, method)(path, body)

    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert ApiToken.objects.count() == 1


@pytest.mark.django_db
def test_tokens_of_others_are_not_there(api):
    with_token(UserFactory(), "all")
    client, key = api("admin"), ApiToken.objects.get().pk

    assert client.get(TOKENS).json()["tokens"] == []
    assert client.delete(f"{TOKENS}{key}/").status_code == 404
    assert ApiToken.objects.in_force().count() == 1


@pytest.mark.django_db(transaction=True)
def test_nobody_gets_more_than_ten_however_fast():
    owner = UserFactory()
    for _ in range(7):
        with_token(owner, "all")

    def create():
        client = APIClient()
        client.force_authenticate(User.objects.get(pk=owner.pk))
        return client.post(TOKENS, {"name": "x", "scopes": ["read"]}).status_code

    assert sorted(run_at_once(*[create] * 8)) == [201] * 3 + [409] * 5


@pytest.mark.django_db
def test_use_is_noted_once_a_minute(django_assert_num_queries):
    client = with_token(UserFactory(), "all")
    with django_assert_num_queries(2):
        client.get(STATUS)
    with django_assert_num_queries(1):
        client.get(STATUS)
    first = ApiToken.objects.get().last_used_at

    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        client.get(STATUS)

    assert ApiToken.objects.get().last_used_at > first


@pytest.mark.django_db
@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_as_many_queries_for_more(api, rows, django_assert_num_queries):
    client = api("viewer")
    for _ in range(rows):
        with_token(client.user, "all")

    with django_assert_num_queries(1):
        assert len(client.get(TOKENS).json()["tokens"]) == rows


@pytest.mark.django_db
def test_token_ends_for_good_with_a_dismissal(api):
    owner, admin = UserFactory(role="staff"), api("admin")
    MembershipFactory(user=owner, warehouse=WarehouseFactory())
    script = with_token(owner, "all")

    assert admin.post("/api/staffs/dismiss/", {"id": owner.code}).status_code == 200

    assert script.get(STATUS).status_code == 401
    assert not ApiToken.objects.in_force().exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("patch", "/api/users/{other}/", {"password": "correct horse battery"}, "password"),
        ("put", "/api/users/{other}/", {"email": "thief@example.com"}, "email"),
        ("patch", "/api/users/{own}/", {"email": "thief@example.com"}, "email"),
        ("patch", "/api/users/{other}/", {"role": "admin"}, "role"),
        (
            "post",
            "/api/users/",
            {
                "username": "backdoor",
                "email": "b@example.com",
                "password": "correct horse battery",
                "role": "admin",
            },
            "role",
        ),
    ],
)
def test_token_of_an_admin_takes_no_account_over(api, method, path, body, field):
    owner, other = UserFactory(role="admin"), UserFactory(role="staff")
    before = list(User.objects.order_by("pk").values())
    client, address = with_token(owner, "all"), path.format(own=owner.code, other=other.code)

    answer = getattr(client, method)(address, body)

    assert (answer.status_code, list(answer.json()["details"])) == (403, [field])
    assert list(User.objects.order_by("pk").values()) == before


@pytest.mark.django_db
def test_token_of_an_admin_looks_after_accounts():
    other, client = UserFactory(role="viewer"), with_token(UserFactory(role="admin"), "all")

    changed = client.patch(f"/api/users/{other.code}/", {"role": "staff", "email": other.email})

    assert changed.status_code == 200
    other.refresh_from_db()
    assert other.role == "staff"
