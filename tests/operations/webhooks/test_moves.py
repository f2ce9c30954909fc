"""Stock that moved is told from the ledger itself: nothing is passed over, nothing told twice."""

import json
import threading

import pytest
from django.db import connection, transaction

from operations.models import WebhookDelivery, WebhookHealth
from operations.webhooks.moves import collect_moves
from operations.webhooks.services import change_webhook
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.warehouses import WarehouseFactory
from tests.factories.webhooks import make_webhook
from tests.threads import run_at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.quiet_cluster]


def moves():
    rows = WebhookDelivery.objects.filter(event_type="stock.moved").order_by("pk")
    return [json.loads(row.body)["data"] for row in rows]


def quantities():
    return [move["quantity"] for event in moves() for move in event["movements"]]


def test_movements_since_the_webhook_was_made_are_told_once():
    place = WarehouseFactory()
    variation = VariationFactory()
    put_in_stock(variation, place, 1)
    make_webhook("stock.moved")
    put_in_stock(variation, place, 2)
    put_in_stock(variation, place, 3.5)

    collect_moves()
    collect_moves()

    [event] = moves()
    assert event["warehouses"] == [place.code]
    assert [move["quantity"] for move in event["movements"]] == [2, 3.5]
    assert event["movements"][0] == {
        "movement_id": event["movements"][0]["movement_id"],
        "movement_type": "inbound",
        "warehouse": place.code,
        "product_id": variation.product.code,
        "sku": variation.sku_code,
        "quantity": 2,
        "stock_before": 1,
        "stock_after": 3,
        "reason_code": event["movements"][0]["reason_code"],
        "reference_type": event["movements"][0]["reference_type"],
        "reference_id": event["movements"][0]["reference_id"],
        "recorded_at": event["movements"][0]["recorded_at"],
    }


def test_movements_are_parted_by_warehouse_and_into_hundreds(monkeypatch):
    monkeypatch.setattr("operations.webhooks.moves.IN_ONE_EVENT", 2)
    monkeypatch.setattr("operations.webhooks.moves.ROWS_AT_ONCE", 4)
    first, second = WarehouseFactory.create_batch(2)
    everywhere, _ = make_webhook("*")
    only_second, _ = make_webhook("stock.moved", warehouse=second)
    variation = VariationFactory()
    for place in (first, first, first, second, second):
        put_in_stock(variation, place, 1)

    collect_moves()
    collect_moves()

    rows = WebhookDelivery.objects.filter(event_type="stock.moved").order_by("pk")
    sizes = {
        hook.pk: [
            (
                json.loads(row.body)["data"]["warehouses"],
                len(json.loads(row.body)["data"]["movements"]),
            )
            for row in rows
            if row.webhook_id == hook.pk
        ]
        for hook in (everywhere, only_second)
    }
    assert sizes[everywhere.pk] == [
        ([first.code], 2), ([first.code], 1), ([second.code], 1), ([second.code], 1),
    ]  # fmt: skip
    assert sizes[only_second.pk] == [([second.code], 2)]


def test_movement_that_commits_late_is_not_passed_over():
    place, (first, second) = WarehouseFactory(), VariationFactory.create_batch(2)
    make_webhook("stock.moved")
    has_written, may_commit = threading.Event(), threading.Event()

    def write_late():
        with transaction.atomic():
            put_in_stock(first, place, 1)
            has_written.set()
            assert may_commit.wait(20)
        connection.close()

    late = threading.Thread(target=write_late)
    late.start()
    assert has_written.wait(20)
    put_in_stock(second, place, 2)

    collect_moves()
    before = quantities()
    may_commit.set()
    late.join(20)
    collect_moves()

    assert (before, quantities()) == ([], [1, 2])


def test_two_workers_tell_each_movement_once():
    place, variation = WarehouseFactory(), VariationFactory()
    make_webhook("stock.moved")
    for _ in range(5):
        put_in_stock(variation, place, 1)

    run_at_once(collect_moves, collect_moves, collect_moves)
    collect_moves()

    assert quantities() == [1] * 5


def test_webhook_that_was_off_is_told_of_what_comes_after():
    place, variation = WarehouseFactory(), VariationFactory()
    hook, _ = make_webhook("stock.moved")
    change_webhook(webhook=hook, is_active=False, acting_user=None)
    put_in_stock(variation, place, 1)
    collect_moves()
    change_webhook(webhook=hook, is_active=True, acting_user=None)
    put_in_stock(variation, place, 2)

    collect_moves()

    assert quantities() == [2]


def test_change_of_its_name_leaves_its_place_in_the_ledger():
    place, variation = WarehouseFactory(), VariationFactory()
    hook, _ = make_webhook("stock.moved")
    put_in_stock(variation, place, 1)
    change_webhook(webhook=hook, name="Other", event_types=["*"], acting_user=None)

    collect_moves()

    assert quantities() == [1]


def test_place_of_another_database_is_put_right():
    place, variation = WarehouseFactory(), VariationFactory()
    make_webhook("stock.moved")
    WebhookHealth.objects.update(told_transaction=2**60)
    put_in_stock(variation, place, 1)
    collect_moves()
    put_in_stock(variation, place, 2)

    collect_moves()

    assert quantities() == [2]
