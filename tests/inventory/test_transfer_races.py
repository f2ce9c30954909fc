"""Several connections, the same transfer; each race with a control without its guard."""

from decimal import Decimal
from functools import partial
from threading import Barrier

import pytest

from common.exceptions import WrongState
from inventory.exceptions import MoreThanShipped
from inventory.models import Stock, TransferRequest
from inventory.services.transfers import receiving
from inventory.services.transfers.receiving import Arrival, cancel_transfer, receive_transfer
from inventory.services.transfers.requests import approve_transfer, reject_transfer
from operations.ledger_verification import verify_ledger
from tests.factories.transfers import at, make_transfer
from tests.factories.users import UserFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS, ROUNDS = 4, 5


@pytest.fixture
def boss():
    return UserFactory(role="admin")


def taken(outcomes):
    return sum(isinstance(outcome, TransferRequest) for outcome in outcomes)


def receive_three_each(transfer, boss):
    arrival = Arrival(line_id=transfer.lines.get().pk, received=Decimal(3))
    return run_at_once(
        *[partial(receive_transfer, transfer=transfer, arrivals=[arrival], acting_user=boss)]
        * CLIENTS
    )


def test_receivers_of_one_transfer_receive_no_more_than_was_shipped(boss):
    transfer = make_transfer(10, status="in_transit")

    outcomes = receive_three_each(transfer, boss)

    assert taken(outcomes) == 3
    assert sum(isinstance(outcome, MoreThanShipped) for outcome in outcomes) == 1
    assert at(transfer.to_warehouse) == (9, 1)
    assert verify_ledger() == []


def test_without_the_lock_on_the_transfer_receipts_get_lost(monkeypatch, boss):
    all_read = Barrier(CLIENTS)
    check = receiving.require_arrivals

    def check_when_all_have_read(*args):
        all_read.wait(timeout=30)
        check(*args)

    monkeypatch.setattr(receiving, "lock_transfer", lambda transfer: transfer)
    monkeypatch.setattr(receiving, "require_arrivals", check_when_all_have_read)
    transfer = make_transfer(10, status="in_transit")

    receive_three_each(transfer, boss)

    assert transfer.lines.get().quantity_received == 3
    assert Stock.objects.get(warehouse=transfer.to_warehouse).on_hand > 3
    assert "incoming_explained" in {violation.rule for violation in verify_ledger()}


def test_a_request_is_decided_once(boss):
    for _ in range(ROUNDS):
        transfer = make_transfer(10)

        outcomes = run_at_once(
            partial(approve_transfer, transfer=transfer, acting_user=boss),
            partial(reject_transfer, transfer=transfer, note="No.", acting_user=boss),
            partial(cancel_transfer, transfer=transfer, acting_user=boss),
            partial(approve_transfer, transfer=transfer, acting_user=boss),
        )

        transfer.refresh_from_db()
        refused = sum(isinstance(outcome, WrongState) for outcome in outcomes)
        # What was approved first may still be cancelled after it.
        assert taken(outcomes) + refused == 4
        assert taken(outcomes) == (2 if transfer.decided_by and transfer.closed_by else 1)
        assert at(transfer.from_warehouse) == (90 if transfer.status == "in_transit" else 100, 0)
    assert verify_ledger() == []


def test_goods_either_arrive_or_go_back(boss):
    for _ in range(ROUNDS):
        transfer = make_transfer(10, status="in_transit")

        outcomes = run_at_once(
            partial(receive_transfer, transfer=transfer, acting_user=boss),
            partial(cancel_transfer, transfer=transfer, acting_user=boss),
        )

        assert taken(outcomes) == 1
        transfer.refresh_from_db()
        assert (transfer.status, at(transfer.from_warehouse), at(transfer.to_warehouse)) in [
            ("received", (90, 0), (10, 0)),
            ("cancelled", (100, 0), (0, 0)),
        ]
    assert verify_ledger() == []
