"""How much one caller may ask for."""

import pytest
from django.core.cache import cache

from tests.factories.suppliers import SupplierFactory

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
