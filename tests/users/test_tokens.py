"""Bearer and refresh tokens that are not what they should be, and refresh under races."""

from datetime import timedelta

import jwt
import pytest
import time_machine
from django.conf import settings
from django.utils import timezone
from rest_framework.test import APIClient

from tests.threads import run_at_once
from users.models import SignIn, User
from users.services import sign_ins

STATUS, REFRESH, PLAIN = "/api/auth/status/", "/api/auth/refresh/", "/api/token/refresh/"
KEY = settings.SIMPLE_JWT["SIGNING_KEY"]


def claims(token):
    return jwt.decode(token, options={"verify_signature": False})


def altered(token, key=KEY, algorithm="HS256", **changes):
    return jwt.encode({**claims(token), **changes}, key, algorithm=algorithm)


FORGERIES = {
    "rubbish": lambda token: "rubbish",
    "two dots": lambda token: "..",
    "latin-1": lambda token: "\xe4\xf6\xfc",
    "cut": lambda token: token[:-3],
    "other key": lambda token: altered(token, key="k" * 64),
    "alg none": lambda token: altered(token, key=None, algorithm="none"),
    "expired": lambda token: altered(token, exp=1_000_000_000),
    "no expiry": lambda token: jwt.encode({"user_id": "1"}, KEY, algorithm="HS256"),
    "odd expiry": lambda token: altered(token, exp="soon"),
    "endless": lambda token: altered(token, exp=10**30),
    "no sign-in": lambda token: altered(token, sid=None),
    "foreign sign-in": lambda token: altered(token, sid=10**30),
    "sign-in as object": lambda token: altered(token, sid={"a": 1}),
    "type": lambda token: altered(token, token_type="other"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_forged_access_token_is_refused(log_in, client_with, forge):
    token = log_in()["access_token"]

    answer = client_with(forge(token)).get(STATUS)

    assert answer.status_code == 401
    assert answer.json()["error"] == "Token invalid or expired"
    assert client_with(token).get(STATUS).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("path", [REFRESH, PLAIN])
@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_forged_refresh_token_is_refused(log_in, forge, path):
    token = log_in()["refresh_token"]

    answer = APIClient().post(path, {"refresh": forge(token)})

    assert answer.status_code == 401
    assert answer.json()["error"] == "Token invalid or expired"
    assert SignIn.objects.get().revoked_at is None


@pytest.mark.django_db
def test_tokens_do_not_stand_in_for_each_other(log_in, client_with):
    signed_in = log_in()

    assert client_with(signed_in["refresh_token"]).get(STATUS).status_code == 401
    body = {"refresh_token": signed_in["access_token"]}
    assert APIClient().post(REFRESH, body).status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer \xff\xfe"])
def test_malformed_header_is_refused(header):
    assert APIClient(HTTP_AUTHORIZATION=header).get(STATUS).status_code == 401


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [{"status": "dismissed"}, {"status": "inactive"}, {"status": "pending"}]
    + [{"account_locked": True}],
)
def test_tokens_of_somebody_who_left_are_refused(account, log_in, client_with, change):
    user = account()
    signed_in = log_in(user)
    User.objects.filter(pk=user.pk).update(**change)

    assert client_with(signed_in["access_token"]).get(STATUS).status_code == 401
    for path in (REFRESH, PLAIN):
        answer = APIClient().post(path, {"refresh_token": signed_in["refresh_token"]})
        assert answer.status_code == 401


@pytest.mark.django_db
def test_tokens_of_a_deleted_account_are_refused(account, log_in, client_with):
    user = account()
    signed_in = log_in(user)
    user.delete()

    assert client_with(signed_in["access_token"]).get(STATUS).status_code == 401
    body = {"refresh_token": signed_in["refresh_token"]}
    assert APIClient().post(REFRESH, body).status_code == 401


@pytest.mark.django_db
def test_authentication_takes_one_query(log_in, client_with, django_assert_num_queries):
    token = log_in()["access_token"]

    with django_assert_num_queries(1):
        assert client_with(token).get(STATUS).status_code == 200


@pytest.mark.django_db
def test_access_token_expires_after_an_hour(log_in, client_with):
    token = log_in()["access_token"]

    with time_machine.travel(timezone.now() + timedelta(minutes=59), tick=False):
        assert client_with(token).get(STATUS).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=61), tick=False):
        assert client_with(token).get(STATUS).status_code == 401


