"""Signing in, out and asking who is signed in."""

import time
from datetime import timedelta
from statistics import median

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from tests.factories.users import UserFactory
from tests.users.conftest import PASSWORD
from users.hashers import BoundedArgon2Hasher
from users.models import AttemptCount, SignIn, User

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


@pytest.fixture
def hashes(monkeypatch):
    """How many slow hashes were computed; they are computed all the same."""
    counted = []
    for name in ("encode", "verify"):
        compute = getattr(BoundedArgon2Hasher, name)

        def noted(*args, compute=compute, **kwargs):
            counted.append(1)
            return compute(*args, **kwargs)

        monkeypatch.setattr(BoundedArgon2Hasher, name, noted)
    return counted


def test_whoever_it_is_signing_in_takes_as_long(account, count, hashes, settings, record_property):
    """Judged by the work of the processor, which other programs do not disturb."""
    soon = timezone.now() + timedelta(hours=1)
    used_up = {"failed_login_attempts": 5, "attempts_end_at": soon}
    names = {
        "known": account().username,
        "nobody": "nobody",
        "locked": account(**used_up).username,
        "pending": account(status="pending").username,
        "dismissed": account(status="dismissed").username,
    }
    seconds = {kind: [] for kind in names}
    settings.SIGN_IN_ATTEMPTS_PER_ADDRESS = 0
    for _ in range(count(2, full=200)):
        for kind, name in names.items():
            User.objects.filter(username=name).exclude(username=names["locked"]).update(
                failed_login_attempts=0, attempts_end_at=None
            )
            AttemptCount.objects.all().delete()
            hashes.clear()
            start = time.process_time()
            answer = APIClient().post(LOGIN, {"username": name, "password": "wrong"})
            seconds[kind].append(time.process_time() - start)
            assert (answer.status_code, answer.json(), len(hashes)) == (401, REFUSAL, 1)

    medians = {kind: median(times) for kind, times in seconds.items()}
    told = ", ".join(f"{kind} {value * 1000:.1f} ms" for kind, value in medians.items())
    record_property("processor time of a refused sign-in", told)
    nearest = count(0.4, full=0.9)
    assert min(medians.values()) > nearest * max(medians.values()), told


@pytest.mark.parametrize("fields", [None, {}, {"status": "dismissed"}])
def test_a_password_typed_in_another_form_takes_as_long_for_everybody(account, hashes, fields):
    name = "nobody" if fields is None else account(**fields).username

    APIClient().post(LOGIN, {"username": name, "password": "cafe\u0301"})

    assert len(hashes) == 2


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


def test_every_judged_password_leaves_a_line_that_tells_no_typed_text(account, caplog):
    """What somebody types as a name may be a password: the log has the account's code alone."""
    user, away = account(), account(status="dismissed")
    caplog.set_level("INFO", logger="users.services.credentials")

    for name, password in (
        (user.username, "wrong"),
        ("typed-secret", PASSWORD),
        (away.username, PASSWORD),
        (user.username, PASSWORD),
    ):
        APIClient().post(LOGIN, {"username": name, "password": password})

    start = "The password of"
    assert [one.getMessage() for one in caplog.records if one.getMessage().startswith(start)] == [
        f"The password of {user.code}, shown from 127.0.0.1, is refused.",
        "The password of nobody, shown from 127.0.0.1, is refused.",
        f"The password of {away.code}, shown from 127.0.0.1, is refused.",
        f"The password of {user.code}, shown from 127.0.0.1, is right.",
    ]
    assert "typed-secret" not in caplog.text
