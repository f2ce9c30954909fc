"""How much one caller may ask for."""

import socket
from functools import partial
from time import monotonic

import pytest
from django.core.cache import cache
from django.test import Client
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from tests.factories.suppliers import SupplierFactory
from tests.matrix.rows import ROWS
from tests.threads import run_at_once
from users import pages
from users.api.throttles import HourlyThrottle
from users.models import AttemptCount

pytestmark = pytest.mark.django_db
STOCKS, REFRESH = "/api/stocks/", "/api/auth/refresh/"


@pytest.fixture(autouse=True)
def few(settings):
    settings.USER_REQUESTS_PER_MINUTE, settings.ANONYMOUS_REQUESTS_PER_MINUTE = 3, 2
    cache.clear()


def test_a_user_beyond_the_rate_is_told_when_to_come_back(api):
    client, other = api("viewer"), api("viewer")
    assert [client.get(STOCKS).status_code for _ in range(3)] == [200] * 3

    answer = client.get(STOCKS)

    assert answer.status_code == 429
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert answer.json().keys() == {"error", "message", "code", "details"}
    assert (answer.json()["error"], answer.json()["code"]) == ("Too many requests", "throttled")
    assert other.get(STOCKS).status_code == 200


def test_a_refused_write_writes_nothing(api):
    client = api("manager")
    supplier = SupplierFactory(notes="Old")
    for _ in range(3):
        client.get(STOCKS)

    answer = client.patch(f"/api/suppliers/{supplier.code}/", {"notes": "New"})

    assert answer.status_code == 429
    supplier.refresh_from_db()
    assert supplier.notes == "Old"


def test_an_address_that_is_not_signed_in_is_counted_too(client):
    assert [client.post(REFRESH, {"refresh": "x"}).status_code for _ in range(3)] == [401, 401, 429]


def test_an_address_cannot_be_made_up(client, settings):
    """Without a proxy of ours nobody believes X-Forwarded-For."""
    codes = [
        client.post(REFRESH, {"refresh": "x"}, headers={"X-Forwarded-For": f"10.0.0.{number}"})
        for number in range(3)
    ]
    assert [answer.status_code for answer in codes] == [401, 401, 429]


def test_probes_are_never_refused(client):
    assert {client.get("/api/health/live/").status_code for _ in range(5)} == {200}


def test_nought_is_no_limit(api, settings):
    settings.USER_REQUESTS_PER_MINUTE = 0
    client = api("viewer")

    assert {client.get(STOCKS).status_code for _ in range(6)} == {200}


def test_without_a_cache_everybody_is_served(api, settings):
    client = api("viewer")
    settings.CACHES = {
        "default": {
            "BACKEND": "common.cache.CountingCache",
            "LOCATION": "unix:///nowhere/valkey.sock",
        }
    }

    assert {client.get(STOCKS).status_code for _ in range(6)} == {200}


# What costs next to nothing, and what machines ask every few seconds.
FREE = {
    ("get", "/"): "a page without a query",
    ("get", "/favicon.ico"): "a redirect",
    ("get", "/metrics"): "for this machine or a token",
    ("get", "/api/health/"): "probes",
    ("get", "/api/health/live/"): "probes",
    ("get", "/api/health/ready/"): "probes",
    ("get", "/api/session/login/"): "a form without a query",
    ("get", "/account/email/"): "a form, one query by key",
    ("get", "/account/password/"): "a form, one query by key",
    ("get", "/account/password/forgotten/"): "a form without a query",
    ("post", "/api/session/logout/"): "ends a session that is not there",
}
BODIES = {
    "/admin/login/": {"username": "nobody", "password": "wrong"},
    "/api/session/login/": {"username": "nobody", "password": "wrong"},
    "/account/password/": {"token": "1-x", "new_password": "a b c d e", "again": "a b c d e"},
    "/account/email/": {"token": "1-x"},
    "/account/password/forgotten/": {"email": "nobody@example.com"},
}


def test_every_endpoint_that_is_open_to_everybody_is_limited(settings, monkeypatch):
    """Read from the URL resolver: a new one is limited, or says here why not."""
    settings.ANONYMOUS_REQUESTS_PER_MINUTE = settings.REGISTRATIONS_PER_MINUTE = 1
    settings.SIGN_IN_ATTEMPTS_PER_ADDRESS = 1
    monkeypatch.setattr(HourlyThrottle, "limit_now", lambda throttle: 1)
    monkeypatch.setattr(pages, "PAGES_AN_HOUR", 1)
    open_to_all = {row.endpoint for row in ROWS if row.anonymous != 401} - set(FREE)
    open_to_all = sorted({*open_to_all, ("post", "/admin/login/")})

    unlimited = {}
    for method, path in open_to_all:
        cache.clear()
        AttemptCount.objects.all().delete()
        body = BODIES.get(path, {"username": "nobody", "password": "wrong"})
        answers = [getattr(Client(), method)(path, body) for _ in range(2)]
        texts = [answer.content.decode() for answer in answers]
        is_limited = answers[1].status_code == 429 or "Too many attempts" in texts[1]
        if not is_limited or answers[0].status_code == 429:
            unlimited[method, path] = [answer.status_code for answer in answers]

    assert len(open_to_all) > 8
    assert unlimited == {}


@pytest.fixture
def silent_server(tmp_path):
    """A server that takes connections and never says a word."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "silent.sock"))
        server.listen(50)
        yield f"unix://{tmp_path}/silent.sock"


def test_a_cache_that_hangs_is_waited_for_once(api, settings, silent_server):
    client = api("viewer")
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": silent_server}}

    began = monotonic()
    assert [client.get(STOCKS).status_code for _ in range(6)] == [200] * 6
    assert monotonic() - began < 6 * 0.5  # the time limit of one question, not of six


def test_a_cache_that_is_back_counts_again(api, settings, silent_server):
    client, working = api("viewer"), settings.CACHES
    settings.CACHES = {"default": working["default"] | {"LOCATION": silent_server}}
    assert [client.get(STOCKS).status_code for _ in range(4)] == [200] * 4

    settings.CACHES = working
    assert [client.get(STOCKS).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_a_cache_that_hangs_is_waited_for_by_one_thread(settings, silent_server):
    """All threads of a process learn from the one that waited; it looks again by itself."""
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": silent_server}}

    began = monotonic()
    with pytest.raises(RedisError):
        cache.count("once", 60)
    outcomes = run_at_once(*[partial(cache.count, "once", 60)] * 8)

    assert [type(outcome) for outcome in outcomes] == [RedisConnectionError] * 8
    assert monotonic() - began < 2 * 0.5
