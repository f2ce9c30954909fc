"""Streams that end, are refused, or go on while something is broken."""

import json
import signal
import socket
import time

import pytest
from redis import Redis

from inventory.models import Stock
from launcher.valkey import find_binary
from notifications.stream_waker import CHANNEL
from tests.factories.inventory import put_in_stock
from tests.factories.warehouses import WarehouseFactory
from tests.operations.event_streams import Listener, access_token, event_server, person_in
from tests.operations.events.posting import read_to_end, receive_lines
from tests.operations.processes import free_port, running, wait_until
from users.models import User
from users.services.api_tokens import create_api_token, revoke_api_token
from users.services.sign_ins import end_sign_ins
from warehouses.models import Membership

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.quiet_cluster]


def test_people_who_may_not_listen_any_more_are_cut_off(server, warehouse, variation):
    """Each at once, and before an event that comes after."""
    put_in_stock(variation, warehouse, quantity=1)
    people = [person_in(warehouse) for _ in range(6)]
    listeners = [Listener(server, access_token(person)) for person in people]
    token, secret = create_api_token(name="t", scopes=["read"], acting_user=people[0])
    listeners.append(Listener(server, secret))
    stays = Listener(server, access_token(person_in(warehouse)))
    for one in (*listeners, stays):
        one.wait_for("ready")

    User.objects.filter(pk=people[0].pk).update(status="dismissed")
    end_sign_ins(people[1])
    User.objects.filter(pk=people[2].pk).update(role="viewer")
    Membership.objects.filter(user=people[3]).delete()
    Membership.objects.create(user=people[4], warehouse=WarehouseFactory())
    User.objects.filter(pk=people[5].pk).update(extra_permissions=["manage_catalogue"])
    put_in_stock(variation, warehouse, quantity=3)

    stays.wait_for("stock")
    for one in listeners:
        one.join(timeout=10)
        assert not one.is_alive()
        assert one.named("stock") == []
    assert [one.named("end")[0]["reason"] for one in listeners] == [
        "account_inactive", "signed_out", "access_changed", "access_changed", "access_changed",
        "access_changed", "account_inactive",
    ]  # fmt: skip


def test_revoked_api_token_ends_its_stream_with_nothing_happening(server, warehouse):
    person = person_in(warehouse)
    token, secret = create_api_token(name="t", scopes=["sign_in"], acting_user=person)
    listener = Listener(server, secret)
    assert listener.wait_for("ready")[0]["topics"] == ["notifications"]
    refused = Listener(server, secret, "?topics=stock")
    assert (refused.answer.status, refused.error["error"]) == (403, "Not allowed")

    revoke_api_token(token=token)

    listener.join(timeout=15)
    assert [facts["reason"] for facts in listener.named("end")] == ["token_revoked"]


def test_events_go_on_while_the_broker_hangs(tmp_path, warehouse, variation):
    put_in_stock(variation, warehouse, quantity=1)
    token = access_token(person_in(warehouse))
    broker_port = free_port()
    argv = [str(find_binary()), "--port", str(broker_port), "--save", "", "--dir", str(tmp_path)]
    url = f"redis://127.0.0.1:{broker_port}/0"
    with (
        running(argv, tmp_path / "broker.log") as broker,
        event_server(tmp_path / "log", REDIS_URL=url) as (port, _),
        Redis.from_url(url) as redis,
    ):
        listener = Listener(port, token)
        listener.wait_for("ready")
        wait_until(lambda: redis.pubsub_numsub(CHANNEL)[0][1] == 1)
        broker.send_signal(signal.SIGSTOP)
        try:
            started = time.monotonic()
            put_in_stock(variation, warehouse, quantity=4)
            told = listener.wait_for("stock", seconds=10)
            seconds = time.monotonic() - started
        finally:
            broker.send_signal(signal.SIGCONT)
        assert [facts["quantity"] for facts in told] == [4]
        assert seconds < 5
        listener.hang_up()


