"""Clients over HTTP that keep a journal of what was acknowledged, and repeat what was not."""

import json
import threading
import time
from collections import Counter
from http.client import HTTPConnection, HTTPException
from uuid import uuid4

from django.contrib.auth.hashers import make_password

from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from tests.operations.processes import wait_until

CLIENTS = 8
PASSWORD = "correct horse battery"


class Client(threading.Thread):
    """Posts movements one after the other; keeps the key of every one, and what was answered."""

    def __init__(self, crowd: "Crowd", token: str, sku: str) -> None:
        super().__init__(daemon=True)
        self.crowd, self.port, self.token, self.sku = crowd, crowd.port, token, sku
        self.acknowledged: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.seconds: list[float] = []

    def run(self) -> None:
        while not self.crowd.done.is_set():
            key = uuid4().hex
            while not self.post(key):
                if self.crowd.given_up.is_set():
                    return
                time.sleep(0.05)
            self.acknowledged.append(key)
            time.sleep(self.crowd.pause)

    def post(self, key: str) -> bool:
        """Send the movement under its key; say whether it was acknowledged."""
        body = {"sku": self.sku, "movement_type": "inbound", "quantity": 1, "notes": key}
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self.token}",
            "Idempotency-Key": key,
        }
        server = HTTPConnection("127.0.0.1", self.port, timeout=20)
        start = time.monotonic()
        try:
            server.request("POST", "/api/stock-movements/", json.dumps(body), headers)
            status = server.getresponse().status
        except (OSError, HTTPException):
            return False
        finally:
            server.close()
        self.seconds.append(time.monotonic() - start)
        self.statuses[status] += 1
        return status == 201


class Company:
    """A person at work in a warehouse with three products."""

    def __init__(self) -> None:
        self.warehouse = WarehouseFactory()
        self.person = UserFactory(role="staff", password=make_password(PASSWORD))
        MembershipFactory(user=self.person, warehouse=self.warehouse, is_default=True)
        self.variations = [VariationFactory() for _ in range(3)]
        for variation in self.variations:
            put_in_stock(variation, self.warehouse, quantity=1)


class Crowd:
    """Eight clients at work, and their journals together."""

    def __init__(self, company: Company, port: int, pause: float = 0) -> None:
        self.port, self.pause = port, pause
        self.done, self.given_up = threading.Event(), threading.Event()
        token = sign_in(port, company.person.username)
        self.clients = [
            Client(self, token, company.variations[number % 3].sku_code)
            for number in range(CLIENTS)
        ]
        for client in self.clients:
            client.start()

    @property
    def acknowledged(self) -> Counter[str]:
        return Counter(key for client in self.clients for key in client.acknowledged)

    @property
    def statuses(self) -> Counter[int]:
        return sum((client.statuses for client in self.clients), Counter())

    def usual_seconds(self) -> float:
        """Return what nine of ten answers took at most since this was asked last."""
        seconds = sorted(one for client in self.clients for one in client.seconds)
        for client in self.clients:
            client.seconds = []
        return seconds[len(seconds) * 9 // 10] if seconds else 0.0

    def wait_for_more(self, number: int) -> None:
        """Wait until so many more movements were acknowledged."""
        enough = sum(len(client.acknowledged) for client in self.clients) + number
        wait_until(lambda: sum(len(client.acknowledged) for client in self.clients) >= enough)

    def give_up(self) -> None:
        """Let the clients go home with what was acknowledged until now."""
        self.given_up.set()
        self.stop()

    def stop(self) -> None:
        """Let each client finish what it has begun; something must be there to answer."""
        self.done.set()
        for client in self.clients:
            client.join(timeout=60)
            assert not client.is_alive()


def sign_in(port: int, name: str) -> str:
    server = HTTPConnection("127.0.0.1", port, timeout=20)
    body = json.dumps({"username": name, "password": PASSWORD})
    server.request("POST", "/api/auth/login/", body, {"Content-Type": "application/json"})
    token: str = json.load(server.getresponse())["access_token"]
    server.close()
    return token
