"""Who waits is let in or turned away, by whom and how."""

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from tests.factories.warehouses import MembershipFactory
from tests.warehouses.registering import BODY, mails, register
from users.models import User
from warehouses.models import StandingChange

pytestmark = pytest.mark.django_db
STAFFS = "/api/staffs/"


def test_a_manager_sees_who_waits_for_their_warehouse(api, place, foreign, pending):
    ours, theirs = pending(username="ours"), pending(warehouse=foreign, username="theirs")
    client = api("manager", place)

    body = client.get(f"{STAFFS}?status=pending").json()

    assert [row["username"] for row in body["staffs"]] == ["ours"]
    assert body["staffs"][0]["registration"] == {
        "role": "staff",
        "warehouse": "WH-EAST",
        "note": "",
        "state": "pending",
        "requested_at": body["staffs"][0]["registration"]["requested_at"],
    }
    assert client.get(f"{STAFFS}?asks_for=wh-east").json()["pagination"]["total_items"] == 1
    assert client.get(f"{STAFFS}{ours.code}/").status_code == 200
    assert client.get(f"{STAFFS}{theirs.code}/").status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_two_queries(api, place, pending, django_assert_num_queries, rows):
    client = api("admin", place)
    for _ in range(rows - 1):
        pending()

    with django_assert_num_queries(2):
        body = client.get(STAFFS).json()

    assert len(body["staffs"]) == rows


@pytest.mark.parametrize("key", ["id", "code", "user_id", "username", "user"])
def test_flat_approval_names_the_person_in_any_way(api, place, pending, key):
    person = pending()
    name = {"id": person.pk, "code": person.code, "user_id": person.code}.get(key, person.username)

    answer = api("manager", place).post(
        f"{STAFFS}approve/", {key: name, "decision": "approve"}, format="json"
    )

    assert answer.status_code == 200, answer.json()
    body = answer.json()
    assert (body["status"], body["role"], body["warehouse_access"]) == (
        "active", "staff", ["WH-EAST"],
    )  # fmt: skip
    assert (body["default_warehouse"], body["registration"]["state"]) == ("WH-EAST", "approved")
    assert body["message"] == f"{person.username} was let in"


def test_approval_gives_access_and_keeps_who_gave_it(api, place, pending):
    cache.clear()
    register()
    person = User.objects.get(username="newcomer")
    client = api("manager", place)

    answer = client.post(
        f"{STAFFS}{person.code}/approve/", {"decision": "Approved", "note": "Welcome"}
    )

    assert answer.status_code == 200
    signed_in = APIClient().post(
        "/api/auth/login/", {"username": "newcomer", "password": BODY["password"]}
    )
    assert signed_in.status_code == 200
    token = APIClient(HTTP_AUTHORIZATION=f"Bearer {signed_in.json()['access_token']}")
    assert token.get("/api/stocks/").status_code == 200
    person.refresh_from_db()
    assert list(person.groups.values_list("name", flat=True)) in (["staff"], [])
    change = StandingChange.objects.get()
    assert (change.step, change.acting_user, change.note) == ("approve", client.user, "Welcome")
    assert (change.from_status, change.to_status) == ("pending", "active")
    assert mails("people.standing_changed") == ["newcomer"]


def test_role_and_warehouse_may_be_corrected(api, place, foreign, pending):
    person = pending("staff")
    client = api("manager", place, foreign)

    answer = client.post(
        f"{STAFFS}{person.code}/approve/",
        {"decision": "approve", "role": "sales", "warehouse": "wh-west"},
    )

    assert (answer.json()["role"], answer.json()["warehouse_access"]) == ("sales", ["WH-WEST"])


@pytest.mark.parametrize("role", ["manager", "admin"])
def test_a_manager_makes_no_managers(api, place, pending, role):
    person = pending()

    answer = api("manager", place).post(
        f"{STAFFS}{person.code}/approve/", {"decision": "approve", "role": role}
    )

    assert (answer.status_code, list(answer.json()["details"])) == (403, ["role"])
    person.refresh_from_db()
    assert (person.status, person.role, StandingChange.objects.count()) == ("pending", "staff", 0)


