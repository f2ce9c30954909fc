"""Registering: anybody may ask, nobody learns anything, and nothing opens."""

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from notifications.models import Notification, OutboxMessage
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.warehouses.registering import BODY, REGISTER, mails, register
from users.models import User
from warehouses.models import Registration

pytestmark = pytest.mark.django_db


def test_a_registration_waits_and_opens_nothing(place):
    answer = register()

    assert answer.status_code == 201
    assert answer.json() == {
        "message": "Registration received. You get a mail when it is decided.",
        "username": "newcomer",
        "email": "new@example.com",
        "role": "staff",
        "warehouse": "WH-EAST",
        "status": "pending",
    }
    user = User.objects.get()
    assert (user.status, user.role, user.first_name) == ("pending", "staff", "Nora")
    assert (user.check_password(BODY["password"]), user.password[:6]) == (True, "argon2")
    assert (user.registration.warehouse, user.registration.note) == (place, "Night shift")
    assert user.warehouse_memberships.count() == 0


@pytest.mark.parametrize("path", ["/api/auth/login/", "/api/token/"])
def test_who_waits_cannot_sign_in(place, path):
    cache.clear()
    register()

    answer = APIClient().post(path, {"username": "newcomer", "password": BODY["password"]})
    wrong = APIClient().post(path, {"username": "newcomer", "password": "something else"})

    assert (answer.status_code, answer.json()) == (401, wrong.json())
    assert User.objects.get().sign_ins.count() == 0


def test_who_waits_cannot_enter_the_admin_site(place, client, settings):
    settings.SECURE_SSL_REDIRECT = False
    register()

    client.post("/admin/login/", {"username": "newcomer", "password": BODY["password"]})

    assert "_auth_user_id" not in client.session


def test_without_role_and_warehouse_it_is_a_viewer_of_the_default_one(place):
    WarehouseFactory(code="A-FIRST")
    body = {name: BODY[name] for name in ("username", "email", "password")}

    answer = APIClient().post(REGISTER, body)

    assert (answer.json()["role"], answer.json()["warehouse"]) == ("viewer", "WH-EAST")


def test_managers_of_the_warehouse_and_the_person_are_told(place, foreign, member):
    member("manager", username="ours")
    member("manager", foreign, username="theirs")
    member("staff", username="clerk")
    UserFactory(role="admin", username="root")
    member("manager", username="quiet", notify_by_email=False)

    register()

    assert mails("people.registration_received") == ["newcomer"]
    assert mails("people.registration_waits") == ["ours"]
    told = Notification.objects.values_list("recipient__username", "reference")
    code = User.objects.get(username="newcomer").code
    assert sorted(told) == [("ours", code), ("quiet", code)]


def test_administrators_are_told_where_there_is_no_manager(place):
    UserFactory(role="admin", username="root")
    UserFactory(role="admin", username="gone", status="dismissed")

    register()

    assert mails("people.registration_waits") == ["root"]


def test_a_known_address_gets_the_same_answer_and_its_owner_a_mail(place):
    owner = UserFactory(username="owner", email="NEW@example.com")

    known, unknown = register(), register(username="other", email="other@example.com")

    assert known.status_code == unknown.status_code == 201
    assert known.json() | {"username": "", "email": ""} == unknown.json() | {
        "username": "", "email": "",
    }  # fmt: skip
    assert mails("people.address_taken") == ["owner"]
    assert set(User.objects.values_list("username", flat=True)) == {"owner", "other"}
    owner.refresh_from_db()
    assert owner.status == "active"


def test_asking_again_for_the_name_does_not_tell_that_the_address_is_known(place):
    UserFactory(email="new@example.com")
    register()
    register(username="second", email="second@example.com")

    after_known = register(email="third@example.com")
    after_unknown = register(username="SECOND", email="fourth@example.com")

    assert after_known.status_code == after_unknown.status_code == 409
    assert after_known.json() == after_unknown.json()
    assert not User.objects.filter(username="newcomer").exists()


def test_the_owner_of_an_address_gets_one_mail_a_day(place):
    UserFactory(email="new@example.com", username="owner")

    for number in range(3):
        register(username=f"newcomer{number}")

    assert mails("people.address_taken") == ["owner"]


@pytest.mark.parametrize(
    ("changes", "status", "field"),
    [
        ({"username": "taken"}, 409, "username"),
        ({"username": "TAKEN"}, 409, "username"),
        ({"username": "ＴＡＫＥＮ"}, 409, "username"),
        ({"username": "USR1"}, 400, "username"),
        ({"username": "USR①"}, 400, "username"),
        ({"username": "tаken"}, 400, "username"),  # a Cyrillic letter
        ({"username": "оса"}, 400, "username"),  # all of them Cyrillic
        ({"username": "a b"}, 400, "username"),
        ({"username": "a\u202eb"}, 400, "username"),
        ({"first_name": "No\u202era"}, 400, "first_name"),
        ({"first_name": "No\u200bra"}, 400, "first_name"),
        ({"last_name": "Smi\x07th"}, 400, "last_name"),
        ({"last_name": "Ѕmith"}, 400, "last_name"),
        ({"email": "nobody"}, 400, "email"),
        ({"email": "new@example.com\nBcc: a@b.c"}, 400, "email"),
        ({"password": "12345678"}, 400, "password"),
        ({"password": "newcomer"}, 400, "password"),
        ({"password": "x" * 10_000}, 400, "password"),
        ({"password": ["StrongPassword!123"]}, 400, "password"),
        ({"role": "admin"}, 400, "role"),
        ({"role": "manager"}, 400, "role"),
        ({"role": "sales"}, 400, "role"),
        ({"warehouse": "nowhere"}, 400, "warehouse"),
        ({"warehouse": "CLOSED"}, 400, "warehouse"),
        ({"warehouse": {"id": 1}}, 400, "warehouse"),
        ({"phone": "12"}, 400, "phone"),
    ],
)
def test_bad_input_names_its_field_and_makes_nothing(place, changes, status, field):
    UserFactory(username="taken")
    WarehouseFactory(code="CLOSED", is_active=False)

    answer = register(**changes)

    assert (answer.status_code, list(answer.json()["details"])) == (status, [field])
    assert (User.objects.count(), Registration.objects.count()) == (1, 0)
    assert OutboxMessage.objects.count() == 0


def test_status_and_rights_in_the_body_are_ignored(place):
    register(status="active", is_staff=True, is_superuser=True, warehouse_access=["WH-EAST"])

    user = User.objects.get()
    assert (user.status, user.role, user.warehouse_memberships.count()) == ("pending", "staff", 0)


def test_registrations_from_one_address_are_limited(place, settings):
    cache.clear()
    settings.REGISTRATIONS_PER_MINUTE = 2

    answers = [register(username=f"new{n}", email=f"n{n}@example.com") for n in range(3)]

    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert User.objects.count() == 2


def test_registrations_are_limited_while_the_cache_is_down(place, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "common.cache.CountingCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    settings.REGISTRATIONS_PER_MINUTE = settings.ANONYMOUS_REQUESTS_PER_MINUTE = 2

    answers = [register(username=f"new{n}", email=f"n{n}@example.com") for n in range(3)]

    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert 0 < int(answers[2]["Retry-After"]) <= 60
    assert User.objects.count() == 2
