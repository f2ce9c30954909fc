"""What Prometheus reads, and who may."""

import sys
from urllib.request import urlopen

import pytest
from celery import current_app
from django.db import connections
from django.test import Client
from rest_framework.test import APIClient

from alerts.models import Alert
from launcher import commands
from notifications.models import OutboxMessage
from notifications.tasks import deliver_outbox
from operations.task_counts import task_counts
from tests.factories.alerts import AlertFactory
from tests.factories.inventory import put_in_stock
from tests.factories.notifications import EventFactory, MailFactory
from tests.factories.webhooks import make_delivery
from tests.operations.processes import free_port, running, wait_until, web_server

pytestmark = pytest.mark.django_db


def read(text):
    """Return the samples: {'name{labels}': value}."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def scrape(**headers):
    answer = Client().get("/metrics", **headers)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    return read(answer.content.decode())


def test_figures_of_the_product():
    put_in_stock()
    put_in_stock()
    EventFactory()
    MailFactory(status="dead")
    MailFactory(status="sent")
    AlertFactory(severity="high")
    AlertFactory(severity="high", status="resolved")
    make_delivery(status="dead")
    make_delivery()
    pending = OutboxMessage.objects.filter(status="pending", channel="event").count()

    found = scrape()

    assert found["inventorypulse_database_up"] == 1
    assert found["inventorypulse_ledger_movements"] == 2
    assert found['inventorypulse_outbox_pending{channel="event"}'] == pending
    assert found['inventorypulse_outbox_dead{channel="email"}'] == 1
    assert found['inventorypulse_outbox_dead{channel="event"}'] == 0
    assert found['inventorypulse_outbox_pending{channel="webhook"}'] == 1
    assert found['inventorypulse_outbox_dead{channel="webhook"}'] == 1
    assert found['inventorypulse_outbox_oldest_seconds{channel="event"}'] >= 0
    assert found['inventorypulse_open_alerts{severity="high"}'] == 1
    assert found['inventorypulse_open_alerts{severity="low"}'] == 0
    assert Alert.objects.count() == 2


def test_requests_are_counted_by_view_and_status(api):
    def count(view, status):
        labels = f'method="GET",status="{status}",view="{view}"'
        return scrape().get(f"inventorypulse_http_request_seconds_count{{{labels}}}", 0)

    before = count("supplier-list", 200), count("unmatched", 404)

    api("viewer").get("/api/suppliers/?search=a")
    APIClient().get("/nowhere/1")
    APIClient().get("/nowhere/2")

    assert (count("supplier-list", 200), count("unmatched", 404)) == (before[0] + 1, before[1] + 2)


def test_invented_methods_make_no_new_figures():
    APIClient().generic("BREW", "/api/suppliers/")

    assert not [name for name in scrape() if "BREW" in name]
    assert [name for name in scrape() if 'method="OTHER"' in name]


def test_without_a_database_the_rest_is_told(monkeypatch):
    settings = connections.settings["default"]
    monkeypatch.setitem(settings, "HOST", "127.0.0.1")
    monkeypatch.setitem(settings, "PORT", "1")
    connections["default"].close()

    found = scrape()

    assert found["inventorypulse_database_up"] == 0
    assert not [name for name in found if "outbox_" in name and "tasks" not in name]


@pytest.mark.parametrize(
    "headers",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"REMOTE_ADDR": ""},
    ],
)
def test_others_may_not_read_without_a_token(headers):
    answer = Client().get("/metrics", **headers)

    assert answer.status_code == 403
    assert answer.json()["code"] == "not_allowed"


def test_with_a_token_only_its_bearer_reads(settings):
    settings.METRICS_TOKEN = "scraper-secret"

    right = Client().get(
        "/metrics", REMOTE_ADDR="192.0.2.7", HTTP_AUTHORIZATION="Bearer scraper-secret"
    )
    wrong = Client().get("/metrics", HTTP_AUTHORIZATION="Bearer scraper-secreT")
    none = Client().get("/metrics")

    assert [answer.status_code for answer in (right, wrong, none)] == [200, 403, 403]


def test_nothing_can_be_written_there():
    assert Client().post("/metrics").status_code == 405


@pytest.mark.django_db(transaction=True)
def test_tasks_are_counted_wherever_they_run(tmp_path):
    key = ("notifications.deliver_outbox", "success")
    before = task_counts().get(key, 0)
    current_app.control.purge()

    with running(commands.worker(sys.executable), tmp_path / "log"):
        deliver_outbox.delay()
        wait_until(lambda: task_counts().get(key, 0) > before)

    sample = 'inventorypulse_tasks_total{state="success",task="notifications.deliver_outbox"}'
    assert scrape()[sample] == task_counts()[key]


@pytest.mark.django_db(transaction=True)
def test_figures_of_all_web_processes_add_up(tmp_path):
    """Forty requests fall on two processes; every answer shows all of them."""
    port = free_port()
    with web_server(port, tmp_path / "log"):
        address = f"http://127.0.0.1:{port}"
        for _ in range(40):
            urlopen(f"{address}/api/health/live/").close()
        with urlopen(f"{address}/metrics") as answer:
            found = read(answer.read().decode())
    labels = 'method="GET",status="200",view="health-live"'
    assert found[f"inventorypulse_http_request_seconds_count{{{labels}}}"] >= 40
    assert found["inventorypulse_database_up"] == 1
