"""The event streams, as a real process tells them over HTTP."""

import json
import signal
import socket
import threading
import time
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from http.client import HTTPConnection

import pytest
from django.db import connection, transaction
from django.utils import timezone
from redis import Redis

from alerts.models import Alert
from alerts.services import acknowledge_alert, refresh_stock_alerts
from inventory.models import Stock
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange
from launcher.valkey import find_binary
from notifications.models import Notification
from notifications.outbox import tell_in_app
from notifications.stream_waker import CHANNEL
from operations.models import StreamEvent
from operations.tasks import purge_stream_events
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.warehouses import WarehouseFactory
from tests.operations.event_streams import Listener, access_token, event_server, person_in
from tests.operations.processes import free_port, running, wait_until, web_server
from users.models import User
from users.services.api_tokens import create_api_token, revoke_api_token
from users.services.sign_ins import end_sign_ins
from warehouses.models import Membership

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.quiet_cluster]


@pytest.fixture
def warehouse():
    return WarehouseFactory()


@pytest.fixture
def variation():
    return VariationFactory()


@pytest.fixture(scope="module")
def server_log(tmp_path_factory):
    return tmp_path_factory.mktemp("events") / "log"


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker, server_log):
    """One process for the tests that do not stop it."""
    with django_db_blocker.unblock(), event_server(server_log) as (port, _):
        yield port


@pytest.fixture
def http(request):
    """Return a function that gives a connection, which is closed after the test."""

    def connect(port):
        client = HTTPConnection("127.0.0.1", port, timeout=10)
        request.addfinalizer(client.close)
        return client

    return connect


@pytest.fixture(autouse=True)
def hang_up():
    """Close whatever a test has opened."""
    yield
    while Listener.opened:
        Listener.opened.pop().hang_up()


def post(port, token, sku, warehouse, quantity=1):
    """Record a movement through the web server."""
    client = HTTPConnection("127.0.0.1", port, timeout=20)
    body = {
        "sku": sku, "warehouse": warehouse, "movement_type": "inbound", "quantity": quantity,
    }  # fmt: skip
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    client.request("POST", "/api/stock-movements/", json.dumps(body), headers)
    status = client.getresponse().status
    client.close()
    return status


def receive_lines(variation, warehouse, number):
    """Post a receipt of so many lines at once."""
    line = StockChange(
        variation_id=variation.pk, warehouse_id=warehouse.pk, quantity=Decimal(1),
        movement_type="inbound", unit_cost=Decimal(4), notes="",
    )  # fmt: skip
    apply_stock_changes([line] * number, acting_user=None)


def test_movement_by_http_is_told_within_seconds(server, tmp_path, warehouse, variation):
    person = person_in(warehouse)
    put_in_stock(variation, warehouse, quantity=5)
    token = access_token(person)
    web_port = free_port()
    with web_server(web_port, tmp_path / "web.log"):
        listener = Listener(server, token)
        ready = listener.wait_for("ready")
        posted = time.monotonic()
        assert post(web_port, token, variation.sku_code, warehouse.code, 3) == 201
        told = listener.wait_for("stock", seconds=10)
        seconds = time.monotonic() - posted

    assert listener.answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert ready == [{"topics": ["alerts", "notifications", "stock"], "heartbeat_seconds": 15}]
    assert seconds < 5
    assert len(told) == 1
    facts = told[0]
    assert facts.pop("movement_id").startswith("MOV-")
    assert facts.pop("recorded_at").endswith("Z")
    assert facts == {
        "movement_type": "inbound",
        "warehouse": warehouse.code,
        "product_id": variation.product.code,
        "sku": variation.sku_code,
        "quantity": 3,
        "stock_before": 5,
        "stock_after": 8,
        "reason_code": "",
        "reference_type": "",
        "reference_id": "",
        "balance": {
            "on_hand": 8, "reserved": 0, "unavailable": 0, "incoming": 0, "available": 8,
        },
    }  # fmt: skip


def test_foreign_warehouses_never_arrive(server, warehouse, variation):
    foreign = WarehouseFactory(code="SECRETPLACE", name="Secret place")
    secret = VariationFactory(sku_code="SECRET-SKU", product__name="Secret thing")
    put_in_stock(secret, foreign, quantity=1)
    put_in_stock(variation, warehouse, quantity=1)
    person, other = person_in(warehouse), person_in(foreign)
    admin = person_in(role="admin")
    listener = Listener(server, access_token(person))
    everywhere = Listener(server, access_token(admin))
    narrowed = Listener(server, access_token(admin), f"?warehouse={warehouse.code}&topics=stock")
    for one in (listener, everywhere, narrowed):
        one.wait_for("ready")
    Stock.objects.filter(variation=secret).update(reorder_point=100)

    put_in_stock(secret, foreign, quantity=7)
    refresh_stock_alerts(Stock.objects.values_list("pk", flat=True))
    tell_in_app([Notification(recipient=other, topic="t", title="SECRET message")])
    tell_in_app([Notification(recipient=person, topic="t", title="Own message\nevent: forged")])
    put_in_stock(variation, warehouse, quantity=2)

    for one in (listener, everywhere, narrowed):
        one.wait_for("stock")
    listener.wait_for("notification")
    everywhere.wait_for("stock", 2)
    heard = json.dumps(listener.events) + json.dumps(narrowed.events)
    assert "SECRET" not in heard
    assert [name for _, name, _ in listener.events] == ["ready", "notification", "stock"]
    assert listener.named("notification")[0]["title"] == "Own message\nevent: forged"
    assert [name for _, name, _ in everywhere.events] == [
        "ready", "stock", "alert", "notification", "stock",
    ]  # fmt: skip
    assert [facts["sku"] for facts in narrowed.named("stock")] == [variation.sku_code]
    # What a stream catches up on is narrowed in the database, and just as far.
    resumed = Listener(server, access_token(person), last_event_id=listener.events[0][0])
    resumed.wait_for("stock")
    assert resumed.events[1:] == listener.events[1:]


