"""Accounts whose owners choose the first password themselves, by a mailed link."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from common.models import AuditEntry
from notifications.models import OutboxMessage
from notifications.services import deliver_due_messages
from tests.factories.warehouses import WarehouseFactory
from users.models import PasswordReset, User

pytestmark = pytest.mark.django_db
USERS, CONFIRM, LOGIN = "/api/users/", "/api/auth/password/reset/confirm/", "/api/auth/login/"
NEW = "correct horse battery"
BODY = {"username": "nora", "email": "nora@example.com", "role": "staff", "invite": True}


@pytest.fixture
def place():
    return WarehouseFactory(code="WH-EAST", name="East & Co")


@pytest.fixture
def invited(api, place):
    """An administrator invited somebody; returns the administrator's client."""
    client = api("admin")
    answer = client.post(USERS, {**BODY, "warehouse_access": ["WH-EAST"]}, format="json")
    assert answer.status_code == 201, answer.json()
    return client


def nora():
    return User.objects.get(username="nora")


def mailed():
    deliver_due_messages()
    return mail.outbox[-1]


def token_in(message):
    return re.search(r"/account/password/\?token=(\S+)", message.body)[1]


def choose(token):
    return APIClient().post(CONFIRM, {"token": token, "new_password": NEW})


def signs_in():
    body = {"username": "nora", "password": NEW}
    return APIClient().post(LOGIN, body).status_code == 200


@pytest.mark.parametrize("signed_in_as", [None, "admin"])
def test_the_audit_names_whom_the_link_belongs_to(invited, signed_in_as):
    """Whoever is signed in there; the control is what they write next in the same browser."""
    browser = Client()
    if signed_in_as:
        browser.force_login(invited.user)
    words = {"token": token_in(mailed()), "new_password": NEW}

    answer = browser.post(CONFIRM, words, content_type="application/json")
    assert answer.status_code == 200, answer.json()
    entry = AuditEntry.objects.filter(object_type="user", object_code=nora().code).latest("pk")
    assert (entry.door, entry.actor, sorted(entry.changes)) == ("link", nora(), ["password"])
    if signed_in_as:
        invited.patch(f"{USERS}{nora().code}/", {"phone": "+49 30 1234"}, format="json")
        entry = AuditEntry.objects.filter(object_type="user", object_code=nora().code).latest("pk")
        assert (entry.door, entry.actor) == ("api", invited.user)


def test_an_invitation_says_who_asks_in_where_and_leads_to_a_password(invited, settings):
    settings.PUBLIC_URL = "https://stock.example.com"
    User.objects.filter(username="nora").update(timezone="Asia/Tokyo")

    message = mailed()

    assert (message.subject, message.to) == (
        "You are invited to InventoryPulse", ["nora@example.com"],
    )  # fmt: skip
    for fact in (
        f"Invited by: {invited.user.username}", "Your user name: nora", "Role: Staff",
        "Where you work: East & Co", "(Asia/Tokyo)",
        "https://stock.example.com/account/password/?token=",
    ):  # fmt: skip
        assert fact in message.body
    assert "East &amp; Co" in message.alternatives[0][0]
    assert OutboxMessage.objects.get(topic="users.invitation").body == (
        "(not kept: it held a secret)"
    )
    before = signs_in()
    answer = choose(token_in(message))
    assert (before, answer.status_code, signs_in()) == (False, 200, True)
    assert nora().warehouse_memberships.get().is_default
    deliver_due_messages()
    assert len(mail.outbox) == 1  # nobody is told that a password was changed


