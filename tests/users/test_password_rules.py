"""Which passwords are refused, and that one text is one password however it was typed."""

import pytest
from django.contrib.auth.hashers import make_password
from rest_framework.test import APIClient

from common.models import CompanySettings
from tests.factories.users import UserFactory
from users.models import User

pytestmark = pytest.mark.django_db
LOGIN = "/api/auth/login/"
COMPOSED, TAKEN_APART = "Stra\u00dfe caf\u00e9 \u212b 42", "Stra\u00dfe cafe\u0301 A\u030a 42"


def status_of(user, password):
    return APIClient().post(LOGIN, {"username": user.username, "password": password}).status_code


def new_user(api, password, **fields):
    body = {"username": "mary.smith", "email": "mary@example.com", "password": password, **fields}
    return api("admin").post("/api/users/", body)


def test_one_text_is_one_password_however_it_was_typed(api):
    assert new_user(api, COMPOSED).status_code == 201
    user = User.objects.get(username="mary.smith")

    assert [status_of(user, text) for text in (COMPOSED, TAKEN_APART)] == [200, 200]
    assert status_of(user, COMPOSED.upper()) == 401


def test_a_password_stored_as_it_was_typed_still_opens():
    user = UserFactory(password=make_password(TAKEN_APART))

    assert status_of(user, TAKEN_APART) == 200


@pytest.mark.parametrize(
    "password",
    [
        "InventoryPulse!",
        "inventory-pulse 2026",
        "hammer & Sons 1999",
        "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44",  # full-width "password"
        "qwertyuiop",
        "0123456789",
        "mary.smith1",
        "short 1",
        "x" * 10_000,
    ],
)
def test_passwords_that_others_guess_first_are_refused(api, password):
    CompanySettings.objects.create(pk=1, name="Hammer & Sons")

    answer = new_user(api, password)

    assert (answer.status_code, list(answer.json()["details"])) == (400, ["password"])
    assert not User.objects.filter(username="mary.smith").exists()


@pytest.mark.parametrize(
    "password", ["seven hammers and sons", "inventorypulse opens my day", "p" * 8 + "q" * 120]
)
def test_long_ones_may_hold_any_word(api, password):
    CompanySettings.objects.create(pk=1, name="Hammer & Sons")

    assert new_user(api, password).status_code == 201
