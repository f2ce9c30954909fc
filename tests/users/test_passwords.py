"""Choosing a new password: knowing the old one, or by a mailed link."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from rest_framework.test import APIClient

from notifications.models import OutboxMessage
from notifications.services import deliver_due_messages
from tests.threads import run_at_once
from tests.users.conftest import PASSWORD
from users.models import ApiToken, AttemptCount, PasswordReset, SignIn
from users.services.api_tokens import create_api_token
from users.services.links import link_token

CHANGE = "/api/auth/password/change/"
RESET, CONFIRM = "/api/auth/password/reset/", "/api/auth/password/reset/confirm/"
LOGIN, STATUS = "/api/auth/login/", "/api/auth/status/"
NEW = "quite another secret"


def mailed_token(email):
    """Ask for a link over HTTP, let it be mailed, and return what it holds."""
    assert APIClient().post(RESET, {"email": email}).status_code == 200
    deliver_due_messages()
    return re.search(r"\?token=(\S+)", mail.outbox[-1].body)[1]


def confirm(token, password=NEW):
    return APIClient().post(CONFIRM, {"token": token, "new_password": password})


def signs_in(user, password):
    body = {"username": user.username, "password": password}
    return APIClient().post(LOGIN, body).status_code == 200


@pytest.mark.django_db
def test_change_ends_the_other_sign_ins(account, log_in, client_with):
    user = account()
    here, elsewhere = log_in(user), log_in(user)

    answer = client_with(here["access_token"]).post(
        CHANGE, {"old_password": PASSWORD, "new_password": NEW}
    )

    assert answer.status_code == 200, answer.content
    assert client_with(here["access_token"]).get(STATUS).status_code == 200
    assert client_with(elsewhere["access_token"]).get(STATUS).status_code == 401
    assert (signs_in(user, PASSWORD), signs_in(user, NEW)) == (False, True)
    deliver_due_messages()
    assert "password was changed" in mail.outbox[-1].subject


@pytest.mark.django_db
def test_change_in_a_browser_keeps_its_session_and_ends_others(account, client):
    user = account(role="admin")
    other = type(client)()
    for browser in (client, other):
        browser.force_login(user)

    answer = client.post(CHANGE, {"old_password": PASSWORD, "new_password": NEW})

    assert answer.status_code == 200, answer.content
    assert client.get(STATUS).status_code == 200
    assert other.get(STATUS).status_code == 401
    [row] = SignIn.objects.in_force()
    assert row.session_key == client.session.session_key


@pytest.mark.django_db
def test_change_in_the_admin_site_keeps_its_session_and_ends_others(account, client):
    user = account(role="admin")
    other = type(client)()
    for browser in (client, other):
        browser.force_login(user)

    answer = client.post(
        "/admin/password_change/",
        {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW},
    )

    assert answer.status_code == 302
    assert client.get("/admin/").status_code == 200
    assert other.get("/admin/").status_code == 302
    [row] = SignIn.objects.in_force()
    assert row.session_key == client.session.session_key


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"old_password": "wrong", "new_password": NEW}, "old_password"),
        ({"old_password": PASSWORD, "new_password": "12345678"}, "new_password"),
        ({"old_password": PASSWORD, "new_password": "x" * 10_000}, "new_password"),
        ({"new_password": NEW}, "old_password"),
    ],
)
def test_refused_change_changes_nothing(account, log_in, client_with, body, field):
    user = account()
    here, elsewhere = log_in(user), log_in(user)

    answer = client_with(here["access_token"]).post(CHANGE, body)

    assert answer.status_code == 400
    assert set(answer.json()["details"]) == {field}
    assert client_with(elsewhere["access_token"]).get(STATUS).status_code == 200
    assert signs_in(user, PASSWORD)


@pytest.mark.django_db
def test_old_passwords_are_guessed_as_seldom_as_at_the_door(account, log_in, client_with):
    user = account()
    client = client_with(log_in(user)["access_token"])
    for _ in range(5):
        client.post(CHANGE, {"old_password": "wrong", "new_password": NEW})

    answer = client.post(CHANGE, {"old_password": PASSWORD, "new_password": NEW})

    assert answer.status_code == 400
    user.refresh_from_db()
    assert user.is_locked


@pytest.mark.django_db
def test_link_gives_a_new_password_ends_everything_and_unlocks(account, log_in, client_with):
    user = account()
    token = log_in(user)["access_token"]
    create_api_token(name="script", scopes=["all"], acting_user=user)
    for _ in range(5):
        signs_in(user, "wrong")

    answer = confirm(mailed_token(user.email.upper()))

    assert answer.status_code == 200, answer.content
    assert client_with(token).get(STATUS).status_code == 401
    assert not ApiToken.objects.in_force().exists()
    assert (signs_in(user, PASSWORD), signs_in(user, NEW)) == (False, True)


@pytest.mark.django_db
def test_link_is_good_once(account):
    token = mailed_token(account().email)
    assert confirm(token).status_code == 200

    answer = confirm(token, "a third long secret")

    assert (answer.status_code, answer.json()["code"]) == (400, "reset_link_invalid")


def confirm_at_once(token):
    """Use one link eight times at the same moment, each with a password of its own."""
    return run_at_once(
        *[
            lambda number=number: confirm(token, f"{NEW} {number}").status_code
            for number in range(8)
        ]
    )


@pytest.mark.django_db(transaction=True)
def test_of_eight_simultaneous_uses_of_a_link_one_wins(account):
    for _ in range(5):
        user = account()
        row = PasswordReset.objects.create(
            user=user, expires_at=timezone.now() + timedelta(hours=1)
        )
        token = link_token(row)

        AttemptCount.objects.all().delete()
        statuses = confirm_at_once(token)

        assert sorted(statuses) == [200] + [400] * 7
        assert signs_in(user, f"{NEW} {statuses.index(200)}")


@pytest.mark.django_db
def test_weak_password_leaves_the_link_good(account):
    token = mailed_token(account().email)

    answer = confirm(token, "12345678")

    assert (answer.status_code, set(answer.json()["details"])) == (400, {"new_password"})
    assert confirm(token).status_code == 200


@pytest.mark.django_db
def test_link_ends_after_an_hour(account):
    user = account()
    token = mailed_token(user.email)

    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert confirm(token).status_code == 400
    assert signs_in(user, PASSWORD)


@pytest.mark.django_db
def test_link_is_void_once_the_password_is_another_one(account):
    user = account()
    token = mailed_token(user.email)
    user.set_password(NEW)
    user.save()

    assert confirm(token).status_code == 400


@pytest.mark.django_db
def test_link_is_void_once_the_account_is_out_of_use(account):
    user = account()
    token = mailed_token(user.email)
    user.status = "dismissed"
    user.save()

    assert confirm(token).status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("forge", ["", "1-", "-", "1-" + "0" * 64, "x" * 200, "1-\u20ac", "9" * 60])
def test_forged_links_are_refused(account, forge):
    user = account()
    mailed_token(user.email)

    assert confirm(forge).status_code == 400
    assert signs_in(user, PASSWORD)


@pytest.mark.django_db
def test_link_of_one_account_opens_no_other(account):
    mine, yours = account(), account()
    token = mailed_token(mine.email)
    row = PasswordReset.objects.create(user=yours, expires_at=timezone.now() + timedelta(hours=1))

    assert confirm(f"{row.pk}-{token.partition('-')[2]}").status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [None, {"status": "pending"}, {"account_locked": True}])
def test_asking_tells_nothing_and_costs_the_same(account, fields, django_assert_num_queries):
    known = APIClient().post(RESET, {"email": account().email})
    email = "nobody@example.com" if fields is None else account(**fields).email

    with django_assert_num_queries(4):
        answer = APIClient().post(RESET, {"email": email})

    assert (answer.status_code, answer.content) == (200, known.content)
    deliver_due_messages()
    assert [message.to for message in mail.outbox if message.to == [email]] == []


@pytest.mark.django_db
def test_one_account_gets_three_mails_an_hour(account):
    user = account()
    for _ in range(5):
        APIClient().post(RESET, {"email": user.email})

    deliver_due_messages()

    assert len(mail.outbox) == 3


@pytest.mark.django_db
def test_one_address_asks_twenty_times_an_hour():
    statuses = [
        APIClient().post(RESET, {"email": f"{number}@example.com"}).status_code
        for number in range(22)
    ]

    assert statuses == [200] * 20 + [429] * 2
    assert APIClient(REMOTE_ADDR="10.1.1.1").post(RESET, {"email": "x"}).status_code == 200


@pytest.mark.django_db
def test_secret_of_a_link_stands_nowhere(account):
    token = mailed_token(account().email)
    secret = token.partition("-")[2]

    rows = [*OutboxMessage.objects.values(), *PasswordReset.objects.values()]
    assert secret not in str(rows)
    mailed = OutboxMessage.objects.get(topic="users.password_reset")
    assert mailed.status == "sent"
    assert mailed.body == "(not kept: it held a secret)"


@pytest.mark.django_db
def test_link_is_not_written_to_the_log_of_a_real_company(account, settings, capsys):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    settings.DEBUG = settings.DEMO = False
    APIClient().post(RESET, {"email": account().email})

    deliver_due_messages()

    assert "token=" not in capsys.readouterr().out
    assert OutboxMessage.objects.get(topic="users.password_reset").status == "closed"


@pytest.mark.django_db
def test_pages_lead_from_the_sign_in_to_a_new_password(account, client):
    user = account()
    assert "/account/password/forgotten/" in client.get("/admin/login/").content.decode()

    page = client.post("/account/password/forgotten/", {"email": user.email})
    assert "a link is on its way" in page.content.decode()
    deliver_due_messages()
    token = re.search(r"/account/password/\?token=(\S+)", mail.outbox[-1].body)[1]
    assert f'value="{token}"' in client.get("/account/password/", {"token": token}).content.decode()

    body = {"token": token, "new_password": NEW, "again": NEW}
    wrong = client.post("/account/password/", {**body, "again": "other"})
    assert "The two passwords differ." in wrong.content.decode()
    assert "Your password is changed" in client.post("/account/password/", body).content.decode()

    assert signs_in(user, NEW)
    again = client.post("/account/password/", body)
    assert "This link is used or expired" in again.content.decode()
