"""A write that is sent twice under one key happens once and gets one answer, on every route."""

import http.client
import json
import os
import signal
import socket
import struct
import time
from functools import partial
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from common.models import IdempotencyRecord
from inventory.models import Stock, StockMovement
from operations.ledger_verification import verify_ledger
from tests.factories.users import UserFactory
from tests.matrix.conftest import undone
from tests.matrix.routes import endpoints
from tests.matrix.rows import ROWS
from tests.matrix.rows.inventory import new_movement
from tests.reliability.writes import (
    FORMS,
    WITHOUT_KEY,
    WRITES,
    Write,
    bearer,
    copied,
    difference,
    effect_of,
    forget,
    new_key,
    new_place,
    other_body,
    row_counts,
    sample,
    send,
)
from tests.threads import run_at_once

CLIENTS = 8
# Sent again it is refused at the door: the first one ended the sign-in that both carry.
SIGNS_OUT = "POST /api/auth/logout/"


def facts(answer):
    """Return what a client reads of an answer."""
    headers = ("Content-Type", "ETag", "Location", "Content-Disposition")
    return answer.status_code, answer.content, {name: answer.get(name) for name in headers}


@pytest.mark.django_db
def test_every_write_heeds_its_key_or_says_why_not(count):
    """Retry, other body, other user; refusals too. A new route without a reason fails here."""
    place = new_place()
    writes, colleague = sample(count(0, full=1) == 1), UserFactory(role="admin")
    unkeyed, wrong = set(), {}
    for write in writes:
        address, body = write.make(place)
        with undone():
            first = send(place.admin, write, address, body, "key")
            before = row_counts()
            again = send(place.admin, write, address, body, "key")
            if "Idempotent-Replayed" not in again:
                unkeyed.add(write.name)
                continue
            other = send(place.admin, write, address, other_body(body), "key")
            repeated = difference(before, row_counts())
            foreign = send(colleague, write, address, body, "key")
        found = {
            "status": first.status_code < 500,
            "same answer": facts(again) == facts(first),
            "no second effect": repeated == {},
            "other body": (other.status_code, other.json()["code"])
            == (422, "idempotency_key_reused"),
            "other user": "Idempotent-Replayed" not in foreign and foreign.status_code < 500,
        }
        if not all(found.values()):
            wrong[write.name] = {what for what, is_so in found.items() if not is_so}

    assert wrong == {}
    assert unkeyed == WITHOUT_KEY.keys() & {write.name for write in writes}


def test_every_view_that_heeds_no_key_says_why():
    """Without a request: a new one is seen in each run, not only in the full one."""
    served = endpoints()
    unkeyed = {
        str(row)
        for row in ROWS
        if row.method != "get"
        and not row.path.startswith(FORMS)
        and not keeps_answers(served[row.endpoint], row.method)
    }

    assert unkeyed == WITHOUT_KEY.keys()


def keeps_answers(route, method):
    """Say whether a route's view keeps the answers to a method, which may hang on the action."""
    view = route.cls(action_map=route.actions) if hasattr(route, "actions") else route.cls()
    view.action = getattr(route, "actions", {}).get(method)
    return getattr(view, "keeps_answers", False)


def keyed(writes):
    return [write for write in writes if write.name not in WITHOUT_KEY]


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_under_one_key_are_one(count):
    full = count(0, full=1) == 1
    place = new_place()
    wrong = {}
    for write in keyed(WRITES if full else sample(full)[::5]):
        address, body = write.make(place)
        answer, made = effect_of(partial(send, place.admin, write, address, body))
        before, key = row_counts(), new_key()
        calls = [
            partial(send, place.admin, write, address, copied(body), key) for _ in range(CLIENTS)
        ]
        answers = run_at_once(*calls)
        found = (
            {answer.status_code for answer in answers},
            len({answer.content for answer in answers}),
            sum("Idempotent-Replayed" in answer for answer in answers),
            difference(before, row_counts()),
        )
        if found != ({answer.status_code}, 1, CLIENTS - 1, made):
            wrong[write.name] = found, answer.status_code, made
        forget(place)

    assert wrong == {}
    assert verify_ledger() == []


