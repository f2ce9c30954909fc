"""Dismissing, reinstating and demoting people."""

import pytest
from rest_framework.test import APIClient

from common.models import CompanySettings
from notifications.models import OutboxMessage
from tests.factories.inventory import VariationFactory
from tests.factories.sales import take_order
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory
from users.api.views import sign_in_answer
from users.models import User
from users.services.api_tokens import create_api_token
from users.services.sign_ins import sign_in
from warehouses.models import PromotionRequest, StandingChange

pytestmark = pytest.mark.django_db
STAFFS, DEMOTE = "/api/staffs/", "/api/admin/demote-manager/"


def dismiss(client, person, **body):
    return client.post(f"{STAFFS}{person.code}/dismiss/", body, format="json")


def test_dismissal_ends_access_at_once_tokens_included(api, place, member, client, settings):
    settings.SECURE_SSL_REDIRECT = False
    person = member("staff")
    person.set_password("correct horse battery")
    person.save()
    tokens = sign_in_answer(sign_in(name=person.username, password="correct horse battery"))
    bearer = APIClient(HTTP_AUTHORIZATION=f"Bearer {tokens['access_token']}")
    client.force_login(person)
    before = [bearer.get("/api/auth/status/").status_code, client.get("/admin/").status_code]

    answer = dismiss(api("manager", place), person, note="Left the company")

    assert (answer.status_code, answer.json()["status"]) == (200, "dismissed")
    refresh = APIClient().post("/api/auth/refresh/", {"refresh_token": tokens["refresh_token"]})
    after = [bearer.get("/api/auth/status/").status_code, client.get("/admin/").status_code]
    again = APIClient().post(
        "/api/auth/login/", {"username": person.username, "password": "correct horse battery"}
    )
    assert (before, after) == ([200, 200], [401, 302])
    assert (refresh.status_code, again.status_code) == (401, 401)
    change = StandingChange.objects.get()
    assert (change.step, change.note, change.to_status) == (
        "dismiss", "Left the company", "dismissed",
    )  # fmt: skip
    assert person.warehouse_memberships.count() == 1


def test_tokens_of_scripts_end_for_good(api, place, member):
    person = member("staff")
    _, secret = create_api_token(name="script", scopes=["all"], acting_user=person)
    script = APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}")
    before = script.get("/api/stocks/").status_code

    dismiss(api("manager", place), person)
    after = script.get("/api/stocks/").status_code
    api("admin").post(f"{STAFFS}{person.code}/reinstate/")

    assert (before, after, script.get("/api/stocks/").status_code) == (200, 401, 401)


def test_who_was_dismissed_is_no_member_of_the_warehouse_any_more(api, place, member):
    person, client = member("staff", username="gone"), api("manager", place)
    dismiss(client, person)

    shown = client.get(f"/api/warehouses/{place.code}/").json()

    assert [one["username"] for one in shown["members"]] == [client.user.username]


def test_flat_dismissal_names_the_person(api, place, member):
    person = member("viewer")

    answer = api("manager", place).post(f"{STAFFS}dismiss/", {"username": person.username})

    assert (answer.status_code, answer.json()["status"]) == (200, "dismissed")


def test_open_work_is_listed_for_reassignment(api, place, member):
    person = member("sales")
    order = take_order((VariationFactory(), 1), warehouse=place, acting_user=person)

    body = dismiss(api("manager", place), person).json()

    assert body["open_tasks"] == [
        {
            "kind": "sales_order",
            "code": order.order_number,
            "title": f"Pending order {order.order_number}",
            "warehouse": "WH-EAST",
            "taken_over_from": None,
        }
    ]


@pytest.mark.parametrize("role", ["manager", "admin"])
def test_a_manager_dismisses_no_manager_and_no_admin(api, place, member, role):
    person = member(role)

    answer = dismiss(api("manager", place), person)

    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    person.refresh_from_db()
    assert (person.status, StandingChange.objects.count()) == ("active", 0)


@pytest.mark.parametrize("role", ["manager", "admin"])
def test_nobody_dismisses_themselves(api, place, role):
    UserFactory(role="admin")
    client = api(role, place)

    answer = dismiss(client, client.user)

    assert answer.status_code == 403
    client.user.refresh_from_db()
    assert client.user.status == "active"


def test_the_setting_of_second_persons_lets_nobody_dismiss_themselves(api, place):
    CompanySettings.current()
    CompanySettings.objects.update(second_person_rule=False)
    client = api("admin", place)

    assert dismiss(client, client.user).status_code == 403


def test_who_works_elsewhere_too_is_for_administrators(api, place, foreign, member):
    person = member("staff", place, foreign)

    refused = dismiss(api("manager", place), person)
    person.refresh_from_db()
    status = person.status
    done = dismiss(api("admin"), person)

    assert (refused.status_code, status, done.status_code) == (403, "active", 200)


