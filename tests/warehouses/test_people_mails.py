"""What people read about how they come and go."""

import pytest

from notifications.models import OutboxMessage
from notifications.services import deliver_due_messages
from tests.factories.users import UserFactory
from users.models import User
from warehouses.models import Registration
from warehouses.services import (
    approve_promotion,
    approve_registration,
    demote_manager,
    dismiss_person,
    register_person,
    reinstate_person,
    reject_promotion,
    reject_registration,
    request_promotion,
)

pytestmark = pytest.mark.django_db
MARKUP = "<b>x</b>"


def texts(mail):
    return [mail.get_body(kind).get_content() for kind in ("plain", "html")]


def mail_to(server, user):
    found = [mail for mail in server.mails if mail["To"] == user.email]
    assert len(found) == 1, [mail["Subject"] for mail in found]
    return found[0]


def test_a_registration_is_mailed_with_its_facts_as_text(mail_server, place, member, settings):
    settings.PUBLIC_URL = "https://stock.example.com"
    manager = member("manager")
    asked = register_person(
        username="nora", password="StrongPassword!123", email="nora@example.com",
        warehouse=place, role=User.RoleChoice.STAFF, note=MARKUP, first_name="Nora & Co",
    )  # fmt: skip

    deliver_due_messages()

    mail = mail_to(mail_server, manager)
    plain, html = texts(mail)
    assert mail["Subject"] == "nora asks to be let in"
    assert f"https://stock.example.com/admin/users/user/{asked.user_id}/change/" in plain
    assert "Warehouse asked for: WH-EAST East & Co" in plain
    assert MARKUP in plain
    assert "&lt;b&gt;x&lt;/b&gt;" in html
    assert MARKUP not in html
    assert "Nora &amp; Co" in html
    assert mail_to(mail_server, asked.user)["Subject"] == "We have your registration"


def test_a_registration_that_was_decided_meanwhile_is_not_mailed(mail_server, place, member):
    manager = member("manager")
    asked = register_person(
        username="nora", password="StrongPassword!123", email="nora@example.com",
        warehouse=place, role=User.RoleChoice.STAFF,
    )  # fmt: skip
    reject_registration(user=asked.user, acting_user=manager)

    deliver_due_messages()

    closed = OutboxMessage.objects.filter(status="closed")
    assert set(closed.values_list("topic", flat=True)) == {
        "people.registration_received", "people.registration_waits",
    }  # fmt: skip
    assert [mail["Subject"] for mail in mail_server.mails] == ["Your registration was turned down"]


def test_the_owner_of_an_address_learns_their_user_name(mail_server, place):
    owner = UserFactory(username="owner", email="nora@example.com")
    register_person(
        username="nora", password="StrongPassword!123", email="Nora@Example.com",
        warehouse=place, role=User.RoleChoice.STAFF,
    )  # fmt: skip

    deliver_due_messages()

    mail = mail_to(mail_server, owner)
    assert mail["Subject"] == "Somebody registered with your address"
    assert "Your user name: owner" in texts(mail)[0]
    assert Registration.objects.get().user is None


def approve(person, manager, admin):
    approve_registration(user=person, note=MARKUP, acting_user=manager)


def reject(person, manager, admin):
    reject_registration(user=person, note=MARKUP, acting_user=manager)


def dismiss(person, manager, admin):
    dismiss_person(user=person, note=MARKUP, acting_user=admin)


def reinstate(person, manager, admin):
    reinstate_person(user=person, note=MARKUP, acting_user=admin)


def demote(person, manager, admin):
    demote_manager(user=person, note=MARKUP, acting_user=admin)


@pytest.mark.parametrize(
    ("step", "status", "role", "subject"),
    [
        (approve, "pending", "staff", "Your account is open"),
        (reject, "pending", "staff", "Your registration was turned down"),
        (dismiss, "active", "staff", "Your access has ended"),
        (reinstate, "dismissed", "staff", "Your account is open again"),
        (demote, "active", "manager", "Your role has changed"),
    ],
)
def test_the_person_hears_of_each_step(
    mail_server, place, member, pending, step, status, role, subject
):
    manager, admin = member("manager"), UserFactory(role="admin")
    person = pending() if status == "pending" else member(role, status=status)

    step(person, manager, admin)
    deliver_due_messages()

    mail = mail_to(mail_server, person)
    plain, html = texts(mail)
    assert mail["Subject"] == subject
    assert f"Note: {MARKUP}" in plain
    assert ("&lt;b&gt;x&lt;/b&gt;" in html, MARKUP in html) == (True, False)


def test_the_other_managers_hear_of_a_dismissal(mail_server, place, member):
    acting, other = member("manager"), member("manager")
    person = member("staff", username="gone")

    dismiss_person(user=person, acting_user=acting)
    deliver_due_messages()

    assert mail_server.addresses == sorted([other.email, person.email])
    assert mail_to(mail_server, other)["Subject"] == "gone has no access any more"


def test_both_sides_hear_of_a_promotion(mail_server, place, member):
    manager, admin, person = member("manager"), UserFactory(role="admin"), member("staff")
    request = request_promotion(user=person, reason=MARKUP, acting_user=manager)
    deliver_due_messages()
    asked = mail_to(mail_server, admin)
    approve_promotion(request=request, acting_user=admin)
    deliver_due_messages()

    assert asked["Subject"] == f"Shall {person.username} become a manager?"
    assert MARKUP not in texts(asked)[1]
    assert mail_to(mail_server, person)["Subject"] == "You are a manager now"
    assert mail_to(mail_server, manager)["Subject"] == f"{person.username} is a manager now"


def test_who_asked_hears_of_a_rejected_promotion(mail_server, place, member):
    manager, admin, person = member("manager"), UserFactory(role="admin"), member("staff")
    request = request_promotion(user=person, acting_user=manager)
    reject_promotion(request=request, note="Next year", acting_user=admin)

    deliver_due_messages()

    assert mail_server.addresses == [manager.email]
    assert "Note: Next year" in texts(mail_server.mails[0])[0]
