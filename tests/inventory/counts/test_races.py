"""Steps of counts taken twice, at the same moment or by one key: each has one effect."""

from decimal import Decimal
from functools import partial

import pytest

from inventory.models import StockCount, StockCountLine, StockMovement
from inventory.services.counts import closing
from inventory.services.counts.closing import approve_count, submit_count
from inventory.services.counts.entering import Entry, enter_counted
from inventory.services.counts.opening import open_count
from operations.ledger_verification import verify_ledger
from tests.factories.inventory import (
    put_in_stock,
)
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.inventory.counts.steps import on_hand, opened, scanned, sell
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db
PATH = "/api/stock-counts/"


def test_steps_sent_twice_with_one_key_are_taken_once(clerk, manager, place, goods):
    headers = {"Idempotency-Key": "once"}
    code = opened(clerk, warehouse=place.code)
    steps = [
        (clerk, "lines/", scanned("G-3", 4, add=True)),
        (clerk, "submit/", {"uncounted": "left_out"}),
        (manager, "approve/", {"decision": "approve"}),
    ]
    StockCount.objects.update(recount_tolerance_percent=100)
    for number, (client, step, body) in enumerate(steps):
        headers = {"Idempotency-Key": f"once-{number}"}
        answers = [client.post(f"{PATH}{code}/{step}", body, headers=headers) for _ in range(2)]
        assert answers[0].status_code in (200, 201), answers[0].content
        assert answers[0].content == answers[1].content

    assert on_hand(goods[2], place) == 4
    assert StockMovement.objects.filter(reference_code=code).count() == 1


@pytest.mark.parametrize(
    ("path", "body"), [(PATH, {"abc_class": "C"}), ("/api/count-plan/", {"limit": 2})]
)
def test_a_count_opened_twice_with_one_key_is_one(clerk, place, goods, path, body):
    headers = {"Idempotency-Key": "once"}

    answers = [clerk.post(path, body, headers=headers) for _ in range(2)]

    assert answers[0].status_code == 201, answers[0].content
    assert answers[0].content == answers[1].content
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert StockCount.objects.get().code == answers[0].json()["code"]
    assert clerk.post(path, {**body, "notes": "x"}, headers=headers).status_code == 422


def test_a_count_cancelled_twice_with_one_key_is_cancelled_once(clerk, place, goods):
    path = f"{PATH}{opened(clerk, warehouse=place.code)}/cancel/"
    body, headers = {"note": "Wrong aisle"}, {"Idempotency-Key": "once"}

    first = clerk.post(path, body, headers=headers)
    left = StockCount.objects.values().get()
    again = clerk.post(path, body, headers=headers)

    assert (first.status_code, first.json()["status"]) == (200, "cancelled")
    assert first.content == again.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert StockCount.objects.values().get() == left
    assert clerk.post(path, body).status_code == 409


@pytest.mark.django_db(transaction=True)
def test_a_count_and_sales_at_the_same_moment_agree():
    place, clerk, boss = WarehouseFactory(), UserFactory(role="staff"), UserFactory(role="admin")
    variation = put_in_stock(warehouse=place, quantity=100).variation
    for _ in range(5):
        put_in_stock(variation, place, 8)
        count = open_count(warehouse=place, acting_user=clerk)
        before = on_hand(variation, place)
        line = count.lines.get()
        enter_counted(
            count=count, entries=[Entry(line=line, quantity=before - 2)], acting_user=clerk
        )
        submit_count(count=count, acting_user=clerk)

        outcomes = run_at_once(
            partial(approve_count, count=count, acting_user=boss),
            *[partial(sell, variation, place, 2)] * 3,
            partial(approve_count, count=count, acting_user=boss),
        )

        assert sum(isinstance(outcome, StockCount) for outcome in outcomes) == 1
        assert on_hand(variation, place) == before - 2 - 6
    assert verify_ledger() == []


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_on_the_count_it_is_posted_twice(monkeypatch):
    place, clerk, boss = WarehouseFactory(), UserFactory(role="staff"), UserFactory(role="admin")
    variation = put_in_stock(warehouse=place, quantity=100).variation
    count = open_count(warehouse=place, acting_user=clerk)
    entries = [Entry(line=count.lines.get(), quantity=Decimal(98))]
    enter_counted(count=count, entries=entries, acting_user=clerk)
    submit_count(count=count, acting_user=clerk)
    count.refresh_from_db()
    monkeypatch.setattr(closing, "lock_count", lambda count: count)

    twins = [StockCount.objects.get(pk=count.pk) for _ in range(2)]
    run_at_once(*[partial(approve_count, count=twin, acting_user=boss) for twin in twins])

    assert on_hand(variation, place) == 96


@pytest.mark.django_db(transaction=True)
def test_two_counts_opened_at_once_share_no_line():
    place, clerk = WarehouseFactory(), UserFactory(role="staff")
    for _ in range(20):
        put_in_stock(warehouse=place, quantity=5)

    run_at_once(*[partial(open_count, warehouse=place, acting_user=clerk)] * 4)

    assert StockCountLine.objects.count() == 20
    assert StockCount.objects.count() == 1
