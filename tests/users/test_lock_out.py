"""So many passwords are checked in a while, and no more: by every door, in any burst."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import authenticate
from django.core import mail
from django.utils import timezone
from rest_framework.test import APIClient

from notifications.models import OutboxMessage
from notifications.services import deliver_due_messages
from tests.threads import run_at_once
from tests.users.conftest import PASSWORD
from users.models import AttemptCount, SignIn, User
from users.services import attempts, credentials

LOGIN, TOKEN = "/api/auth/login/", "/api/token/"
ADMIN, BROWSER = "/admin/login/", "/api/session/login/"
AT_ONCE = 25


def try_to_sign_in(name, password="wrong", path=LOGIN, **headers):
    return APIClient(**headers).post(path, {"username": name, "password": password})


def use_up(user):
    for _ in range(5):
        assert try_to_sign_in(user.username).status_code == 401


@pytest.fixture
def checks(monkeypatch):
    """Whom passwords are compared for; the comparison itself goes on."""
    seen = []
    compare = User.check_password

    def noted(user, password):
        seen.append(user.pk)
        return compare(user, password)

    monkeypatch.setattr(User, "check_password", noted)
    return seen


def guess_two_hundred_times(user):
    """Send 200 guesses from as many addresses, 25 at the same moment."""

    def guess(number):
        headers = {"REMOTE_ADDR": f"10.0.0.{number}"}
        return try_to_sign_in(user.username, f"guess {number}", **headers).status_code

    statuses = []
    for first in range(0, 200, AT_ONCE):
        numbers = range(first, first + AT_ONCE)
        statuses += run_at_once(*[lambda number=number: guess(number) for number in numbers])
    return statuses


@pytest.mark.django_db(transaction=True)
def test_of_two_hundred_guesses_in_a_burst_five_are_checked(account, checks):
    user = account()

    assert guess_two_hundred_times(user) == [401] * 200

    assert checks == [user.pk] * 5
    user.refresh_from_db()
    assert (user.failed_login_attempts, user.is_locked) == (5, True)
    assert OutboxMessage.objects.filter(topic="users.account_locked").count() == 1


@pytest.mark.django_db(transaction=True)
def test_counting_after_a_look_lets_more_guesses_through(account, checks, monkeypatch):
    """Prove that the test above would notice a count that is read first and written then."""

    def look_then_count(user, name):
        row = User.objects.get(pk=user.pk)
        if row.failed_login_attempts >= 5:
            return None
        number = row.failed_login_attempts + 1
        User.objects.filter(pk=user.pk).update(
            failed_login_attempts=number, attempts_end_at=timezone.now() + attempts.WINDOW
        )
        return number

    monkeypatch.setattr(credentials, "take_account_attempt", look_then_count)
    guess_two_hundred_times(account())

    assert len(checks) > 5


@pytest.mark.django_db(transaction=True)
def test_of_a_burst_from_one_address_as_many_are_checked_as_it_has(settings):
    settings.SIGN_IN_ATTEMPTS_PER_ADDRESS = 10

    statuses = run_at_once(
        *[
            lambda number=number: try_to_sign_in(f"nobody-{number}").status_code
            for number in range(AT_ONCE)
        ]
    )

    assert sorted(statuses) == [401] * 10 + [429] * 15


@pytest.mark.django_db
@pytest.mark.parametrize("path", [LOGIN, TOKEN])
def test_locked_account_refuses_the_right_password_with_the_same_answer(account, path):
    user = account()
    wrong = try_to_sign_in(user.username, path=path)
    for _ in range(4):
        try_to_sign_in(user.username, path=path)

    answer = try_to_sign_in(user.username, PASSWORD, path)

    assert (answer.status_code, answer.content) == (401, wrong.content)
    assert set(answer.headers) == set(wrong.headers)
    assert not SignIn.objects.exists()


@pytest.mark.django_db
def test_user_name_and_address_share_the_count(account):
    user = account()
    for name in [user.username, user.email, user.username.upper(), f" {user.email} ", user.email]:
        try_to_sign_in(name)

    assert try_to_sign_in(user.username, PASSWORD).status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize("path", [ADMIN, BROWSER])
def test_doors_of_the_browser_share_the_count(client, account, path):
    user = account(role="admin")
    for _ in range(3):
        page = client.post(path, {"username": user.username, "password": "wrong"})
        assert page.status_code == 200
    for _ in range(2):
        try_to_sign_in(user.username)

    page = client.post(path, {"username": user.username, "password": PASSWORD})

    assert page.status_code == 200
    assert "_auth_user_id" not in client.session
    assert try_to_sign_in(user.username, PASSWORD).status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize("path", [ADMIN, BROWSER])
def test_doors_of_the_browser_open(client, account, path):
    user = account(role="admin")
    body = {"username": user.username, "password": PASSWORD, "next": "/api/suppliers/"}

    page = client.post(path, body)

    assert (page.status_code, page.url) == (302, "/api/suppliers/")
    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.mark.django_db
@pytest.mark.parametrize("path", [ADMIN, BROWSER])
def test_forms_say_that_an_address_tried_too_often(client, account, settings, path):
    settings.SIGN_IN_ATTEMPTS_PER_ADDRESS = 1
    user = account(role="admin")
    client.post(path, {"username": "x", "password": "wrong"})

    page = client.post(path, {"username": user.username, "password": PASSWORD})

    assert "Too many attempts. Try again in" in page.content.decode()
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
@pytest.mark.parametrize("path", [ADMIN, BROWSER])
def test_forms_refuse_endless_passwords(client, account, path, checks):
    user = account(role="admin")

    page = client.post(path, {"username": user.username, "password": "x" * 10_000})

    assert page.status_code == 200
    assert "at most 1000 characters" in page.content.decode()
    assert checks == []


@pytest.mark.django_db
def test_a_right_password_begins_the_count_anew(account):
    user = account()
    for _ in range(4):
        try_to_sign_in(user.username)
    assert try_to_sign_in(user.username, PASSWORD).status_code == 200
    user.refresh_from_db()
    assert user.failed_login_attempts == 0

    for _ in range(4):
        try_to_sign_in(user.username)

    assert try_to_sign_in(user.username, PASSWORD).status_code == 200


@pytest.mark.django_db
def test_lock_ends_by_itself_a_quarter_of_an_hour_after_the_last_attempt(account):
    user = account()
    start = timezone.now()
    for minute in (0, 5, 10, 12, 14):
        with time_machine.travel(start + timedelta(minutes=minute), tick=False):
            try_to_sign_in(user.username)

    with time_machine.travel(start + timedelta(minutes=28), tick=False):
        user.refresh_from_db()
        assert user.locked_until == start + timedelta(minutes=29)
        assert list(User.objects.locked()) == [user]
        assert try_to_sign_in(user.username, PASSWORD).status_code == 401
    with time_machine.travel(start + timedelta(minutes=30), tick=False):
        assert not user.is_locked
        assert not User.objects.locked().exists()
        assert try_to_sign_in(user.username, PASSWORD).status_code == 200


@pytest.mark.django_db
def test_attempts_of_another_quarter_of_an_hour_do_not_count(account):
    user = account()
    for _ in range(4):
        try_to_sign_in(user.username)

    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        try_to_sign_in(user.username)

    user.refresh_from_db()
    assert user.failed_login_attempts == 1


@pytest.mark.django_db
def test_lock_leaves_running_sign_ins_alone(account, log_in, client_with):
    user = account()
    token = log_in(user)["access_token"]

    use_up(user)

    shown = client_with(token).get("/api/users/me/").json()
    assert (shown["account_locked"], shown["failed_login_attempts"]) == (True, 5)
    assert shown["locked_until"] is not None


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [{}, {"status": "pending"}, {"account_locked": True}, None])
def test_every_refusal_asks_the_database_alike(account, fields, django_assert_num_queries):
    """One statement finds, two count: also for names that nobody has."""
    name = "nobody" if fields is None else account(**fields).username

    with django_assert_num_queries(3):
        assert try_to_sign_in(name).status_code == 401


@pytest.mark.django_db
def test_signing_in_costs_the_address_nothing(account, settings):
    settings.SIGN_IN_ATTEMPTS_PER_ADDRESS = 2
    user = account()
    for _ in range(4):
        assert try_to_sign_in(user.username, PASSWORD).status_code == 200
    assert try_to_sign_in(user.username).status_code == 401
    assert try_to_sign_in(user.username).status_code == 401

    answer = try_to_sign_in(user.username, PASSWORD)

    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert 890 <= int(answer["Retry-After"]) <= 900
    elsewhere = try_to_sign_in(user.username, PASSWORD, REMOTE_ADDR="10.9.8.7")
    assert elsewhere.status_code == 200


@pytest.mark.django_db
def test_addresses_of_one_network_share_the_count(settings):
    settings.SIGN_IN_ATTEMPTS_PER_ADDRESS = 2

    def status(address):
        return try_to_sign_in("nobody", REMOTE_ADDR=address).status_code

    assert [status(f"2001:db8:1:1::{number}") for number in range(3)] == [401, 401, 429]
    assert status("2001:db8:1:2::1") == 401


@pytest.mark.django_db
def test_forwarded_addresses_are_believed_behind_a_proxy_alone(settings):
    settings.SIGN_IN_ATTEMPTS_PER_ADDRESS = 1

    def statuses():
        AttemptCount.objects.all().delete()
        hops = [f"1.1.1.1, 10.0.0.{number}" for number in range(2)]
        return [try_to_sign_in("x", HTTP_X_FORWARDED_FOR=hop).status_code for hop in hops]

    assert statuses() == [401, 429]
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    assert statuses() == [401, 401]


@pytest.mark.django_db
def test_headers_of_repeated_requests_undo_no_count(account):
    user = account()

    for _ in range(3):
        answer = try_to_sign_in(user.username, HTTP_IDEMPOTENCY_KEY="same", HTTP_IF_MATCH="1")
        assert answer.status_code == 401

    user.refresh_from_db()
    assert user.failed_login_attempts == 3


@pytest.mark.django_db
def test_owner_is_told_by_mail(account):
    user = account(first_name="Jane", timezone="Europe/Berlin")
    use_up(user)
    try_to_sign_in(user.username)

    deliver_due_messages()

    [message] = mail.outbox
    assert message.to == [user.email]
    assert message.subject == "Your InventoryPulse account is locked for a while"
    assert f"5 wrong passwords for your account {user.username}" in message.body
    assert "(Europe/Berlin)" in message.body


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["pending", "dismissed"])
def test_no_mail_about_accounts_that_are_not_in_use(account, status):
    use_up(account(status=status))

    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db
def test_asking_django_without_a_request_counts_on_the_account(account):
    user = account()
    for _ in range(5):
        assert authenticate(username=user.username, password="wrong") is None

    assert authenticate(username=user.username, password=PASSWORD) is None
    assert authenticate(username=None, password=PASSWORD) is None


@pytest.mark.django_db
def test_counts_that_are_over_are_deleted():
    try_to_sign_in("nobody")
    assert attempts.purge_attempt_counts() == 0

    assert attempts.purge_attempt_counts(now=timezone.now() + timedelta(minutes=16)) == 2


@pytest.mark.django_db
def test_counts_tell_no_names():
    try_to_sign_in("some.name")

    keys = list(AttemptCount.objects.values_list("key", flat=True))
    assert len(keys) == 2
    assert all(len(key) == 64 and "name" not in key for key in keys)