def test_an_administrator_may(api, place, pending):
    person = pending()

    answer = api("admin").post(
        f"{STAFFS}{person.code}/approve/", {"decision": "approve", "role": "manager"}
    )

    assert (answer.status_code, answer.json()["role"]) == (200, "manager")


def test_a_manager_lets_nobody_into_a_foreign_warehouse(api, place, foreign, pending):
    person = pending()

    answer = api("manager", place).post(
        f"{STAFFS}{person.code}/approve/", {"decision": "approve", "warehouse": "wh-west"}
    )

    assert (answer.status_code, list(answer.json()["details"])) == (400, ["warehouse"])
    person.refresh_from_db()
    assert (person.status, person.warehouse_memberships.count()) == ("pending", 0)


def test_who_waits_elsewhere_is_as_good_as_absent(api, place, foreign, pending):
    person = pending(warehouse=foreign)
    client = api("manager", place)
    body = {"decision": "approve"}

    twin = client.post(f"{STAFFS}{person.code}/approve/", body)
    flat = client.post(f"{STAFFS}approve/", {**body, "code": person.code})
    absent = client.post(f"{STAFFS}approve/", {**body, "code": "USR9999"})

    assert (twin.status_code, flat.status_code, absent.status_code) == (404, 400, 400)
    assert list(flat.json()["details"]) == list(absent.json()["details"]) == ["code"]
    person.refresh_from_db()
    assert person.status == "pending"


def test_rejection_turns_away(api, place, pending):
    person = pending()

    answer = api("manager", place).post(
        f"{STAFFS}approve/",
        {"username": person.username, "decision": "reject", "reason": "Unknown here"},
    )

    assert (answer.status_code, answer.json()["status"]) == (200, "inactive")
    assert (answer.json()["registration"]["state"], person.warehouse_memberships.count()) == (
        "rejected", 0,
    )  # fmt: skip
    assert StandingChange.objects.get().note == "Unknown here"


@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_a_decision_is_made_once(api, place, pending, decision):
    person = pending()
    client = api("manager", place)
    path = f"{STAFFS}{person.code}/approve/"
    client.post(path, {"decision": "approve"})

    answer = client.post(path, {"decision": decision})

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert StandingChange.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "decision"),
        ({"decision": "perhaps"}, "decision"),
        ({"decision": "approve", "role": "king"}, "role"),
        ({"decision": "approve", "warehouse": "nowhere"}, "warehouse"),
        ({"decision": "approve", "note": "x" * 501}, "note"),
        ({"decision": "approve", "note": "x", "reason": "y"}, "reason"),
    ],
)
def test_a_bad_decision_names_its_field(api, place, pending, body, field):
    person = pending()

    answer = api("manager", place).post(f"{STAFFS}{person.code}/approve/", body)

    assert (answer.status_code, list(answer.json()["details"])) == (400, [field])
    person.refresh_from_db()
    assert person.status == "pending"


def test_flat_names_of_two_people_are_refused(api, place, pending):
    answer = api("manager", place).post(
        f"{STAFFS}approve/",
        {"id": pending().pk, "code": pending().code, "decision": "approve"},
    )

    assert (answer.status_code, sorted(answer.json()["details"])) == (400, ["code", "id"])
    assert StandingChange.objects.count() == 0


@pytest.mark.parametrize("status", ["pending", "dismissed"])
def test_nobody_makes_or_unmakes_a_pending_account_by_hand(api, place, pending, status):
    admin, person = api("admin"), pending()
    made = admin.post("/api/users/", {**BODY, "role": "staff", "status": status})
    let_in = admin.patch(f"/api/users/{person.code}/", {"status": "active"})
    deleted = admin.delete(f"/api/users/{person.code}/")
    colleague = MembershipFactory(warehouse=place).user
    dismissed = admin.patch(f"/api/users/{colleague.code}/", {"status": status})

    assert (made.status_code, list(made.json()["details"])) == (400, ["status"])
    assert (let_in.status_code, deleted.status_code, dismissed.status_code) == (409, 409, 409)
    person.refresh_from_db()
    colleague.refresh_from_db()
    assert (person.status, colleague.status) == ("pending", "active")
