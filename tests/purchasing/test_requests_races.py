"""Several connections, the same request or the same last units; each race with its control."""

from decimal import Decimal
from functools import partial
from threading import Barrier

import pytest

from common.exceptions import WrongState
from inventory.exceptions import InsufficientStock
from inventory.models import Stock, StockMovement
from operations.ledger_verification import verify_ledger
from purchasing.models import PurchaseRequest
from purchasing.services import requests as service
from purchasing.services.requests import (
    approve_goods_request,
    cancel_goods_request,
    reject_goods_request,
)
from sales.models import Fulfilment
from sales.services.fulfilment import fulfil_sales_order
from tests.factories.goods_requests import make_goods_request
from tests.factories.inventory import put_in_stock
from tests.factories.sales import take_order
from tests.factories.users import UserFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS, ROUNDS = 4, 5


@pytest.fixture
def clerks():
    return [UserFactory(role="staff") for _ in range(CLIENTS)]


def approve_at_once(request, clerks):
    return run_at_once(
        *[partial(approve_goods_request, request=request, acting_user=clerk) for clerk in clerks]
    )


def on_hand(request):
    return Stock.objects.get(warehouse=request.warehouse).on_hand


def test_several_deciders_post_once(clerks):
    request = make_goods_request(10)

    outcomes = approve_at_once(request, clerks)

    assert sum(isinstance(outcome, PurchaseRequest) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, WrongState) for outcome in outcomes) == CLIENTS - 1
    assert on_hand(request) == 90
    assert StockMovement.objects.filter(reference_code=request.code).count() == 1
    assert verify_ledger() == []


def test_without_the_lock_on_the_request_every_decider_posts(monkeypatch, clerks):
    all_read = Barrier(CLIENTS)
    check = service.require_second_person

    def check_when_all_have_read(*args, **kwargs):
        all_read.wait(timeout=30)
        check(*args, **kwargs)

    monkeypatch.setattr(service, "lock_request", lambda request: request)
    monkeypatch.setattr(service, "require_second_person", check_when_all_have_read)
    request = make_goods_request(10)
    copies = [PurchaseRequest.objects.get(pk=request.pk) for _ in clerks]

    run_at_once(
        *[
            partial(approve_goods_request, request=copy, acting_user=clerk)
            for copy, clerk in zip(copies, clerks, strict=True)
        ]
    )

    assert on_hand(request) == 100 - 10 * CLIENTS


def test_a_request_is_decided_or_taken_back_once(clerks):
    for _ in range(ROUNDS):
        request = make_goods_request(10)

        outcomes = run_at_once(
            partial(approve_goods_request, request=request, acting_user=clerks[0]),
            partial(reject_goods_request, request=request, note="No.", acting_user=clerks[1]),
            partial(cancel_goods_request, request=request, acting_user=request.requested_by),
        )

        request.refresh_from_db()
        assert sum(isinstance(outcome, PurchaseRequest) for outcome in outcomes) == 1
        assert sum(isinstance(outcome, WrongState) for outcome in outcomes) == 2
        assert on_hand(request) == (90 if request.status == "approved" else 100)
    assert verify_ledger() == []


def test_the_last_units_go_to_a_customer_or_to_who_asked(clerks):
    for _ in range(ROUNDS):
        stock = put_in_stock(quantity=1)
        request = make_goods_request(1, warehouse=stock.warehouse, variations=[stock.variation])

        outcomes = run_at_once(
            partial(approve_goods_request, request=request, acting_user=clerks[0]),
            partial(take_order, (stock.variation, 1), warehouse=stock.warehouse),
        )

        stock.refresh_from_db()
        request.refresh_from_db()
        given = request.status == "approved"
        assert isinstance(outcomes[0], PurchaseRequest if given else InsufficientStock)
        assert (stock.on_hand, stock.reserved) == ((0, 0) if given else (1, 1))
        order = outcomes[1]
        if given:
            with pytest.raises(InsufficientStock):
                fulfil_sales_order(order=order, acting_user=None)
        else:
            assert isinstance(fulfil_sales_order(order=order, acting_user=None), Fulfilment)
        stock.refresh_from_db()
        assert (stock.on_hand, stock.reserved) == (0, 0)
    assert verify_ledger() == []


def test_without_the_ledgers_lock_the_last_units_would_go_to_both():
    """The control: reading what is available first, and writing later, sees it twice."""
    stock = put_in_stock(quantity=1)
    both_read = Barrier(2)

    def take_naively():
        available = Stock.objects.get(pk=stock.pk).available
        both_read.wait(timeout=30)
        return available >= Decimal(1)

    assert run_at_once(take_naively, take_naively) == [True, True]