def test_strangers_are_absent(api, place, foreign, member):
    person = member("staff", foreign)
    client = api("manager", place)

    assert dismiss(client, person).status_code == 404
    assert client.post(f"{STAFFS}dismiss/", {"id": person.pk}).status_code == 400
    person.refresh_from_db()
    assert person.status == "active"


@pytest.mark.parametrize("status", ["pending", "dismissed"])
def test_only_who_works_here_is_dismissed(api, place, member, status):
    person = member("staff", status=status)

    answer = dismiss(api("manager", place), person)

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")


def test_dismissed_managers_hand_their_warehouse_over(api, place, member):
    person, next_one = member("manager"), member("manager")
    place.manager = person
    place.save()

    body = dismiss(api("admin"), person, successor=next_one.code).json()

    place.refresh_from_db()
    assert (place.manager, body["without_manager"]) == (next_one, [])


def test_without_successor_nobody_heads_the_warehouse(api, place, member):
    person = member("manager")
    place.manager = person
    place.save()

    body = dismiss(api("admin"), person).json()

    place.refresh_from_db()
    assert (place.manager, body["without_manager"]) == (None, ["WH-EAST"])


@pytest.mark.parametrize("role", ["staff", "manager"])
def test_a_successor_must_be_able_to_head_the_warehouse(api, place, foreign, member, role):
    person = member("manager")
    place.manager = person
    place.save()
    unable = member(role, foreign)

    answer = dismiss(api("admin"), person, successor=unable.code)

    assert (answer.status_code, list(answer.json()["details"])) == (400, ["successor"])
    person.refresh_from_db()
    place.refresh_from_db()
    assert (person.status, place.manager) == ("active", person)


def test_dismissal_withdraws_the_open_promotion_request(api, place, member):
    person, manager = member("staff"), api("manager", place)
    manager.post("/api/managers/request-staff-promotion/", {"username": person.username})

    dismiss(manager, person)

    assert PromotionRequest.objects.get().state == "withdrawn"


def test_an_administrator_reinstates_with_role_and_warehouses(api, place, member):
    person = member("staff")
    manager = api("manager", place)
    dismiss(manager, person)

    path = f"{STAFFS}{person.code}/reinstate/"
    refused, done = manager.post(path), api("admin").post(path, {"note": "Back again"})

    assert (refused.status_code, done.status_code) == (403, 200)
    assert (done.json()["status"], done.json()["role"], done.json()["warehouse_access"]) == (
        "active", "staff", ["WH-EAST"],
    )  # fmt: skip
    assert api("admin").post(path).status_code == 409


def test_demotion_makes_a_manager_one_of_the_staff(api, place, member):
    person = member("manager")
    place.manager = person
    place.save()

    answer = api("admin").post(DEMOTE, {"username": person.username, "reason": "Asked for it"})

    assert answer.status_code == 200, answer.json()
    body = answer.json()
    assert (body["role"], body["status"], body["warehouse_access"]) == (
        "staff", "active", ["WH-EAST"],
    )  # fmt: skip
    place.refresh_from_db()
    assert (place.manager, body["without_manager"]) == (None, ["WH-EAST"])
    assert StandingChange.objects.get().note == "Asked for it"
    told = OutboxMessage.objects.filter(topic="people.standing_changed")
    assert [message.recipient for message in told] == [person]


@pytest.mark.parametrize("role", ["staff", "sales", "viewer", "admin"])
def test_only_managers_are_demoted(api, place, member, role):
    person = member(role)

    answer = api("admin").post(DEMOTE, {"id": person.pk, "reason": "Why not"})

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert User.objects.get(pk=person.pk).role == role


def test_demotion_wants_a_reason(api, place, member):
    person = member("manager")

    answer = api("admin").post(DEMOTE, {"id": person.pk})

    assert (answer.status_code, list(answer.json()["details"])) == (400, ["note"])
    assert User.objects.get(pk=person.pk).role == "manager"


def test_a_role_taken_by_hand_takes_the_head_of_the_warehouse_too(api, place, member):
    person = member("manager")
    place.manager = person
    place.save()

    api("admin").patch(f"/api/users/{person.code}/", {"role": "staff"})

    place.refresh_from_db()
    assert place.manager is None


def test_history_of_standing_cannot_be_changed(place, member):
    from django.db import DatabaseError, transaction  # noqa: PLC0415 - beside the only use

    person = member("staff")
    change = StandingChange.objects.create(
        user=person, step="approve", from_status="pending", to_status="active",
        from_role="staff", to_role="staff", acting_user=person,
    )  # fmt: skip

    with pytest.raises(DatabaseError), transaction.atomic():
        StandingChange.objects.update(note="Forged")
    assert StandingChange.objects.get(pk=change.pk).note == ""


def test_other_members_keep_their_access(api, place, member):
    person, other = member("staff"), member("staff")
    dismiss(api("manager", place), person)

    other.refresh_from_db()
    assert (other.status, MembershipFactory._meta.model.objects.filter(user=other).count()) == (
        "active", 1,
    )  # fmt: skip
