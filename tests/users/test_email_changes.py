"""A new e-mail address: asked for with the password, confirmed by a link mailed to it."""

import re
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from rest_framework.test import APIClient

from common.models import AuditEntry
from notifications.models import OutboxMessage
from notifications.services import deliver_due_messages
from tests.factories.users import UserFactory
from tests.threads import run_at_once
from tests.users.conftest import PASSWORD
from users.exceptions import InvalidEmailLink
from users.models import EmailChange, User
from users.services import email_changes, links
from users.services.api_tokens import create_api_token

CHANGE, CONFIRM = "/api/auth/email/change/", "/api/auth/email/confirm/"
NEW = "new@example.com"


@pytest.fixture
def owner(account):
    return account(username="jane", email="old@example.com")


def ask(user, **body):
    client = APIClient()
    client.force_authenticate(user)
    return client.post(CHANGE, {"new_email": NEW, "password": PASSWORD, **body})


def mailed_token():
    deliver_due_messages()
    return re.search(r"/account/email/\?token=(\S+)", mail.outbox[-1].body)[1]


def confirm(token):
    return APIClient().post(CONFIRM, {"token": token})


def address_of(user):
    return User.objects.get(pk=user.pk).email


@pytest.mark.django_db
def test_the_address_changes_when_the_new_one_confirms_it(owner):
    assert ask(owner).status_code == 200
    token = mailed_token()
    before = (address_of(owner), mail.outbox[-1].to)

    answer = confirm(token)

    assert before == ("old@example.com", [NEW])
    assert (answer.status_code, answer.json()["email"], address_of(owner)) == (200, NEW, NEW)
    deliver_due_messages()
    told = mail.outbox[-1]
    assert (told.to, NEW in told.body) == (["old@example.com"], False)
    assert "has another address" in told.subject
    assert confirm(token).status_code == 400
    entry = AuditEntry.objects.filter(object_type="user", action="changed").latest("pk")
    assert entry.changes == {"email": ["old@example.com", NEW]}
    assert (entry.door, entry.actor, entry.origin) == ("link", owner, "email-confirm")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"password": "wrong"}, "password"),
        ({"password": ""}, "password"),
        ({"new_email": "nowhere"}, "new_email"),
        ({"new_email": "x@example.com\r\nBcc: y@example.com"}, "new_email"),
        ({"new_email": "OLD@example.com"}, "new_email"),
    ],
)
def test_a_refused_wish_mails_nothing(owner, body, field):
    answer = ask(owner, **body)

    assert (answer.status_code, set(answer.json()["details"])) == (400, {field})
    assert (EmailChange.objects.count(), OutboxMessage.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_an_address_of_somebody_else_gets_the_same_answer_and_no_link(owner):
    UserFactory(email=NEW.upper())
    taken = ask(owner)
    free = ask(owner, new_email="free@example.com")

    assert (taken.status_code, taken.json()) == (free.status_code, free.json())
    deliver_due_messages()
    to_taken, to_free = mail.outbox
    assert (to_taken.to, "token=" in to_taken.body) == ([NEW], False)
    assert (to_free.to, "token=" in to_free.body) == (["free@example.com"], True)


@pytest.mark.django_db
def test_an_address_taken_meanwhile_is_refused_and_changes_nothing(owner):
    ask(owner)
    token = mailed_token()
    UserFactory(email=NEW)

    answer = confirm(token)

    assert (answer.status_code, set(answer.json()["details"])) == (409, {"email"})
    assert address_of(owner) == "old@example.com"
    assert EmailChange.objects.get().used_at is None


@pytest.mark.django_db
@pytest.mark.parametrize("what", ["password", "address", "status", "time", "key"])
def test_links_are_void_once_something_else_changed(owner, what, settings):
    ask(owner)
    token, now = mailed_token(), timezone.now()
    if what == "password":
        owner.set_password("quite another secret")
    elif what == "address":
        owner.email = "third@example.com"
    elif what == "status":
        owner.status = "suspended"
    elif what == "key":
        settings.SECRET_KEY = "x" * 60
    else:
        now += timedelta(days=1, minutes=1)
    owner.save()
    before = address_of(owner)

    with time_machine.travel(now):
        answer = confirm(token)

    assert (answer.status_code, answer.json()["code"]) == (400, "email_link_invalid")
    assert address_of(owner) == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    "token", ["", "1", "1-", "x-y", "99999999999999999999-0", "1-0\x00", "½-1"]
)
def test_invented_links_are_refused(owner, token):
    ask(owner)

    assert confirm(token).status_code == 400
    assert address_of(owner) == "old@example.com"


