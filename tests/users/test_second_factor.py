"""Codes of an authenticator app beside the password."""

import re
import time
from base64 import b32decode
from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.utils import timezone
from django_otp.oath import hotp
from rest_framework.test import APIClient

from tests.threads import run_at_once
from tests.users.conftest import PASSWORD
from users.models import RecoveryCode, SecondFactor, SignIn
from users.services.second_factors import begin_second_factor, confirm_second_factor, secret_of

TOTP, CONFIRM, DISABLE = "/api/auth/totp/", "/api/auth/totp/confirm/", "/api/auth/totp/disable/"
LOGIN = "/api/auth/login/"


def code_of(secret, steps=0):
    return f"{hotp(b32decode(secret), int(time.time()) // 30 + steps):06}"


def sign_in(user, **fields):
    body = {"username": user.username, "password": PASSWORD, **fields}
    return APIClient().post(LOGIN, body)


@pytest.fixture
def protected(account):
    """Return a function that makes an account with a second factor, and its secrets."""

    def make(**fields):
        user = account(**fields)
        factor = begin_second_factor(acting_user=user)
        recovery = confirm_second_factor(code=code_of(secret_of(factor), -1), acting_user=user)
        return user, secret_of(factor), recovery

    return make


@pytest.mark.django_db
def test_setting_up_and_signing_in(account, log_in, client_with):
    user = account()
    client = client_with(log_in(user)["access_token"])
    assert client.get(TOTP).json() == {"is_enabled": False, "recovery_codes_left": 0}

    made = client.post(TOTP, {"password": PASSWORD})

    assert made.status_code == 201
    secret = made.json()["secret"]
    assert made.json()["otpauth_uri"].startswith(f"otpauth://totp/InventoryPulse%3A{user.username}")
    assert made.json()["qr_svg"].startswith("<svg")
    assert sign_in(user).status_code == 200  # not yet confirmed
    answer = client.post(CONFIRM, {"code": code_of(secret)})
    assert (answer.status_code, len(answer.json()["recovery_codes"])) == (200, 10)
    assert all(
        re.fullmatch(r"([a-z2-7]{6}-){3}[a-z2-7]{6}", code)
        for code in answer.json()["recovery_codes"]
    )
    assert client.get(TOTP).json() == {"is_enabled": True, "recovery_codes_left": 10}
    refused = sign_in(user)
    assert (refused.status_code, refused.json()["code"]) == (401, "otp_required")
    assert sign_in(user, otp=code_of(secret, 1)).status_code == 200


@pytest.mark.django_db
def test_code_is_asked_for_after_the_right_password_alone(protected):
    user, _, _ = protected()

    answer = sign_in(user, password="wrong")

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")


@pytest.mark.django_db
def test_code_works_once(protected):
    user, secret, _ = protected()
    code = code_of(secret)
    assert sign_in(user, otp=code).status_code == 200

    answer = sign_in(user, otp=code)

    assert (answer.status_code, answer.json()["code"]) == (401, "otp_invalid")


@pytest.mark.django_db(transaction=True)
def test_of_four_simultaneous_uses_of_a_code_one_wins(protected):
    user, secret, recovery = protected()
    for code in (code_of(secret), recovery[0]):
        statuses = run_at_once(*[lambda code=code: sign_in(user, otp=code).status_code] * 4)

        assert sorted(statuses) == [200, 401, 401, 401]


@pytest.mark.django_db
def test_wrong_codes_lock_the_account_as_wrong_passwords_do(protected):
    user, secret, _ = protected()
    for _ in range(5):
        assert sign_in(user, otp="000000").json()["code"] == "otp_invalid"
        sign_in(user)  # asks for a code, and counts for nothing

    answer = sign_in(user, otp=code_of(secret))

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_credentials")
    user.refresh_from_db()
    assert user.is_locked


@pytest.mark.django_db
def test_asking_for_the_code_costs_no_attempt(protected):
    user, secret, _ = protected()
    for _ in range(8):
        assert sign_in(user).json()["code"] == "otp_required"

    assert sign_in(user, otp=code_of(secret)).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(("minutes", "status"), [(-1.6, 401), (1.6, 401)])