@pytest.mark.django_db
def test_refresh_rotates(log_in, client_with):
    first = log_in()

    second = APIClient().post(REFRESH, {"refresh_token": first["refresh_token"]}).json()

    assert set(second) == set(first)
    assert second["refresh_token"] != first["refresh_token"]
    assert client_with(second["access_token"]).get(STATUS).status_code == 200
    third = APIClient().post(PLAIN, {"refresh": second["refresh_token"]})
    assert third.status_code == 200
    assert set(third.json()) == {"access", "refresh"}


@pytest.mark.django_db
def test_refresh_without_token_names_the_field():
    answer = APIClient().post(REFRESH, {})

    assert answer.status_code == 400
    assert set(answer.json()["details"]) == {"refresh_token"}


@pytest.mark.django_db
def test_twin_of_a_refresh_is_refused_and_the_sign_in_goes_on(log_in, client_with):
    old = log_in()["refresh_token"]
    new = APIClient().post(REFRESH, {"refresh": old}).json()

    assert APIClient().post(REFRESH, {"refresh": old}).status_code == 401

    assert client_with(new["access_token"]).get(STATUS).status_code == 200
    assert APIClient().post(REFRESH, {"refresh": new["refresh_token"]}).status_code == 200


@pytest.mark.django_db
def test_reuse_after_a_while_ends_the_sign_in(log_in, client_with):
    old = log_in()["refresh_token"]
    new = APIClient().post(REFRESH, {"refresh": old}).json()

    with time_machine.travel(timezone.now() + timedelta(seconds=11)):
        assert APIClient().post(REFRESH, {"refresh": old}).status_code == 401

    assert SignIn.objects.get().revoked_at is not None
    assert client_with(new["access_token"]).get(STATUS).status_code == 401
    assert APIClient().post(REFRESH, {"refresh": new["refresh_token"]}).status_code == 401


@pytest.mark.django_db
def test_reuse_of_the_token_before_the_last_ends_the_sign_in_at_once(log_in):
    first = log_in()["refresh_token"]
    second = APIClient().post(REFRESH, {"refresh": first}).json()["refresh_token"]
    APIClient().post(REFRESH, {"refresh": second})

    assert APIClient().post(REFRESH, {"refresh": first}).status_code == 401

    assert SignIn.objects.get().revoked_at is not None


def refresh_at_once(token, times=8):
    """Send one refresh token from several threads at the same moment; return the status codes."""

    def send():
        return APIClient().post(REFRESH, {"refresh_token": token}).status_code

    return sorted(run_at_once(*[send] * times))


@pytest.mark.django_db(transaction=True)
def test_of_eight_simultaneous_refreshes_one_succeeds(log_in, count):
    for _ in range(count(10, full=50)):
        token = log_in()["refresh_token"]

        assert refresh_at_once(token) == [200] + [401] * 7

    assert not SignIn.objects.exclude(revoked_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_without_the_condition_several_refreshes_succeed(log_in, monkeypatch):
    """Prove that the test above would notice a rotation that checks first and writes then."""

    def check_then_write(sign_in_id, old, new):
        sign_in = SignIn.objects.get(pk=sign_in_id)
        if sign_in.current_jti != old:
            return False
        SignIn.objects.filter(pk=sign_in_id).update(current_jti=new, previous_jti=old)
        return True

    monkeypatch.setattr(sign_ins, "swap_jti", check_then_write)
    rounds = [refresh_at_once(log_in()["refresh_token"]).count(200) for _ in range(25)]

    assert max(rounds) > 1


@pytest.mark.django_db
def test_a_sign_in_ends_however_often_it_is_renewed(log_in):
    """A week after its last use, and a month after it began."""
    refresh = log_in()["refresh_token"]
    began = timezone.now()

    statuses = []
    for days in (6, 12, 18, 24, 29, 31):
        with time_machine.travel(began + timedelta(days=days)):
            answer = APIClient().post("/api/auth/refresh/", {"refresh_token": refresh})
        statuses.append(answer.status_code)
        refresh = answer.json().get("refresh_token", refresh)

    assert statuses == [200, 200, 200, 200, 200, 401]
    assert SignIn.objects.get().expires_at == SignIn.objects.get().started_at + timedelta(days=30)