@pytest.mark.django_db
def test_a_pending_link_to_a_new_password_is_void_after_the_change(owner):
    APIClient().post("/api/auth/password/reset/", {"email": "old@example.com"})
    deliver_due_messages()
    reset = re.search(r"\?token=(\S+)", mail.outbox[-1].body)[1]
    ask(owner)
    confirm(mailed_token())

    answer = APIClient().post(
        "/api/auth/password/reset/confirm/",
        {"token": reset, "new_password": "quite another secret"},
    )

    assert (answer.status_code, answer.json()["code"]) == (400, "reset_link_invalid")
    assert User.objects.get(pk=owner.pk).check_password(PASSWORD)


@pytest.mark.django_db
def test_three_mails_an_hour(owner):
    assert [ask(owner).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert EmailChange.objects.count() == 3


@pytest.mark.django_db
def test_a_script_may_not_ask(owner):
    _, secret = create_api_token(name="script", scopes=["all"], acting_user=owner)

    answer = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}").post(
        CHANGE, {"new_email": NEW, "password": PASSWORD}
    )

    assert (answer.status_code, EmailChange.objects.count()) == (403, 0)


@pytest.mark.django_db
def test_a_changed_address_by_an_administrator_is_told_to_the_old_one(owner, api):
    api("admin").patch(f"/api/users/{owner.code}/", {"email": NEW}, format="json")

    deliver_due_messages()

    assert [message.to for message in mail.outbox] == [["old@example.com"]]


@pytest.mark.django_db
def test_the_page_changes_nothing_until_the_button_is_pressed(owner, client, settings):
    settings.SECURE_SSL_REDIRECT = False
    ask(owner)
    token = mailed_token()

    asked = client.get("/account/email/", {"token": token}).content.decode()
    before = address_of(owner)
    done = client.post("/account/email/", {"token": token}).content.decode()
    again = client.post("/account/email/", {"token": token}).content.decode()

    assert f"{NEW} will be the address of the account jane." in asked
    assert (before, address_of(owner)) == ("old@example.com", NEW)
    assert ("The address is changed" in done, "used or expired" in again) == (True, True)


def owner_unlocked(row, refusal):
    return row.user


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("is_locked", "changed"), [(True, 1), (False, 2)])
def test_of_two_links_followed_at_once_one_wins(account, monkeypatch, is_locked, changed):
    """Both are good when they are read. The control: without the account's lock both win."""
    owner = account(email="old@example.com")
    rows = [
        email_changes.ask_for_email_change(email=email, password=PASSWORD, acting_user=owner)
        for email in ("one@example.com", "two@example.com")
    ]
    both_read = Barrier(2)
    lock = links.lock_owner if is_locked else owner_unlocked

    def wait_and_lock(row, refusal):
        both_read.wait(timeout=30)
        return lock(row, refusal)

    monkeypatch.setattr(email_changes, "lock_owner", wait_and_lock)

    results = run_at_once(
        *[partial(email_changes.confirm_email_change, token=links.link_token(row)) for row in rows]
    )

    assert sum(isinstance(result, User) for result in results) == changed
    assert sum(isinstance(result, InvalidEmailLink) for result in results) == 2 - changed
    told = OutboxMessage.objects.filter(topic="users.address_changed").count()
    assert told == EmailChange.objects.exclude(used_at=None).count() == changed
