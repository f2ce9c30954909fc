"""Several connections, the same rows; each race has a control that shows it without its guard."""

from decimal import Decimal
from functools import partial
from uuid import uuid4

import pytest
from django.db import DatabaseError, OperationalError
from rest_framework.test import APIClient

from common.models import IdempotencyRecord
from inventory.exceptions import InsufficientStock
from inventory.models import Stock, StockMovement
from inventory.services import ledger
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange
from inventory.services.transfers.requests import approve_transfer
from operations.ledger_verification import verify_ledger
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.transfers import make_transfer
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 8


def issue(stock, quantity):
    change = StockChange(
        variation_id=stock.variation_id,
        warehouse_id=stock.warehouse_id,
        quantity=-Decimal(quantity),
        movement_type="outbound",
    )
    return apply_stock_changes([change], acting_user=None)


def sell_the_last_ten(rounds=5):
    """Return how many of eight clients got their two units out of ten, for each round."""
    winners = []
    for _ in range(rounds):
        stock = put_in_stock(quantity=10)
        outcomes = run_at_once(*[partial(issue, stock, 2)] * CLIENTS)
        winners.append(sum(isinstance(outcome, list) for outcome in outcomes))
        refused = [outcome for outcome in outcomes if not isinstance(outcome, list)]
        assert all(isinstance(outcome, InsufficientStock | DatabaseError) for outcome in refused)
    return winners


def test_eight_clients_take_exactly_the_last_ten_units(count):
    rounds = count(5, full=100)
    assert sell_the_last_ten(rounds) == [5] * rounds
    assert set(Stock.objects.values_list("on_hand", flat=True)) == {Decimal(0)}
    assert verify_ledger() == []


def test_without_the_lock_more_leaves_than_was_there(monkeypatch):
    monkeypatch.setattr(ledger, "LOCK", ledger.LOCK.replace("FOR NO KEY UPDATE OF s", ""))

    sell_the_last_ten()

    assert {violation.rule for violation in verify_ledger()} >= {"movement_chain"}


def cross_transfers(rounds=10):
    """Ship and receive transfers of two items each way at once; return what was raised."""
    one, two, boss = WarehouseFactory(), WarehouseFactory(), UserFactory(role="admin")
    items = VariationFactory.create_batch(2)
    for warehouse in (one, two):
        for item in items:
            put_in_stock(item, warehouse, 1000)
    raised = []
    for _ in range(rounds):
        transfers = [
            make_transfer(1, 1, source=source, to=to, variations=order, auto_receive=True)
            for source, to, order in [(one, two, items), (two, one, items[::-1])] * 4
        ]
        calls = [
            partial(approve_transfer, transfer=transfer, acting_user=boss) for transfer in transfers
        ]
        raised += [outcome for outcome in run_at_once(*calls) if isinstance(outcome, Exception)]
        if raised:
            break
    return raised


def test_opposite_transfers_in_opposite_line_order_do_not_deadlock():
    assert cross_transfers() == []
    assert verify_ledger() == []
    assert set(Stock.objects.values_list("on_hand", flat=True)) == {Decimal(1000)}


def test_without_the_order_of_locks_opposite_transfers_deadlock(monkeypatch):
    lock_in_line_order = ledger.lock_balances

    def lock_one_by_one(changes):
        balances = {}
        for change in changes:
            balances |= lock_in_line_order([change])
        return balances

    monkeypatch.setattr(ledger, "lock_balances", lock_one_by_one)

    raised = cross_transfers()

    assert "40P01" in {
        getattr(error.__cause__, "sqlstate", None)
        for error in raised
        if isinstance(error, OperationalError)
    }


@pytest.fixture
def post_movement():
    """Return a function that posts the same receipt with an idempotency key, or without."""
    warehouse, variation = WarehouseFactory(), VariationFactory()
    user = UserFactory(role="staff")
    MembershipFactory(user=user, warehouse=warehouse)

    def post(key=None, quantity=5, by=user):
        client = APIClient()
        client.force_authenticate(by)
        headers = {"Idempotency-Key": key} if key else {}
        body = {
            "sku": variation.sku_code,
            "warehouse": warehouse.code,
            "movement_type": "inbound",
            "quantity": quantity,
            "unit_cost": 2.5,
        }
        return client.post("/api/stock-movements/", body, headers=headers)

    post.warehouse = warehouse
    return post


def test_same_post_eight_times_at_once_with_one_key_posts_once(post_movement, count):
    rounds = count(5, full=100)
    for _ in range(rounds):
        key = str(uuid4())
        answers = run_at_once(*[partial(post_movement, key)] * CLIENTS)

        assert [answer.status_code for answer in answers] == [201] * CLIENTS
        assert len({answer.content for answer in answers}) == 1
        assert sum("Idempotent-Replayed" in answer.headers for answer in answers) == CLIENTS - 1
    assert StockMovement.objects.count() == rounds
    assert Stock.objects.get().on_hand == 5 * rounds


def test_same_post_eight_times_without_a_key_posts_eight_times(post_movement):
    answers = run_at_once(*[post_movement] * CLIENTS)

    assert len({answer.json()["movement_id"] for answer in answers}) == CLIENTS
    assert Stock.objects.get().on_hand == 5 * CLIENTS
    assert verify_ledger() == []


def test_key_with_another_body_is_refused_and_refusals_are_repeated_too(post_movement):
    first = post_movement("key-1", quantity=0)
    again = post_movement("key-1", quantity=0)
    other = post_movement("key-1", quantity=7)

    assert (first.status_code, again.status_code, other.status_code) == (400, 400, 422)
    assert first.content == again.content
    assert other.json()["code"] == "idempotency_key_reused"
    assert not StockMovement.objects.exists()


def test_key_of_another_user_is_another_key(post_movement):
    colleague = UserFactory(role="staff")
    MembershipFactory(user=colleague, warehouse=post_movement.warehouse)

    assert post_movement("key-2").status_code == 201
    assert post_movement("key-2", by=colleague).status_code == 201
    assert StockMovement.objects.count() == 2
    assert IdempotencyRecord.objects.count() == 2
