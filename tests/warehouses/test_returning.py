"""Coming back: after a dismissal, after having been turned away, and by registering again."""

import pytest
from rest_framework.test import APIClient

from notifications.models import Notification
from notifications.services import deliver_due_messages
from tests.factories.users import UserFactory
from tests.warehouses.registering import mails, register
from users.models import User
from users.services.api_tokens import create_api_token
from warehouses.models import Registration, StandingChange

pytestmark = pytest.mark.django_db


def reinstate(client, person, **body):
    return client.post(f"/api/staffs/{person.code}/reinstate/", body, format="json")


def places_of(person):
    return list(person.warehouse_memberships.values_list("warehouse__code", "is_default"))


def test_who_was_turned_away_gets_the_warehouse_asked_for(api, place, pending):
    person = pending()
    api("manager", place).post(f"/api/staffs/{person.code}/approve/", {"decision": "reject"})

    answer = reinstate(api("admin"), person, note="After all")

    assert answer.status_code == 200, answer.json()
    assert (answer.json()["status"], places_of(person)) == ("active", [("WH-EAST", True)])
    assert Registration.objects.get(user=person).state == "approved"


def test_another_role_and_warehouse_than_before(api, place, foreign, member):
    person = member("manager", status="dismissed")

    answer = reinstate(api("admin"), person, role="employee", warehouse="wh-west", note="Part time")

    assert answer.status_code == 200, answer.json()
    assert (answer.json()["role"], places_of(person)) == ("staff", [("WH-WEST", True)])
    change = StandingChange.objects.get()
    assert (change.from_role, change.to_role, change.note) == ("manager", "staff", "Part time")


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "warehouse"), ({"warehouse": "WH-NONE"}, "warehouse"), ({"role": "root"}, "role")],
)
def test_nobody_comes_back_to_nowhere(api, place, body, field):
    person = UserFactory(role="staff", status="inactive")

    answer = reinstate(api("admin"), person, **body)

    assert (answer.status_code, set(answer.json()["details"])) == (400, {field})
    person.refresh_from_db()
    assert (person.status, places_of(person), StandingChange.objects.count()) == ("inactive", [], 0)


def test_an_admin_comes_back_without_a_warehouse(api):
    person = UserFactory(role="admin", status="dismissed")

    assert reinstate(api("admin"), person).status_code == 200


@pytest.mark.parametrize("status", ["dismissed", "inactive"])
def test_registering_again_tells_the_administrators(mail_server, place, status):
    admin = UserFactory(role="admin")
    owner = UserFactory(username="olaf", email="new@example.com", role="staff", status=status)

    answer = register(username="olaf.again")

    assert (answer.status_code, answer.json()["status"]) == (201, "pending")
    assert mails("people.return_asked") == [admin.username]
    assert Notification.objects.get().title == "olaf registered again"
    deliver_due_messages()
    [to_admin] = [mail for mail in mail_server.mails if mail["To"] == admin.email]
    assert f"/admin/users/user/{owner.pk}/change/" in to_admin.get_body("plain").get_content()
    [to_owner] = [mail for mail in mail_server.mails if mail["To"] == owner.email]
    text = to_owner.get_body("plain").get_content()
    assert ("an administrator" in text, "Sign in" in text) == (True, False)


@pytest.mark.parametrize("status", ["active", "pending", "suspended"])
def test_registering_with_a_living_account_tells_its_owner_alone(place, status):
    UserFactory(role="admin")
    UserFactory(username="olaf", email="new@example.com", status=status)

    register(username="olaf.again")

    assert (mails("people.address_taken"), mails("people.return_asked")) == (["olaf"], [])


def test_refusals_name_roles_only_where_they_matter(api, place, member):
    person, client = member("staff"), api("admin")

    told = reinstate(client, person).json()["message"]
    other = client.post(
        "/api/admin/demote-manager/", {"username": person.username, "reason": "x"}
    ).json()["message"]

    assert told.endswith("reinstate needs the status dismissed or inactive.")
    assert other.endswith("and the role manager.")
    assert User.objects.get(pk=person.pk).role == "staff"


@pytest.mark.parametrize("step", ["approve", "reinstate"])
def test_a_script_lets_no_administrator_in(place, pending, member, step):
    admin = UserFactory(role="admin")
    _, secret = create_api_token(name="script", scopes=["all"], acting_user=admin)
    script = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
    person = pending() if step == "approve" else member("staff", status="dismissed")
    before = (person.role, person.status)

    answer = script.post(
        f"/api/staffs/{person.code}/{step}/", {"decision": "approve", "role": "admin"}
    )

    person.refresh_from_db()
    assert (answer.status_code, list(answer.json()["details"])) == (403, ["role"])
    assert (person.role, person.status) == before