def test_codes_of_other_minutes_are_refused(protected, minutes, status):
    user, secret, _ = protected()
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        code = code_of(secret)

    assert sign_in(user, otp=code).status_code == status


@pytest.mark.django_db
def test_recovery_code_opens_once_and_is_stored_as_a_hash(protected):
    user, _, recovery = protected()
    assert not RecoveryCode.objects.filter(code_hash__in=recovery).exists()

    assert sign_in(user, otp=recovery[3].upper()).status_code == 200

    assert sign_in(user, otp=recovery[3]).status_code == 401
    assert RecoveryCode.objects.filter(used_at=None).count() == 9


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "12 34 5x"])
def test_malformed_codes_open_nothing(protected, code):
    user, _, _ = protected()

    assert sign_in(user, otp=code).status_code == 401
    assert not SignIn.objects.exists()


@pytest.mark.django_db
def test_turning_off_needs_the_password(protected, log_in, client_with):
    user, _, _ = protected()
    client = client_with(log_in(user)["access_token"])

    refused = client.post(DISABLE, {"password": "wrong"})
    assert (refused.status_code, set(refused.json()["details"])) == (400, {"password"})
    assert SecondFactor.objects.exists()

    assert client.post(DISABLE, {"password": PASSWORD}).status_code == 200
    assert sign_in(user).status_code == 200


@pytest.mark.django_db
def test_another_is_not_set_up_beside_it(protected, log_in, client_with):
    user, secret, _ = protected()
    client = client_with(log_in(user)["access_token"])

    assert client.post(TOTP, {"password": PASSWORD}).status_code == 409

    assert secret_of(SecondFactor.objects.get()) == secret


@pytest.mark.django_db
def test_wrong_confirmation_turns_nothing_on(account, log_in, client_with):
    user = account()
    client = client_with(log_in(user)["access_token"])
    client.post(TOTP, {"password": PASSWORD})

    answer = client.post(CONFIRM, {"code": "000000"})

    assert (answer.status_code, set(answer.json()["details"])) == (400, {"code"})
    assert sign_in(user).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/admin/login/", "/api/session/login/"])
def test_forms_ask_for_the_code(protected, client, path):
    user, secret, _ = protected(role="admin")
    body = {"username": user.username, "password": PASSWORD, "next": "/admin/"}
    assert 'name="otp"' in client.get(path).content.decode()

    page = client.post(path, body)
    assert "authenticator app, or a recovery code" in page.content.decode()
    assert "_auth_user_id" not in client.session

    assert client.post(path, {**body, "otp": code_of(secret)}).status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)


@pytest.mark.django_db
def test_admin_takes_a_lost_factor_back(protected, account, client):
    user, _, _ = protected()
    client.force_login(account(role="admin"))

    client.post(f"/admin/users/user/{user.pk}/take_back_factor/")

    assert sign_in(user).status_code == 200


@pytest.mark.django_db
def test_secret_is_sealed_in_the_database(protected):
    _, secret, _ = protected()

    stored = SecondFactor.objects.values_list("secret", flat=True).get()

    assert secret not in stored
    assert stored.startswith("gAAAA")


@pytest.mark.django_db
def test_after_a_lost_key_a_recovery_code_still_opens(protected, settings, caplog):
    user, secret, recovery = protected()
    settings.SECRET_KEY = "another key " * 5

    refused = sign_in(user, otp=code_of(secret))

    assert (refused.status_code, refused.json()["code"]) == (401, "otp_invalid")
    assert "another SECRET_KEY" in caplog.text
    assert sign_in(user, otp=recovery[0]).status_code == 200


@pytest.mark.django_db
def test_stored_plain_secrets_are_sealed_by_the_migration(account):
    plain = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    factor = SecondFactor.objects.create(user=account(), secret=plain)
    migration = import_module("users.migrations.0007_sealed_secrets")

    migration.seal_secrets(apps, None)

    factor.refresh_from_db()
    assert secret_of(factor) == plain
    migration.open_secrets(apps, None)
    factor.refresh_from_db()
    assert factor.secret == plain
