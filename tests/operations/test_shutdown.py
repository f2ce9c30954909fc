"""The web server and the worker are stopped in the middle of their work: nothing is lost."""

import json
import signal
import sys
import threading
import time
from collections import Counter
from http.client import HTTPConnection, HTTPException
from uuid import uuid4

import pytest
from celery import current_app
from django.contrib.auth.hashers import make_password

from inventory.models import Stock, StockMovement
from launcher import commands
from notifications.models import OutboxMessage
from notifications.tasks import deliver_outbox
from operations.ledger_verification import verify_ledger
from tests.alerts.stocks import move, stock_of
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from tests.mail_server import running_mail_server
from tests.operations.processes import free_port, running, wait_until, web_server

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 8
PASSWORD = "correct horse battery"


class Client(threading.Thread):
    """Posts movements one after the other; keeps the key of every one, and what was answered."""

    def __init__(self, port: int, token: str, sku: str, done: threading.Event) -> None:
        super().__init__(daemon=True)
        self.port, self.token, self.sku, self.done = port, token, sku, done
        self.acknowledged: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.repeated = 0

    def run(self) -> None:
        while not self.done.is_set():
            key = uuid4().hex
            while not self.post(key):
                self.repeated += 1
                time.sleep(0.05)
            self.acknowledged.append(key)

    def post(self, key: str) -> bool:
        """Send the movement under its key; say whether it was answered."""
        body = {"sku": self.sku, "movement_type": "inbound", "quantity": 1, "notes": key}
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self.token}",
            "Idempotency-Key": key,
        }
        server = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            server.request("POST", "/api/stock-movements/", json.dumps(body), headers)
            status = server.getresponse().status
        except (OSError, HTTPException):
            return False
        finally:
            server.close()
        self.statuses[status] += 1
        return status == 201


def sign_in(port, name):
    server = HTTPConnection("127.0.0.1", port, timeout=20)
    body = json.dumps({"username": name, "password": PASSWORD})
    server.request("POST", "/api/auth/login/", body, {"Content-Type": "application/json"})
    token = json.load(server.getresponse())["access_token"]
    server.close()
    return token


def wait_for_more(clients, number):
    """Wait until so many more movements were acknowledged."""
    enough = sum(len(client.acknowledged) for client in clients) + number
    wait_until(lambda: sum(len(client.acknowledged) for client in clients) >= enough)


def test_web_server_that_is_stopped_loses_and_doubles_nothing(tmp_path, count):
    """SIGTERM again and again under eight clients, who repeat what was not answered."""
    rounds = count(3, full=20)
    warehouse = WarehouseFactory()
    person = UserFactory(role="staff", password=make_password(PASSWORD))
    MembershipFactory(user=person, warehouse=warehouse, is_default=True)
    variations = VariationFactory.create_batch(3)
    for variation in variations:
        put_in_stock(variation, warehouse, quantity=1)
    port, done, log = free_port(), threading.Event(), tmp_path / "log"
    clients: list[Client] = []

    for _ in range(rounds):
        with web_server(port, log) as server:
            if not clients:
                token = sign_in(port, person.username)
                for number in range(CLIENTS):
                    clients.append(Client(port, token, variations[number % 3].sku_code, done))
                    clients[-1].start()
            wait_for_more(clients, 60)
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=20) == 0
    with web_server(port, log):
        done.set()
        for client in clients:
            client.join(timeout=30)
            assert not client.is_alive()

    acknowledged = Counter(key for client in clients for key in client.acknowledged)
    posted = Counter(
        StockMovement.objects.exclude(notes="").values_list("notes", flat=True).iterator()
    )
    assert len(acknowledged) >= 60 * rounds
    assert posted == acknowledged
    assert set(posted.values()) == {1}
    # Whoever got an answer got a good one: a stop refuses new work, it breaks none.
    assert sum((client.statuses for client in clients), Counter()).keys() == {201}
    assert sum(stock.on_hand for stock in Stock.objects.all()) == len(acknowledged) + 3
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
