"""Transfers that are refused: nothing moves, and the answer says why."""

from decimal import Decimal

import pytest

from common.exceptions import InvalidInput, OwnRequest, WrongState
from common.models import CompanySettings
from inventory.exceptions import InsufficientStock, MoreThanShipped
from inventory.models import Stock, TransferRequest
from inventory.services.transfers.leaving import Leaving
from inventory.services.transfers.receiving import (
    Arrival,
    cancel_transfer,
    close_transfer,
    receive_transfer,
)
from inventory.services.transfers.requests import (
    WantedLine,
    approve_transfer,
    reject_transfer,
    request_transfer,
)
from inventory.services.transfers.shipping import ship_transfer
from tests.factories.inventory import VariationFactory
from tests.factories.transfers import at, make_transfer, transfer_facts
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory

pytestmark = pytest.mark.django_db
STATUSES = [
    "pending", "approved", "rejected", "in_transit", "partially_received", "received", "closed",
    "cancelled",
]  # fmt: skip
STEPS = {
    "approve": lambda transfer, by: approve_transfer(transfer=transfer, acting_user=by),
    "reject": lambda transfer, by: reject_transfer(transfer=transfer, note="No", acting_user=by),
    "ship": lambda transfer, by: ship_transfer(transfer=transfer, acting_user=by),
    "receive": lambda transfer, by: receive_transfer(transfer=transfer, acting_user=by),
    "close": lambda transfer, by: close_transfer(
        transfer=transfer, is_lost=True, note="Gone", acting_user=by
    ),
    "cancel": lambda transfer, by: cancel_transfer(transfer=transfer, acting_user=by),
}
LAWFUL = {
    "pending": {"approve", "reject", "cancel"},
    "approved": {"ship", "cancel"},
    "in_transit": {"receive", "close", "cancel"},
    "partially_received": {"receive", "close"},
}


def test_too_little_at_the_source_decides_nothing_and_names_every_line(boss):
    transfer = make_transfer(101, 10, 200)
    before = transfer_facts(transfer)

    with pytest.raises(InsufficientStock) as refused:
        approve_transfer(transfer=transfer, acting_user=boss)

    assert [line["requested"] for line in refused.value.details["lines"]] == [101, 200]
    assert transfer_facts(transfer) == before


def test_reserved_goods_are_not_shipped(boss):
    transfer = make_transfer(10)
    Stock.objects.update(unavailable=95)

    with pytest.raises(InsufficientStock):
        approve_transfer(transfer=transfer, acting_user=boss)

    assert at(transfer.from_warehouse) == (100, 0)
    Stock.objects.update(unavailable=0)


def test_nobody_decides_their_own_request_unless_the_company_says_so(boss):
    transfer = make_transfer(10, asked_by=boss)
    before = transfer_facts(transfer)

    with pytest.raises(OwnRequest):
        approve_transfer(transfer=transfer, acting_user=boss)
    with pytest.raises(OwnRequest):
        reject_transfer(transfer=transfer, note="No.", acting_user=boss)
    assert transfer_facts(transfer) == before

    CompanySettings.objects.update_or_create(pk=1, defaults={"second_person_rule": False})
    approve_transfer(transfer=transfer, acting_user=boss)
    assert at(transfer.to_warehouse) == (0, 10)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("status", STATUSES)
def test_only_lawful_steps_are_taken(boss, status, step):
    transfer = make_transfer(10, status=status)
    before = transfer_facts(transfer)

    if step in LAWFUL.get(status, ()):
        STEPS[step](transfer, boss)
        assert transfer_facts(transfer) != before
    else:
        with pytest.raises(WrongState) as refused:
            STEPS[step](transfer, boss)
        assert refused.value.details["allowed_transitions"] == transfer.allowed_transitions
        assert transfer_facts(transfer) == before


@pytest.mark.parametrize(
    ("received", "damaged"), [("11", "0"), ("0", "10.001"), ("6", "5"), ("99999999", "0")]
)
def test_more_than_was_shipped_is_refused(boss, received, damaged):
    transfer = make_transfer(10, status="in_transit")
    before = transfer_facts(transfer)
    arrival = Arrival(
        line_id=transfer.lines.get().pk, received=Decimal(received), damaged=Decimal(damaged)
    )

    with pytest.raises(MoreThanShipped) as refused:
        receive_transfer(transfer=transfer, arrivals=[arrival], acting_user=boss)

    assert refused.value.details["lines"][0]["quantity_in_transit"] == 10
    assert transfer_facts(transfer) == before


@pytest.mark.parametrize(
    "arrivals",
    [
        [],
        [("own", "0", "0")],
        [("own", "-1", "2")],
        [("own", "1", "0"), ("own", "1", "0")],
        [("other", "1", "0")],
        [("own", "5", "0"), ("other", "1", "0")],
    ],
)
def test_arrivals_that_make_no_sense_are_refused_whole(boss, arrivals):
    transfer, other = make_transfer(10, status="in_transit"), make_transfer(status="in_transit")
    keys = {"own": transfer.lines.get().pk, "other": other.lines.get().pk}
    before = transfer_facts(transfer)

    with pytest.raises(InvalidInput):
        receive_transfer(
            transfer=transfer,
            arrivals=[
                Arrival(line_id=keys[line], received=Decimal(good), damaged=Decimal(bad))
                for line, good, bad in arrivals
            ],
            acting_user=boss,
        )

    assert transfer_facts(transfer) == before


@pytest.mark.parametrize(
    ("quantities", "text"),
    [(["11"], "Only 10 were asked for"), (["-1"], "at least 0"), (["0"], "Give something")],
)
def test_what_leaves_is_at_most_what_was_asked_for(boss, quantities, text):
    transfer = make_transfer(10, status="approved")
    line = transfer.lines.get()
    before = transfer_facts(transfer)

    with pytest.raises(InvalidInput, match=text):
        ship_transfer(
            transfer=transfer,
            leaving=[Leaving(line_id=line.pk, quantity=Decimal(quantities[0]))],
            acting_user=boss,
        )

    assert transfer_facts(transfer) == before


def test_requests_that_make_no_sense_are_refused():
    one, two, variation = WarehouseFactory(), WarehouseFactory(), VariationFactory()
    manager = UserFactory(role="manager")
    MembershipFactory(user=manager, warehouse=one)
    line = WantedLine(variation=variation, quantity=Decimal(1))
    zero = WantedLine(variation=variation, quantity=Decimal(0))

    def ask(source, destination, lines):
        with pytest.raises(InvalidInput) as refused:
            request_transfer(
                from_warehouse=source, to_warehouse=destination, lines=lines, acting_user=manager
            )
        return refused.value.details

    assert list(ask(one, one, [line])) == ["to_warehouse"]
    assert list(ask(two, WarehouseFactory(), [line])) == ["from_warehouse", "to_warehouse"]
    assert list(ask(one, two, [])) == ["items"]
    assert list(ask(one, two, [zero])) == ["items.0.quantity"]
    assert list(ask(one, two, [line, line])) == ["items.1.sku"]
    assert not TransferRequest.objects.exists()
