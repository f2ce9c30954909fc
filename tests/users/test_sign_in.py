"""Signing in, out and asking who is signed in."""

import time
from statistics import median

import pytest
from rest_framework.test import APIClient

from tests.factories.users import UserFactory
from tests.users.conftest import PASSWORD
from users.models import SignIn, User

pytestmark = pytest.mark.django_db
LOGIN, TOKEN, STATUS = "/api/auth/login/", "/api/token/", "/api/auth/status/"
REFUSAL = {
    "error": "Invalid credentials",
    "message": "Username or password incorrect.",
    "code": "invalid_credentials",
    "details": {},
}


def test_login_answers_with_tokens_and_user(account):
    user = account(username="johndoe", email="john@example.com", role="manager")

    answer = APIClient().post(LOGIN, {"username": "JohnDoe", "password": PASSWORD})

    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert (body["token_type"], body["expires_in"]) == ("bearer", 3600)
    assert body["user"] == {
        "user_id": user.code,
        "username": "johndoe",
        "email": "john@example.com",
        "role": "manager",
    }
    user.refresh_from_db()
    assert user.last_login is not None


def test_login_by_email_without_last_slash(account):
    account(email="Jane@Example.com")

    body = {"username": " jane@example.COM ", "password": PASSWORD}
    assert APIClient().post("/api/auth/login", body).status_code == 200


def test_token_answers_in_the_plain_shape(account):
    user = account()

    answer = APIClient().post(TOKEN, {"username": user.username, "password": PASSWORD})

    assert answer.status_code == 200
    assert set(answer.json()) == {"access", "refresh"}


@pytest.mark.parametrize("path", [LOGIN, TOKEN])
@pytest.mark.parametrize(
    ("fields", "password"),
    [
        ({}, "wrong"),
        ({"status": "pending"}, PASSWORD),
        ({"status": "inactive"}, PASSWORD),
        ({"status": "suspended"}, PASSWORD),
        ({"status": "dismissed"}, PASSWORD),
        ({"account_locked": True}, PASSWORD),
    ],
)
def test_refused_sign_ins_are_answered_alike(account, path, fields, password):
    user = account(**fields)

    answer = APIClient().post(path, {"username": user.username, "password": password})

    assert (answer.status_code, answer.json()) == (401, REFUSAL)
    assert SignIn.objects.count() == 0


def test_unknown_name_is_answered_like_a_wrong_password():
    answer = APIClient().post(LOGIN, {"username": "nobody", "password": PASSWORD})

    assert (answer.status_code, answer.json()) == (401, REFUSAL)


def test_unknown_name_takes_as_long_as_a_wrong_password(account):
    user = account()

    def seconds(name):
        start = time.perf_counter()
        APIClient().post(LOGIN, {"username": name, "password": "wrong"})
        return time.perf_counter() - start

    pairs = [(seconds("nobody"), seconds(user.username)) for _ in range(5)]

    assert 0.4 < median(unknown / known for unknown, known in pairs) < 2.5


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"username", "password"}),
        ({"username": "x", "password": ""}, {"password"}),
        ({"username": "x" * 255, "password": "x" * 1001}, {"username", "password"}),
        ([], {"body"}),
        ({"username": {"$ne": ""}, "password": ["x"]}, {"username", "password"}),
    ],
)
def test_malformed_sign_in_names_the_fields(body, fields):
    answer = APIClient().post(LOGIN, body, format="json")

    assert answer.status_code == 400
    assert set(answer.json()["details"]) == fields


def test_sign_in_works_while_the_cache_is_down(account, settings):
    user = account()
    settings.CACHES = {
        "default": {
            "BACKEND": "common.cache.CountingCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }

    answer = APIClient().post(LOGIN, {"username": user.username, "password": PASSWORD})

    assert answer.status_code == 200


def test_a_password_check_costs_no_account_when_the_form_is_wrong():
    UserFactory(username="someone")

    APIClient().post(LOGIN, {"username": "someone"})

    assert User.objects.get(username="someone").failed_login_attempts == 0


def test_status_says_who_is_signed_in_until_when(log_in, client_with):
    signed_in = log_in(username="johndoe")

    answer = client_with(signed_in["access_token"]).get("/api/auth/status")

    body = answer.json()
    assert answer.status_code == 200
    assert (body["is_authenticated"], body["user"]) == (True, signed_in["user"])
    assert body["expires_at"].endswith("Z")
    assert client_with(signed_in["access_token"]).head(STATUS).status_code == 200


def test_status_works_for_a_browser_session(account, client):
    client.force_login(account())

    answer = client.get(STATUS)

    assert answer.status_code == 200
    assert answer.json()["is_authenticated"] is True


def test_status_without_token_is_refused_as_with_a_bad_one(client_with):
    for client in (APIClient(), client_with("rubbish")):
        answer = client.get(STATUS)

        assert answer.status_code == 401
        assert answer.json() == {
            "error": "Token invalid or expired",
            "message": "Please log in again.",
            "code": "token_not_valid",
            "details": {},
        }


def test_logout_stops_the_tokens_of_this_sign_in_at_once(account, log_in, client_with):
    user = account()
    first, second = log_in(user), log_in(user)

    answer = client_with(first["access_token"]).post("/api/auth/logout/")

    assert (answer.status_code, answer.json()) == (200, {"message": "Signed out."})
    assert client_with(first["access_token"]).get(STATUS).status_code == 401
    refresh = {"refresh_token": first["refresh_token"]}
    assert APIClient().post("/api/auth/refresh/", refresh).status_code == 401
    assert client_with(second["access_token"]).get(STATUS).status_code == 200


def test_logout_of_a_browser_session(account, client):
    client.force_login(account())

    assert client.post("/api/auth/logout/").status_code == 200
    assert client.get(STATUS).status_code == 401