def test_stopped_process_tells_its_clients_and_the_next_one_goes_on(tmp_path, warehouse, variation):
    put_in_stock(variation, warehouse, quantity=1)
    token = access_token(person_in(warehouse))
    with event_server(tmp_path / "log") as (port, process):
        listener = Listener(port, token)
        listener.wait_for("ready")
        process.send_signal(signal.SIGTERM)
        listener.join(timeout=10)
        assert [facts["reason"] for facts in listener.named("end")] == ["restart"]
        process.wait(timeout=15)
    put_in_stock(variation, warehouse, quantity=6)

    with event_server(tmp_path / "log", port) as (port, _):
        resumed = Listener(port, token, last_event_id=listener.last_event_id)
        assert [facts["quantity"] for facts in resumed.wait_for("stock")] == [6]
        resumed.hang_up()
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_streams_of_one_person_are_counted(server, warehouse):
    token = access_token(person_in(warehouse))
    listeners = [Listener(server, token) for _ in range(10)]
    for one in listeners:
        one.wait_for("ready")

    refused = Listener(server, token)
    assert (refused.answer.status, refused.error["code"]) == (429, "too_many_streams")
    assert refused.answer.headers["Retry-After"] == "30"
    listeners.pop().hang_up()

    def is_admitted():
        again = Listener(server, token)
        if again.answer.status == 200:
            listeners.append(again)
        return again.answer.status == 200

    wait_until(is_admitted, 10)


def test_client_that_does_not_read_is_dropped(server, server_log, warehouse, variation):
    put_in_stock(variation, warehouse, quantity=1)
    token = access_token(person_in(warehouse))
    lazy = socket.socket()
    lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    lazy.connect(("127.0.0.1", server))
    head = f"GET /api/events/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n"
    lazy.sendall(head.encode())
    listener = Listener(server, token)
    listener.wait_for("ready")

    def is_dropped():
        receive_lines(variation, warehouse, 200)
        time.sleep(0.15)
        return "reads too slowly" in server_log.read_text()

    wait_until(is_dropped, 120)
    sent = len(Stock.objects.get().movements.all()) - 1
    listener.wait_for("stock", sent)
    assert len(listener.named("stock")) == sent
    lazy.settimeout(20)
    read_to_end(lazy)


def test_refusals_have_the_shape_of_the_api(server, http, warehouse):
    token = access_token(person_in(warehouse))
    foreign = WarehouseFactory()
    for query, status, field in [
        ("?topics=weather", 400, "topics"),
        (f"?warehouse={foreign.code}", 400, "warehouse"),
        ("?warehouse=NOWHERE", 400, "warehouse"),
        ("?colour=red", 400, "colour"),
    ]:
        refused = Listener(server, token, query)
        body = refused.error
        assert (refused.answer.status, set(body["details"])) == (status, {field})
        assert set(body) == {"error", "message", "code", "details"}
    assert Listener(server, "rubbish").answer.status == 401
    client = http(server)
    for method, path, status in [
        ("POST", "/api/events/", 405), ("GET", "/api/products/", 404), ("GET", "/admin/", 404),
    ]:  # fmt: skip
        client.request(method, path, headers={"Authorization": f"Bearer {token}"})
        answer = client.getresponse()
        assert (answer.status, set(json.load(answer))) == (
            status, {"error", "message", "code", "details"},
        )  # fmt: skip
    client.request("HEAD", "/api/events/", headers={"Authorization": f"Bearer {token}"})
    answer = client.getresponse()
    assert (answer.status, answer.read()) == (200, b"")


def test_other_pages_may_read_where_they_are_allowed_to(tmp_path, http, warehouse):
    token = access_token(person_in(warehouse))
    page = "https://shop.example.com"
    changes = {
        "CORS_ALLOWED_ORIGINS": page,
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "EVENTS_URL": "http://127.0.0.1:8001/api/events/",
    }
    with event_server(tmp_path / "log", **changes) as (port, _):
        for origin in (page, "http://127.0.0.1:8000"):
            listener = Listener(port, token, headers={"Origin": origin})
            assert listener.answer.headers["Access-Control-Allow-Origin"] == origin
            listener.hang_up()
        stranger = Listener(port, token, headers={"Origin": "https://evil.example.com"})
        assert stranger.answer.headers["Access-Control-Allow-Origin"] is None
        stranger.hang_up()
        client = http(port)
        client.request(
            "OPTIONS", "/api/events/",
            headers={
                "Origin": page, "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "authorization, last-event-id",
            },
        )  # fmt: skip
        answer = client.getresponse()
        allowed = answer.headers["Access-Control-Allow-Headers"].split(", ")
        assert answer.status == 200
        assert {"authorization", "last-event-id"} <= set(allowed)
