"""A worker is killed at the worst moments: the mail still comes, and it is one incident."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from threading import Event
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from alerts.models import Alert
from alerts.services.stock import lock_causes
from notifications.models import OutboxMessage
from tests.alerts.forked_worker import start_forked_worker
from tests.alerts.stocks import move, stock_of

pytestmark = pytest.mark.django_db(transaction=True)


def database_url():
    url = urlsplit(os.environ["DATABASE_URL"])
    folder = url.path.rpartition("/")[0]
    return url._replace(path=f"{folder}/{connection.settings_dict['NAME']}").geturl()


def start_worker(mail_server):
    """Start `manage.py deliver_outbox` on the test's database and mail server."""
    environment = os.environ | {
        "DATABASE_URL": database_url(),
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(mail_server.port),
    }
    return subprocess.Popen(
        [sys.executable, "manage.py", "deliver_outbox"], cwd=settings.BASE_DIR, env=environment
    )


def kill(worker):
    worker.send_signal(signal.SIGKILL)
    assert worker.wait(timeout=10) == -signal.SIGKILL


def deliver(mail_server, seconds=60):
    """Let the dead worker's lease run out and a new worker do what is left."""
    OutboxMessage.objects.filter(status="pending").update(next_attempt_at=timezone.now())
    assert start_worker(mail_server).wait(timeout=seconds) == 0


def run_low(warehouse):
    """Post what makes a balance low: the event is in the outbox, nothing is delivered."""
    stock = stock_of(30, warehouse=warehouse)
    move(stock, -20)
    assert not Alert.objects.exists()
    return stock


def test_killed_before_the_mail_is_sent(mail_server, warehouse, manager):
    run_low(warehouse)
    content_is_next, worker_is_dead = Event(), Event()

    def hold_up():
        content_is_next.set()
        worker_is_dead.wait(timeout=120)

    mail_server.on_recipient = hold_up
    worker = start_worker(mail_server)
    assert content_is_next.wait(timeout=120)
    kill(worker)
    worker_is_dead.set()
    mail_server.on_recipient = None
    assert mail_server.mails == []
    assert OutboxMessage.objects.get(channel="email").status == "pending"

    deliver(mail_server)

    message = OutboxMessage.objects.get(channel="email")
    assert mail_server.addresses == [manager.email]
    assert (message.status, message.attempts) == ("sent", 2)
    assert Alert.objects.count() == 1


def test_killed_between_sending_and_marking(mail_server, warehouse, manager):
    run_low(warehouse)
    workers = []

    def kill_once():
        if len(mail_server.mails) == 1:
            kill(workers[0])

    mail_server.on_mail = kill_once
    workers.append(start_worker(mail_server))
    assert workers[0].wait(timeout=60) == -signal.SIGKILL
    assert OutboxMessage.objects.get(channel="email").status == "pending"

    deliver(mail_server)

    assert mail_server.addresses == [manager.email] * 2
    assert len(set(mail_server.message_ids)) == 1
    assert OutboxMessage.objects.get(channel="email").status == "sent"
    assert Alert.objects.count() == 1


def waits_for_cause():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return cursor.fetchone()[0] > 0


def test_killed_between_the_movement_and_the_alert(mail_server, warehouse, manager):
    stock = run_low(warehouse)
    with transaction.atomic():
        lock_causes([stock.pk])
        worker = start_worker(mail_server)
        end = time.monotonic() + 120
        while not waits_for_cause() and time.monotonic() < end:
            time.sleep(0.02)
        kill(worker)
    assert not Alert.objects.exists()
    assert OutboxMessage.objects.get().attempts == 1

    deliver(mail_server)

    assert OutboxMessage.objects.filter(status="sent").count() == 2
    assert Alert.objects.count() == 1
    assert mail_server.addresses == [manager.email]


def test_killed_again_and_again_nothing_is_lost(
    mail_server, warehouse, manager, count, monkeypatch, record_property
):
    """Events, then as many mails: the worker is killed after every few of them."""
    monkeypatch.setenv("DATABASE_URL", database_url())
    events, wanted = count(20, full=1100), count(3, full=200)
    for _ in range(events):
        move(stock_of(30, warehouse=warehouse), -20)
    kills = 0
    while kills < wanted or sent_messages().count() < events:
        settled = sent_messages().count() + 7
        worker = start_forked_worker(mail_server.port)
        while worker.is_alive() and sent_messages().count() < settled:
            time.sleep(0.001)
        worker.kill()
        worker.join(timeout=10)
        if worker.exitcode == 0:
            break
        assert worker.exitcode == -signal.SIGKILL
        kills += 1
        OutboxMessage.objects.filter(status="pending").update(next_attempt_at=timezone.now())
    deliver(mail_server, seconds=count(60, full=600))

    copies = Counter(mail_server.message_ids)
    extra = sum(copies.values()) - events
    record_property("kills, mails, extra copies", (kills, events, extra))
    assert kills >= wanted
    assert Alert.objects.count() == events
    assert len(copies) == events
    assert extra <= kills
    assert sent_messages().count() == OutboxMessage.objects.count() == 2 * events


def sent_messages():
    return OutboxMessage.objects.filter(status="sent")
