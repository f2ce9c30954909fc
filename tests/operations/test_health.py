"""Health over HTTP."""

import time

import pytest
from celery import current_app
from celery.contrib.testing.worker import start_worker
from django.db import connections
from redis import Redis
from rest_framework.test import APIClient

from notifications.stream_waker import CHANNEL
from operations import health

pytestmark = pytest.mark.django_db
HEALTH, LIVE, READY = "/api/health/", "/api/health/live/", "/api/health/ready/"


@pytest.fixture
def database_is_down(monkeypatch):
    """Point new connections to a port where nobody listens."""
    settings = connections.settings["default"]
    monkeypatch.setitem(settings, "HOST", "127.0.0.1")
    monkeypatch.setitem(settings, "PORT", "1")


def test_health_has_the_documented_shape():
    answer = APIClient(HTTP_AUTHORIZATION="Bearer rubbish").get("/api/health")

    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"status", "timestamp", "version", "dependencies"}
    assert body["version"] == "1.0.0"
    assert body["timestamp"].endswith("Z")
    assert body["dependencies"] == {
        "database": "connected",
        "redis": "connected",
        "celery": "unavailable",
        "events": "unavailable",
        "snowflake": "not configured",
        "llm": "not configured",
    }
    assert body["status"] == "degraded"


def test_health_without_redis_is_degraded(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    answer = APIClient().get(HEALTH)

    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["dependencies"]["redis"] == "unavailable"


def test_health_without_database_is_unavailable(database_is_down):
    answer = APIClient().get(HEALTH)

    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
    assert answer.json()["dependencies"]["database"] == "unavailable"
    assert APIClient().get(READY).status_code == 503
    assert APIClient().get(LIVE).status_code == 200


def test_probes_answer():
    for path in (LIVE, READY):
        answer = APIClient().get(path)

        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.fixture
def event_listener(settings):
    """Listen to the broker as the event process does."""
    with Redis.from_url(settings.REDIS_URL) as redis, redis.pubsub() as subscription:
        subscription.subscribe(CHANNEL)
        assert subscription.get_message(timeout=5)["type"] == "subscribe"
        yield


def test_all_is_well_while_a_worker_and_an_event_process_run(event_listener):
    with start_worker(current_app, perform_ping_check=False, shutdown_timeout=30):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            body = APIClient().get(HEALTH).json()
            if body["dependencies"]["celery"] == "connected":
                break
            time.sleep(0.5)  # the worker starts in a thread of this very process

    assert body["dependencies"]["events"] == body["dependencies"]["celery"] == "connected"
    assert body["status"] == "ok"


def test_a_check_that_hangs_is_not_waited_for():
    start = time.monotonic()

    found = health.answers_in_time(
        {"slow": lambda: time.sleep(4), "other": lambda: time.sleep(4), "quick": lambda: None}
    )

    assert found == {"quick"}
    assert time.monotonic() - start < 3


def test_hanging_checks_do_not_pile_up():
    checks = {f"slow {number}": lambda: time.sleep(3) for number in range(40)}

    assert health.answers_in_time(checks) == set()
    time.sleep(3.5)
    assert health.answers_in_time({"quick": lambda: None}) == {"quick"}
