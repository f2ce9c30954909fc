"""Several workers judge the same balance at the same moment."""

from threading import Event

import pytest

from alerts.models import Alert
from alerts.services import refresh_stock_alerts, sweep_stock_alerts
from alerts.services import stock as stock_alerts
from notifications.models import Notification, OutboxMessage
from tests.alerts.racing import run_after_all_have_read
from tests.alerts.stocks import move, stock_of
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)


def refresh_after_all_have_read(monkeypatch, stock, workers):
    return run_after_all_have_read(
        monkeypatch, stock_alerts, lambda: refresh_stock_alerts([stock.pk]), workers
    )


def test_eight_workers_raise_one_alert_and_one_mail(monkeypatch, warehouse, manager):
    stock = stock_of(5, warehouse=warehouse)

    raised, seen = refresh_after_all_have_read(monkeypatch, stock, 8)

    assert raised == [0] * 7 + [1]
    assert sorted(seen) == [0] + [1] * 7
    assert Alert.objects.count() == 1
    assert OutboxMessage.objects.filter(channel="email").count() == 1
    assert Notification.objects.count() == 1


def test_without_the_lock_all_find_nothing_and_the_constraint_holds(
    monkeypatch, warehouse, manager
):
    """Prove that the workers do race, and that the unique constraint is a guard of its own."""
    monkeypatch.setattr(stock_alerts, "lock_causes", lambda stock_ids: None)
    stock = stock_of(5, warehouse=warehouse)

    raised, seen = refresh_after_all_have_read(monkeypatch, stock, 8)

    assert seen == [0] * 8
    assert raised == [0] * 7 + [1]
    assert Alert.objects.count() == 1
    assert OutboxMessage.objects.filter(channel="email").count() == 1


def judge_while_stock_recovers(monkeypatch, warehouse):
    """One worker read the balance while it was low; then stock comes in and another judges it."""
    stock = stock_of(5, warehouse=warehouse)
    low_was_read, recovered_was_judged = Event(), Event()
    stock_situations = stock_alerts.stock_situations

    def read_slowly(stock_ids):
        rows = stock_situations(stock_ids)
        if rows[0]["is_low"]:
            low_was_read.set()
            recovered_was_judged.wait(timeout=1)
        return rows

    def recover():
        low_was_read.wait(timeout=5)
        move(stock, 50)
        refresh_stock_alerts([stock.pk])
        recovered_was_judged.set()

    monkeypatch.setattr(stock_alerts, "stock_situations", read_slowly)
    outcomes = run_at_once(lambda: refresh_stock_alerts([stock.pk]), recover)
    assert not any(isinstance(outcome, Exception) for outcome in outcomes), outcomes
    return Alert.objects.open().count()


def test_worker_that_read_an_old_balance_leaves_no_stale_alert(monkeypatch, warehouse, manager):
    assert judge_while_stock_recovers(monkeypatch, warehouse) == 0
    assert Alert.objects.get().resolution_type == "stock_recovered"


def test_without_the_lock_the_stale_alert_stays(monkeypatch, warehouse, manager):
    """Prove that the test above would notice a missing lock."""
    monkeypatch.setattr(stock_alerts, "lock_causes", lambda stock_ids: None)

    assert judge_while_stock_recovers(monkeypatch, warehouse) == 1


def test_sweeps_at_once_raise_each_alert_once(monkeypatch, warehouse, manager):
    monkeypatch.setattr(stock_alerts, "CHUNK", 3)
    for _ in range(10):
        stock_of(5, warehouse=warehouse)

    outcomes = run_at_once(*[sweep_stock_alerts] * 4)

    assert sum(outcome.raised for outcome in outcomes) == 10
    assert Alert.objects.open().count() == 10
    assert OutboxMessage.objects.filter(channel="email").count() == 10
