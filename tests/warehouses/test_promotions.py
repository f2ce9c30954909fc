"""Asking that somebody becomes a manager, and deciding it."""

import pytest

from common.models import CompanySettings
from notifications.models import OutboxMessage
from tests.factories.users import UserFactory
from warehouses.models import PromotionRequest, StandingChange

pytestmark = pytest.mark.django_db
ASK, REQUESTS = "/api/managers/request-staff-promotion/", "/api/admin/promotion-requests/"


@pytest.fixture
def asked(api, place, member):
    """A manager asked that a colleague becomes one."""
    person = member("staff", username="climber")
    answer = api("manager", place).post(ASK, {"username": "climber", "reason": "Knows it all"})
    assert answer.status_code == 201, answer.json()
    return PromotionRequest.objects.select_related("user").get(user=person)


def test_a_request_tells_the_administrators(api, place, member):
    UserFactory(role="admin", username="root")
    person, client = member("staff", username="climber"), api("manager", place)

    body = client.post(ASK, {"code": person.code, "reason": "Knows it all"}).json()

    assert body["code"].startswith("PRM-")
    assert (body["username"], body["warehouse"], body["status"], body["reason"]) == (
        "climber", "WH-EAST", "pending", "Knows it all",
    )  # fmt: skip
    assert (body["current_role"], body["role"], body["requested_by"]) == (
        "staff", "manager", client.user.username,
    )  # fmt: skip
    message = OutboxMessage.objects.get()
    assert (message.topic, message.recipient.username) == ("people.promotion_requested", "root")


def test_one_request_a_person_is_open(api, place, asked):
    answer = api("manager", place).post(ASK, {"username": "climber"})

    assert (answer.status_code, answer.json()["code"]) == (409, "duplicate")
    assert PromotionRequest.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "status"), [("manager", "active"), ("admin", "active"), ("staff", "suspended")]
)
def test_only_active_people_below_a_manager_are_promoted(api, place, member, role, status):
    person = member(role, status=status)

    answer = api("manager", place).post(ASK, {"id": person.pk})

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert PromotionRequest.objects.count() == 0


def test_strangers_and_foreign_warehouses_are_refused(api, place, foreign, member):
    stranger, colleague = member("staff", foreign), member("staff", place)
    client = api("manager", place)

    unknown = client.post(ASK, {"username": stranger.username})
    elsewhere = client.post(ASK, {"username": colleague.username, "warehouse": "wh-west"})

    assert (unknown.status_code, list(unknown.json()["details"])) == (400, ["username"])
    assert (elsewhere.status_code, list(elsewhere.json()["details"])) == (400, ["warehouse"])
    assert PromotionRequest.objects.count() == 0


@pytest.mark.parametrize("body", [{"role": "admin"}, {"reason": "x" * 501}])
def test_bad_requests_name_their_field(api, place, member, body):
    person = member("staff")

    answer = api("manager", place).post(ASK, {"id": person.pk, **body})

    assert answer.status_code == 400
    assert list(answer.json()["details"]) in (["role"], ["note"])
    assert PromotionRequest.objects.count() == 0


@pytest.mark.parametrize("flat", [True, False])
def test_approval_makes_a_manager(api, asked, flat):
    admin = api("admin")
    body = {"decision": "approve", "note": "Well earned"}
    if flat:
        answer = admin.post(f"{REQUESTS}approve/", {**body, "code": asked.code})
    else:
        answer = admin.post(f"{REQUESTS}{asked.code}/approve/", body)

    assert answer.status_code == 200, answer.json()
    shown = answer.json()
    assert (shown["status"], shown["decided_by"], shown["note"], shown["current_role"]) == (
        "approved", admin.user.username, "Well earned", "manager",
    )  # fmt: skip
    asked.user.refresh_from_db()
    assert (asked.user.role, asked.user.warehouse_memberships.count()) == ("manager", 1)
    change = StandingChange.objects.get()
    assert (change.step, change.from_role, change.to_role) == ("promote", "staff", "manager")
    told = OutboxMessage.objects.filter(topic="people.standing_changed")
    assert {message.recipient for message in told} == {asked.user, asked.requested_by}


def test_rejection_leaves_the_person_as_they_are(api, asked):
    answer = api("admin").post(
        f"{REQUESTS}approve/", {"id": asked.pk, "decision": "reject", "note": "Next year"}
    )

    assert (answer.status_code, answer.json()["status"]) == (200, "rejected")
    asked.user.refresh_from_db()
    assert (asked.user.role, StandingChange.objects.count()) == ("staff", 0)
    told = OutboxMessage.objects.get(topic="people.promotion_rejected")
    assert told.recipient == asked.requested_by


def test_a_request_is_decided_once(api, asked):
    admin = api("admin")
    admin.post(f"{REQUESTS}{asked.code}/approve/", {"decision": "reject"})

    answer = admin.post(f"{REQUESTS}{asked.code}/approve/", {"decision": "approve"})

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    asked.user.refresh_from_db()
    assert asked.user.role == "staff"


@pytest.mark.parametrize(
    ("rule", "status", "role"), [(True, 403, "staff"), (False, 200, "manager")]
)
def test_nobody_decides_their_own_request_unless_the_company_says_so(
    api, place, member, rule, status, role
):
    CompanySettings.current()
    CompanySettings.objects.update(second_person_rule=rule)
    person, admin = member("staff"), api("admin")
    code = admin.post(ASK, {"id": person.pk}).json()["code"]

    answer = admin.post(f"{REQUESTS}{code}/approve/", {"decision": "approve"})

    person.refresh_from_db()
    assert (answer.status_code, person.role) == (status, role)


def test_a_promotion_of_somebody_suspended_meanwhile_is_refused(api, asked):
    asked.user.status = "suspended"
    asked.user.save()

    answer = api("admin").post(f"{REQUESTS}{asked.code}/approve/", {"decision": "approve"})

    assert answer.status_code == 409
    asked.refresh_from_db()
    assert asked.state == "pending"


@pytest.mark.parametrize("body", [{}, {"code": "PRM-999"}, {"code": "x\u0000"}, {"id": True}])
def test_flat_decisions_name_a_known_request(api, asked, body):
    answer = api("admin").post(
        f"{REQUESTS}approve/", {"decision": "approve", **body}, format="json"
    )

    assert answer.status_code == 400
    asked.refresh_from_db()
    assert asked.state == "pending"


@pytest.mark.parametrize("rows", [1, 3])
def test_list_takes_one_query(api, place, member, django_assert_num_queries, rows):
    manager, admin = api("manager", place), api("admin")
    for _ in range(rows):
        manager.post(ASK, {"id": member("staff").pk})

    with django_assert_num_queries(1):
        body = admin.get(f"{REQUESTS}?status=pending").json()

    assert len(body["promotion_requests"]) == body["pagination"]["total_items"] == rows


def test_managers_see_what_was_asked_for_in_their_warehouses(api, place, foreign, asked):
    own, other = api("manager", place), api("manager", foreign)
    path = f"{REQUESTS}{asked.code}/"

    seen = [row["code"] for row in own.get(REQUESTS).json()["promotion_requests"]]

    assert (seen, own.get(path).status_code) == ([asked.code], 200)
    assert other.get(REQUESTS).json()["promotion_requests"] == []
    assert other.get(path).status_code == 404
    assert own.post(f"{path}approve/", {"decision": "approve"}).status_code == 403