@pytest.mark.django_db(transaction=True)
def test_connection_cut_after_sending_leaves_one(live_server, count):
    """Sent, cut at once or a moment later, and sent again, whatever became of the first one."""
    full = count(0, full=1) == 1
    host = urlsplit(live_server.url).netloc
    place = new_place()
    wrong = {}
    writes = keyed(WRITES if full else sample(full)[::5])
    for number, write in enumerate(write for write in writes if write.name != SIGNS_OUT):
        address, body = write.make(place)
        answer, made = effect_of(partial(send, place.admin, write, address, body))
        sign = bearer(place.admin)
        before = row_counts()
        content, headers = as_bytes(body, {"Authorization": sign, "Idempotency-Key": new_key()})
        cut(host, write, address, content, headers, seconds=(0, 0.005, 0.03)[number % 3])
        server = http.client.HTTPConnection(host, timeout=30)
        server.request(write.method.upper(), address, content, headers)
        found = server.getresponse().status, difference(before, row_counts())
        server.close()
        if found != (answer.status_code, made):
            wrong[write.name] = found, answer.status_code, made
        forget(place)

    assert wrong == {}
    assert verify_ledger() == []


def as_bytes(body, headers):
    """Return a body as it is sent, with the headers that say how."""
    if body and any(hasattr(value, "seek") for value in body.values()):
        for value in body.values():
            getattr(value, "seek", int)(0)
        return encode_multipart(BOUNDARY, body), {**headers, "Content-Type": MULTIPART_CONTENT}
    return json.dumps(body or {}).encode(), {**headers, "Content-Type": "application/json"}


def cut(host, write, address, content, headers, seconds):
    """Send a whole request, and break the connection off without reading."""
    name, _, port = host.partition(":")
    lines = [f"{write.method.upper()} {address} HTTP/1.1", f"Host: {host}"]
    lines += [f"{header}: {value}" for header, value in headers.items()]
    lines += [f"Content-Length: {len(content)}", "", ""]
    with socket.create_connection((name, int(port))) as client:
        client.sendall("\r\n".join(lines).encode() + content)
        time.sleep(seconds)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def die_after_commit(user, write, address, body, key):
    """Send a request in a process of its own, killed between the commit and the answer."""
    connection.close()
    child = os.fork()
    if child == 0:
        commit = connection._commit

        def commit_and_die():
            commit()
            os.kill(os.getpid(), signal.SIGKILL)

        connection._commit = commit_and_die
        send(user, write, address, body, key)
        os._exit(0)  # it has committed nothing
    code = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(code), f"{write}: no commit"
    assert os.WTERMSIG(code) == signal.SIGKILL


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_killed_between_commit_and_answer_gets_the_answer_later(count):
    full = count(0, full=1) == 1
    place = new_place()
    wrong = {}
    for write in keyed(WRITES if full else sample(full)[::5]):
        address, body = write.make(place)
        answer, made = effect_of(partial(send, place.admin, write, address, body))
        before, key = row_counts(), new_key()
        die_after_commit(place.admin, write, address, body, key)
        again = send(place.admin, write, address, body, key)
        found = again.status_code, "Idempotent-Replayed" in again, difference(before, row_counts())
        if found != (answer.status_code, True, made):
            wrong[write.name] = found, answer.status_code, made
        forget(place)

    assert wrong == {}
    assert verify_ledger() == []


RECEIPT = Write(
    "POST a receipt", "post", lambda place: ("/api/stock-movements/", new_movement(place))
)


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_control_without_a_key_the_killed_request_is_posted_twice():
    place = new_place()
    address, body = RECEIPT.make(place)

    die_after_commit(place.admin, RECEIPT, address, body, None)
    assert send(place.admin, RECEIPT, address, body).status_code == 201

    assert StockMovement.objects.count() == 2
    assert Stock.objects.get().on_hand == 10
    assert not IdempotencyRecord.objects.exists()
