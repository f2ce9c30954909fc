"""The sign-ins of a person: seen, and ended one by one or all."""

import time
from threading import Thread

import pytest
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test import Client
from rest_framework.test import APIClient

from tests.factories.users import UserFactory
from tests.threads import run_at_once
from tests.users.conftest import PASSWORD
from users.exceptions import InvalidCredentials
from users.models import SignIn
from users.services.accounts import change_user
from users.services.sign_ins import sign_in

SESSIONS, STATUS = "/api/auth/sessions/", "/api/auth/status/"
pytestmark = pytest.mark.django_db


def login(user, **headers):
    body = {"username": user.username, "password": PASSWORD}
    return APIClient(**headers).post("/api/auth/login/", body).json()


def test_own_sign_ins_are_listed(account, log_in, client_with):
    user = account(role="admin")
    log_in(account())
    Client(HTTP_USER_AGENT="A browser").post(
        "/admin/login/", {"username": user.username, "password": PASSWORD}
    )
    here = login(user, HTTP_USER_AGENT="A script", REMOTE_ADDR="10.1.2.3")

    body = client_with(here["access_token"]).get(SESSIONS).json()

    shown = [
        (row["kind"], row["user_agent"], row["address"], row["is_current"])
        for row in body["sessions"]
    ]
    assert shown == [
        ("token", "A script", "10.1.2.3", True),
        ("browser", "A browser", "127.0.0.1", False),
    ]
    assert "session_key" not in str(body)


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_as_many_queries_for_more(
    account, log_in, client_with, rows, django_assert_num_queries
):
    user = account()
    tokens = [log_in(user)["access_token"] for _ in range(rows)]

    with django_assert_num_queries(2):
        answer = client_with(tokens[0]).get(SESSIONS)

    assert answer.json()["pagination"]["total_items"] == rows


def test_one_is_ended(account, log_in, client_with):
    user = account()
    here, there = log_in(user)["access_token"], log_in(user)["access_token"]
    key = next(
        row["id"]
        for row in client_with(here).get(SESSIONS).json()["sessions"]
        if not row["is_current"]
    )

    assert client_with(here).delete(f"{SESSIONS}{key}/").status_code == 204

    assert client_with(there).get(STATUS).status_code == 401
    assert client_with(here).get(STATUS).status_code == 200
    assert client_with(here).get(f"{SESSIONS}{key}/").status_code == 404


def test_all_others_are_ended_browsers_too(account, log_in, client_with, client):
    user = account()
    here, there = log_in(user)["access_token"], log_in(user)["access_token"]
    client.force_login(user)

    answer = client_with(here).post(f"{SESSIONS}revoke-others/")

    assert (answer.status_code, answer.json()["ended"]) == (200, 2)
    assert client_with(there).get(STATUS).status_code == 401
    assert client.get(STATUS).status_code == 401
    assert client_with(here).get(STATUS).status_code == 200


def test_those_of_others_are_not_there(account, log_in, client_with):
    stranger = account()
    log_in(stranger)
    row = SignIn.objects.get(user=stranger)
    client = client_with(log_in()["access_token"])

    assert client.get(f"{SESSIONS}{row.pk}/").status_code == 404
    assert client.delete(f"{SESSIONS}{row.pk}/").status_code == 404

    row.refresh_from_db()
    assert row.revoked_at is None


def test_signing_out_of_the_browser_ends_its_row(account, client):
    client.force_login(account())

    client.post("/api/auth/logout/")

    assert SignIn.objects.get().revoked_at is not None


@pytest.mark.parametrize("change", [{"status": "suspended"}, {"password": "another long secret"}])
def test_browser_ends_for_good_with_the_account_or_the_password(account, api, client, change):
    user = account(role="admin")
    client.force_login(user)
    admin = api("admin")

    assert admin.patch(f"/api/users/{user.code}/", change).status_code == 200

    assert client.get("/admin/").status_code == 302
    assert not Session.objects.exists()
    admin.patch(f"/api/users/{user.code}/", {"status": "active"})
    assert client.get("/admin/").status_code == 302


def wait_for_lock():
    """Return as soon as another connection waits for a lock of ours."""
    until = time.monotonic() + 30
    with connection.cursor() as cursor:
        while time.monotonic() < until:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted"
                " AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise TimeoutError("Nobody waits for a lock.")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("becomes", "let_in"),
    [
        ({"password": "another long secret"}, False),
        ({"status": "inactive"}, False),
        ({"first_name": "Zoe"}, True),
    ],
)
def test_sign_in_that_meets_a_change_of_the_account(account, becomes, let_in):
    """Whoever is let in by what held a moment ago keeps nothing of it."""
    user, admin = account(), UserFactory(role="admin")
    outcomes = []
    signing_in = Thread(
        target=lambda: outcomes.extend(
            run_at_once(lambda: sign_in(name=user.username, password=PASSWORD))
        )
    )

    with transaction.atomic():
        change_user(user=user, acting_user=admin, **becomes)
        signing_in.start()
        wait_for_lock()
    signing_in.join()

    assert isinstance(outcomes[0], SignIn if let_in else InvalidCredentials)
    assert SignIn.objects.filter(user=user, revoked_at=None).exists() is let_in
