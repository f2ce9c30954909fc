"""The web server and the worker are stopped in the middle of their work: nothing is lost."""

import signal
import sys
import threading
import time
from collections import Counter

import pytest
from celery import current_app

from inventory.models import Stock, StockMovement
from launcher import commands
from notifications.models import OutboxMessage
from notifications.tasks import deliver_outbox
from operations.ledger_verification import verify_ledger
from tests.alerts.stocks import move, stock_of
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from tests.mail_server import running_mail_server
from tests.operations.processes import free_port, running, web_server
from tests.reliability.clients import Company, Crowd

pytestmark = pytest.mark.django_db(transaction=True)


def test_web_server_that_is_stopped_loses_and_doubles_nothing(tmp_path, count):
    """SIGTERM under eight clients, who repeat what was not answered; `--full`: twenty of them."""
    rounds = count(1, full=20)
    company, port, log = Company(), free_port(), tmp_path / "log"
    crowd = None

    for _ in range(rounds):
        with web_server(port, log) as server:
            crowd = crowd or Crowd(company, port)
            crowd.wait_for_more(60)
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=20) == 0
    with web_server(port, log):
        crowd.stop()

    posted = Counter(
        StockMovement.objects.exclude(notes="").values_list("notes", flat=True).iterator()
    )
    assert len(posted) >= 60 * rounds
    assert posted == crowd.acknowledged
    assert set(posted.values()) == {1}
    # Whoever got an answer got a good one: a stop refuses new work, it breaks none.
    assert crowd.statuses.keys() == {201}
    assert sum(stock.on_hand for stock in Stock.objects.all()) == len(posted) + 3
    assert verify_ledger() == []


def test_worker_that_is_stopped_finishes_its_task(tmp_path, count):
    """SIGTERM while the mail server takes its time: the mail is sent once, and noted."""
    warehouse = WarehouseFactory()
    manager = UserFactory(role="manager")
    MembershipFactory(user=manager, warehouse=warehouse)
    rounds = count(1, full=20)

    with running_mail_server() as server:
        for number in range(rounds):
            stop_worker_at_its_mail(server, warehouse, tmp_path / f"log-{number}")

    mails = OutboxMessage.objects.filter(channel="email")
    assert list(mails.values_list("status", "attempts")) == [("sent", 1)] * rounds
    assert server.addresses == [manager.email] * rounds
    assert not OutboxMessage.objects.filter(status="pending").exists()


def stop_worker_at_its_mail(server, warehouse, log):
    """Cause a mail, and send SIGTERM to the worker that is sending it."""
    current_app.control.purge()
    move(stock_of(30, warehouse=warehouse), -20)
    reached = threading.Event()

    def take_time():
        reached.set()
        time.sleep(3)

    server.on_recipient = take_time
    mail = {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(server.port),
    }
    with running(commands.worker(sys.executable), log, **mail) as worker:
        deliver_outbox.delay()
        assert reached.wait(timeout=120)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(timeout=30) == 0
