"""The event streams, as a real process tells them over HTTP."""

import json
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone
from redis import Redis

from alerts.models import Alert
from alerts.services import acknowledge_alert, refresh_stock_alerts
from alerts.services.system import raise_system_alert
from common.permissions import Can
from inventory.models import Stock
from notifications.models import Notification
from notifications.outbox import tell_in_app
from notifications.stream_waker import CHANNEL
from operations.models import StreamEvent
from operations.tasks import purge_stream_events
from tests.factories.alerts import AlertFactory
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.suppliers import SupplierFactory
from tests.factories.warehouses import WarehouseFactory
from tests.operations.event_streams import Listener, access_token, person_in
from tests.operations.events.posting import post
from tests.operations.processes import free_port, wait_until, web_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.quiet_cluster]


def test_movement_by_http_is_told_within_seconds(server, tmp_path, warehouse, variation):
    person = person_in(warehouse)
    put_in_stock(variation, warehouse, quantity=5)
    token = access_token(person)
    web_port = free_port()
    with web_server(web_port, tmp_path / "web.log"):
        listener = Listener(server, token)
        ready = listener.wait_for("ready")
        assert post(web_port, token, variation.sku_code, warehouse.code, 3) == 201
        answered = time.monotonic()
        told = listener.wait_for("stock")
        seconds = time.monotonic() - answered

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


def test_alerts_of_suppliers_are_told_to_whom_the_list_shows_them(server, api, warehouse):
    """Who only sees stock is the control, and so is what is about no supplier."""
    buyer, clerk, admin = (
        person_in(warehouse, role="manager"),
        person_in(warehouse),
        person_in(role="admin"),
    )
    helper = person_in(warehouse)
    helper.extra_permissions = [Can.MANAGE_CATALOGUE.value]
    helper.save()
    people = [buyer, helper, admin, clerk]
    listeners = [Listener(server, access_token(one), "?topics=alerts") for one in people]
    narrowed = Listener(server, access_token(buyer), f"?topics=alerts&warehouse={warehouse.code}")
    for one in (*listeners, narrowed):
        one.wait_for("ready")

    words = {"severity": "high", "message": "Look at it."}
    raise_system_alert(cause_key="list:1", title="List", supplier=SupplierFactory(), **words)
    raise_system_alert(cause_key="disk", title="Disk", **words)
    AlertFactory(warehouse=warehouse, title="Low")

    for one in (*listeners, narrowed):
        wait_until(lambda one=one: "Low" in titles(one))
    told = [titles(one) for one in listeners]
    assert told == [["List", "Low"], ["List", "Low"], ["List", "Disk", "Low"], ["Low"]]
    assert titles(narrowed) == ["Low"]
    client = api("viewer")
    for person, heard in zip(people, told, strict=True):
        client.force_authenticate(person)
        rows = client.get("/api/alerts/").json()["alerts"]
        assert sorted(row["title"] for row in rows) == sorted(heard)
    for person, listener in zip(people, listeners, strict=True):
        resumed = Listener(
            server, access_token(person), "?topics=alerts", last_event_id=listener.events[0][0]
        )
        wait_until(lambda one=resumed: "Low" in titles(one))
        assert resumed.events[1:] == listener.events[1:]


def titles(listener):
    return [facts["title"] for facts in listener.named("alert")]


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


def test_posting_wakes_the_streams(settings, warehouse, variation):
    with Redis.from_url(settings.REDIS_URL) as redis, redis.pubsub() as subscription:
        subscription.subscribe(CHANNEL)
        assert subscription.get_message(timeout=5)["type"] == "subscribe"

        put_in_stock(variation, warehouse, quantity=1)

        assert subscription.get_message(timeout=5)["type"] == "message"


def test_log_is_kept_for_three_days(warehouse):
    person = person_in(warehouse)
    for title in ("old", "new"):
        tell_in_app([Notification(recipient=person, topic="t", title=title)])
    first, second = StreamEvent.objects.order_by("pk")
    long_ago = timezone.now() - timedelta(days=3, hours=1)
    StreamEvent.objects.filter(pk=first.pk).update(recorded_at=long_ago)

    assert purge_stream_events() == 1
    assert list(StreamEvent.objects.values_list("pk", flat=True)) == [second.pk]
