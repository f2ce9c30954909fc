"""The event process as the launcher starts it, and clients that read its streams."""

import json
import socket
import sys
import threading
from contextlib import contextmanager, suppress
from http.client import HTTPConnection

from django.contrib.auth.hashers import make_password

from launcher import commands
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory
from tests.operations.processes import answers, free_port, running, wait_until
from users.api.tokens import refresh_token_of
from users.services.sign_ins import sign_in

PASSWORD = "correct horse battery"


@contextmanager
def event_server(log, port=None, **changes):
    """The event process, ready to answer; gives its port and the process."""
    port = port or free_port()
    argv = commands.events(sys.executable, f"127.0.0.1:{port}")
    with running(argv, log, **changes) as process:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/api/health/live/"))
        yield port, process


def person_in(*warehouses, role="staff"):
    person = UserFactory(role=role, password=make_password(PASSWORD))
    for warehouse in warehouses:
        MembershipFactory(user=person, warehouse=warehouse)
    return person


def access_token(person):
    row = sign_in(name=person.username, password=PASSWORD)
    return str(refresh_token_of(row).access_token)


class Listener(threading.Thread):
    """Reads one stream to its end and keeps its events: (id, name, facts)."""

    opened = []

    def __init__(self, port, token, query="", last_event_id=None, headers=()):
        super().__init__(daemon=True)
        self.connection = HTTPConnection("127.0.0.1", port, timeout=60)
        own = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
        if last_event_id is not None:
            own["Last-Event-ID"] = last_event_id
        self.connection.request("GET", f"/api/events/{query}", headers=own | dict(headers))
        self.socket = self.connection.sock
        self.answer = self.connection.getresponse()
        self.opened.append(self)
        self.events = []
        self.last_event_id = last_event_id
        if self.answer.status == 200:
            self.start()

    @property
    def error(self):
        return json.load(self.answer)

    def run(self):
        event_id, name = None, None
        try:
            for line in self.answer:
                field, _, value = line.decode().rstrip("\n").partition(": ")
                if field == "id":
                    event_id = value
                elif field == "event":
                    name = value
                elif field == "data":
                    self.events.append((event_id, name, json.loads(value)))
                elif not field:
                    self.last_event_id = event_id or self.last_event_id
                    event_id, name = None, None
        except (OSError, ValueError, AttributeError):
            return  # hung up

    def named(self, *names):
        return [facts for _, name, facts in list(self.events) if name in names]

    def wait_for(self, name, number=1, seconds=30):
        wait_until(lambda: len(self.named(name)) >= number, seconds)
        return self.named(name)

    def hang_up(self):
        with suppress(OSError):  # the server may have been first
            self.socket.shutdown(socket.SHUT_RDWR)
        if self.ident is not None:
            self.join(timeout=10)
        assert not self.is_alive()
        self.answer.close()
        self.connection.close()
        self.socket.close()
