"""What is thrown away after a while, and what never is; a broker that hangs is left."""

import socket
import time
from datetime import timedelta
from threading import Event, Thread
from uuid import uuid4

import pytest
from celery import current_app
from django.utils import timezone
from kombu.exceptions import OperationalError
from rest_framework.test import APIClient

from notifications.models import Notification, OutboxMessage
from notifications.tasks import purge_messages
from tests.factories.notifications import EventFactory, MailFactory, NotificationFactory
from tests.factories.users import UserFactory
from tests.operations.processes import manage
from users.models import SignIn
from users.tasks import purge_sign_ins

pytestmark = pytest.mark.django_db
PRODUCTION = {
    "DEBUG": "false",
    "DEMO": "false",
    "SECURE_SSL": "true",
    "SECRET_KEY": "bGx1Y2t5LXJhbmRvbS1sZXR0ZXJzLWZvci1hLXRlc3QtNzY1NDMyMTA5ODc2NTQz",
    "ALLOWED_HOSTS": "stock.example.com,127.0.0.1",
    "PUBLIC_URL": "https://stock.example.com",
    "NUM_PROXIES": "1",
}


def days_ago(days):
    return timezone.now() - timedelta(days=days)


def test_events_handled_a_week_ago_go_and_nothing_else(monkeypatch):
    monkeypatch.setattr("notifications.services.PURGED_AT_ONCE", 2)
    for _ in range(5):
        EventFactory(status="sent", sent_at=days_ago(8))
    kept = [
        EventFactory(status="sent", sent_at=days_ago(6)),
        EventFactory(status="dead", created_at=days_ago(400)),
        EventFactory(status="pending", created_at=days_ago(400)),
        MailFactory(status="sent", sent_at=days_ago(400)),
    ]

    assert purge_messages() == {"events": 5, "notifications": 0}

    assert list(OutboxMessage.objects.order_by("pk")) == kept


def test_messages_read_long_ago_go_and_unread_ones_stay():
    NotificationFactory(created_at=days_ago(100), read_at=days_ago(91))
    kept = [
        NotificationFactory(created_at=days_ago(400), read_at=days_ago(89)),
        NotificationFactory(created_at=days_ago(400)),
    ]

    assert purge_messages() == {"events": 0, "notifications": 1}

    assert list(Notification.objects.order_by("pk")) == kept


def test_sign_ins_go_a_month_after_they_expired():
    user = UserFactory()

    def sign_in(expires_at):
        return SignIn.objects.create(user=user, current_jti=uuid4().hex, expires_at=expires_at)

    sign_in(days_ago(31))
    kept = [sign_in(days_ago(29)), sign_in(days_ago(-7))]

    assert purge_sign_ins() == 1

    assert list(SignIn.objects.order_by("pk")) == kept


def test_beat_starts_only_tasks_that_exist():
    current_app.loader.import_default_modules()
    planned = {entry["task"] for entry in current_app.conf.beat_schedule.values()}

    assert planned >= {"notifications.purge_messages", "users.purge_sign_ins"}
    assert planned <= set(current_app.tasks)


@pytest.fixture
def silent_server():
    """A server that takes connections and never says a word."""
    stop = Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        accepted = []

        def accept():
            while not stop.is_set():
                try:
                    accepted.append(server.accept()[0])
                except TimeoutError:
                    continue

        thread = Thread(target=accept)
        thread.start()
        yield server.getsockname()[1]
        stop.set()
        thread.join()
        for connection in accepted:
            connection.close()


def test_broker_that_never_answers_is_given_up(silent_server):
    """As beat publishes: without the time limit this would wait for ever."""
    options = current_app.conf.broker_transport_options
    assert (options["socket_timeout"], options["socket_connect_timeout"]) == (10, 5)
    start = time.monotonic()

    with (
        current_app.connection_for_write(
            f"redis://127.0.0.1:{silent_server}/0",
            transport_options=options | {"socket_timeout": 1},
        ) as broker,
        pytest.raises((OperationalError, TimeoutError)),
    ):
        purge_messages.apply_async(connection=broker, retry=False)

    assert time.monotonic() - start < 8


@pytest.mark.parametrize(("proxies", "last_status"), [(0, 429), (1, 401)])
def test_callers_address_is_believed_from_our_proxies_only(settings, proxies, last_status):
    """With no proxy the header is the caller's own invention, and changes nothing."""
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": proxies}
    settings.SIGN_IN_ATTEMPTS_PER_ADDRESS = 20
    name = uuid4().hex
    statuses = [
        APIClient()
        .post(
            "/api/auth/login/",
            {"username": name, "password": "wrong"},
            HTTP_X_FORWARDED_FOR=f"192.0.2.{number}",
        )
        .status_code
        for number in range(21)
    ]

    assert statuses[:20] == [401] * 20
    assert statuses[20] == last_status


def test_settings_of_a_production_server_are_clean():
    checked = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)

    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout


@pytest.mark.parametrize("value", ["-1", "many"])
def test_impossible_number_of_proxies_is_refused(value):
    checked = manage("check", **PRODUCTION | {"NUM_PROXIES": value})

    assert checked.returncode == 1
    assert "NUM_PROXIES" in checked.stderr