def test_the_account_shows_the_invitation_until_it_is_followed(invited):
    row = PasswordReset.objects.get()
    shown = invited.get(f"{USERS}nora/").json()["invitation"]
    listed = invited.get(f"{USERS}?invited=true").json()["users"]

    assert shown == {
        "sent_at": row.created_at.isoformat().replace("+00:00", "Z"),
        "expires_at": row.expires_at.isoformat().replace("+00:00", "Z"),
    }
    assert row.expires_at - row.created_at >= timedelta(days=7) - timedelta(seconds=5)
    assert [one["username"] for one in listed] == ["nora"]
    choose(token_in(mailed()))
    assert invited.get(f"{USERS}nora/").json()["invitation"] is None
    assert invited.get(f"{USERS}?invited=true").json()["users"] == []
    others = invited.get(f"{USERS}?invited=false").json()["users"]
    assert "nora" in {one["username"] for one in others}


@pytest.mark.parametrize(
    "body",
    [
        {"invite": False},
        {"invite": True, "password": NEW},
        {"password": ""},
    ],
)
def test_a_new_account_has_a_password_or_an_invitation(api, body):
    answer = api("admin").post(USERS, {**BODY, "invite": False, **body}, format="json")

    assert (answer.status_code, set(answer.json()["details"])) == (400, {"password"})
    assert not User.objects.filter(username="nora").exists()
    assert OutboxMessage.objects.count() == 0


def test_who_shall_be_suspended_is_not_invited(api):
    answer = api("admin").post(USERS, {**BODY, "status": "suspended"}, format="json")

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert not User.objects.filter(username="nora").exists()


def test_invite_is_for_new_accounts(invited):
    answer = invited.patch(f"{USERS}nora/", {"invite": True}, format="json")

    assert (answer.status_code, set(answer.json()["details"])) == (400, {"invite"})


def test_a_new_invitation_ends_the_one_before(invited):
    first = token_in(mailed())

    answer = invited.post(f"{USERS}nora/invite/")

    assert (answer.status_code, answer.json()["message"]) == (200, "Invitation sent")
    second = token_in(mailed())
    assert (choose(first).status_code, choose(second).status_code) == (400, 200)
    assert (choose(second).status_code, signs_in()) == (400, True)


def test_another_address_ends_the_invitation_and_a_new_one_goes_there(invited):
    first = token_in(mailed())

    invited.patch(f"{USERS}nora/", {"email": "right@example.com"}, format="json")
    invited.post(f"{USERS}nora/invite/")

    message = mailed()
    assert (message.to, len(mail.outbox)) == (["right@example.com"], 2)
    assert (choose(first).status_code, choose(token_in(message)).status_code) == (400, 200)


def test_three_mails_an_hour_go_to_one_account(invited):
    again = [invited.post(f"{USERS}nora/invite/").status_code for _ in range(3)]

    assert again == [200, 200, 429]
    assert OutboxMessage.objects.filter(topic="users.invitation").count() == 3


@pytest.mark.parametrize("state", ["has a password", "dismissed"])
def test_who_needs_no_invitation_gets_none(invited, state):
    person = nora()
    if state == "dismissed":
        invited.post(f"/api/staffs/{person.code}/dismiss/")
    else:
        choose(token_in(mailed()))

    answer = invited.post(f"{USERS}nora/invite/")

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert PasswordReset.objects.count() == 1


def test_an_invitation_ends_after_a_week_and_can_be_sent_anew(invited):
    token = token_in(mailed())

    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        assert choose(token).status_code == 400
        assert User.objects.invited().get().username == "nora"
        invited.post(f"{USERS}nora/invite/")
        assert choose(token_in(mailed())).status_code == 200


def test_the_page_of_a_link_greets_and_says_when_it_is_over(invited, client, settings):
    settings.SECURE_SSL_REDIRECT = False
    token = token_in(mailed())

    greeting = client.get("/account/password/", {"token": token}).content.decode()
    client.post("/account/password/", {"token": token, "new_password": NEW, "again": NEW})
    over = client.get("/account/password/", {"token": token}).content.decode()

    assert "Welcome! Your user name is nora." in greeting
    assert ("used or expired" in over, "Ask for a new link" in over, "nora" in over) == (
        True, True, False,
    )  # fmt: skip
    assert signs_in()