def test_alert_is_told_from_beginning_to_end(server, warehouse, variation):
    person = person_in(warehouse)
    put_in_stock(variation, warehouse, quantity=1)
    Stock.objects.update(reorder_point=10)
    listener = Listener(server, access_token(person), "?topics=alerts")
    listener.wait_for("ready")

    refresh_stock_alerts(Stock.objects.values_list("pk", flat=True))
    alert = Alert.objects.get()
    listener.wait_for("alert")
    acknowledge_alert(alert=alert, acting_user=person)
    listener.wait_for("alert", 2)
    put_in_stock(variation, warehouse, quantity=50)
    refresh_stock_alerts(Stock.objects.values_list("pk", flat=True))
    told = listener.wait_for("alert", 3)

    assert [(facts["change"], facts["status"]) for facts in told] == [
        ("raised", "active"), ("acknowledged", "acknowledged"), ("resolved", "resolved"),
    ]  # fmt: skip
    assert {facts["alert_id"] for facts in told} == {alert.code}
    assert {facts["warehouse"] for facts in told} == {warehouse.code}
    assert listener.named("stock") == []


def test_resumed_stream_loses_and_doubles_nothing_under_writers(server, warehouse, count):
    """Writers commit out of order while a client is cut off again and again."""
    writers, each, cuts = 4, count(40, full=400), count(6, full=60)
    variations = VariationFactory.create_batch(writers)
    for one in variations:
        put_in_stock(one, warehouse, quantity=1)
    token = access_token(person_in(warehouse))
    listener = Listener(server, token)
    listener.wait_for("ready")
    events = []

    def write(variation):
        for number in range(each):
            with transaction.atomic():
                put_in_stock(variation, warehouse, quantity=number + 1)
                time.sleep(0.02 * (number % 3))  # so that others, begun later, commit before
        connection.close()

    threads = [threading.Thread(target=write, args=[one]) for one in variations]
    for thread in threads:
        thread.start()
    for _ in range(cuts):
        time.sleep(0.3)
        listener.hang_up()
        events += listener.events
        listener = Listener(server, token, last_event_id=listener.last_event_id)
    for thread in threads:
        thread.join()
    wait_until(lambda: len(events) + len(listener.events) >= writers * each + 1 + cuts, 30)
    time.sleep(1.5)
    listener.hang_up()
    events += listener.events

    assert {name for _, name, _ in events} == {"ready", "stock"}
    told = [(facts["sku"], facts["quantity"]) for _, name, facts in events if name == "stock"]
    assert sorted(told) == sorted(
        (one.sku_code, number + 1) for one in variations for number in range(each)
    )


def test_stream_that_cannot_be_taken_up_is_reset(server, warehouse, variation):
    token = access_token(person_in(warehouse))
    now = int(timezone.now().timestamp())
    old = int((timezone.now() - timedelta(days=2, minutes=1)).timestamp())
    ids = {
        f"1-1-1-{old}": "too_old",
        "what?": "unreadable_id",
        f"{10**15}-0-0-{now}": "other_database",
    }

    for last_event_id, reason in ids.items():
        listener = Listener(server, token, last_event_id=last_event_id)
        listener.wait_for("ready")
        assert [name for _, name, _ in listener.events] == ["reset", "ready"]
        assert listener.named("reset")[0]["reason"] == reason
        listener.hang_up()


def test_people_who_may_not_listen_any_more_are_cut_off(server, warehouse, variation):
    """Each at once, and before an event that comes after."""
    put_in_stock(variation, warehouse, quantity=1)
    people = [person_in(warehouse) for _ in range(5)]
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
    put_in_stock(variation, warehouse, quantity=3)

    stays.wait_for("stock")
    for one in listeners:
        one.join(timeout=10)
        assert not one.is_alive()
        assert one.named("stock") == []
    assert [one.named("end")[0]["reason"] for one in listeners] == [
        "account_inactive", "signed_out", "access_changed", "access_changed", "access_changed",
        "account_inactive",
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


def test_posting_wakes_the_streams(settings, warehouse, variation):
    with Redis.from_url(settings.REDIS_URL) as redis, redis.pubsub() as subscription:
        subscription.subscribe(CHANNEL)
        assert subscription.get_message(timeout=5)["type"] == "subscribe"

        put_in_stock(variation, warehouse, quantity=1)

        assert subscription.get_message(timeout=5)["type"] == "message"


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


def read_to_end(client):
    """Read what was on its way until the server's end, which is no orderly one."""
    with client, suppress(ConnectionResetError):
        while client.recv(65536):
            pass


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
        ("POST", "/api/events/", 403), ("GET", "/api/products/", 404), ("GET", "/admin/", 404),
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


def test_log_is_kept_for_three_days(warehouse):
    person = person_in(warehouse)
    for title in ("old", "new"):
        tell_in_app([Notification(recipient=person, topic="t", title=title)])
    first, second = StreamEvent.objects.order_by("pk")
    long_ago = timezone.now() - timedelta(days=3, hours=1)
    StreamEvent.objects.filter(pk=first.pk).update(recorded_at=long_ago)

    assert purge_stream_events() == 1
    assert list(StreamEvent.objects.values_list("pk", flat=True)) == [second.pk]
