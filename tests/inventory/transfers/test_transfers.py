"""A transfer from the request to the shelf: who has the goods, and what they are worth."""

from decimal import Decimal

import pytest
from django.db.models import F, Sum

from common.exceptions import InvalidInput, NotAllowed
from inventory.models import Stock, StockMovement, TransferRequest
from inventory.queries import in_transit_value
from inventory.services.transfers.leaving import Leaving
from inventory.services.transfers.receiving import (
    Arrival,
    cancel_transfer,
    close_transfer,
    receive_transfer,
)
from inventory.services.transfers.requests import (
    approve_transfer,
    reject_transfer,
)
from inventory.services.transfers.shipping import ship_transfer
from tests.factories.inventory import put_in_stock
from tests.factories.transfers import at, make_transfer
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory

pytestmark = pytest.mark.django_db


def whole_value():
    """Return the value of all stock: in the balances, and on its way."""
    balances = Stock.objects.aggregate(total=Sum(F("on_hand") * F("average_cost")))["total"] or 0
    on_its_way = sum(row["value"] for row in in_transit_value(TransferRequest.objects.all()))
    return balances + on_its_way


def test_asking_moves_nothing_and_holds_nothing():
    transfer = make_transfer(10, notes="Spring sale")

    assert (transfer.status, transfer.code[:3]) == ("pending", "TR-")
    assert transfer.allowed_transitions == ["approved", "rejected", "cancelled"]
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.reserved, stock.incoming) == (100, 0, 0)


def test_approval_ships_and_goods_are_in_transit_valued_at_the_cost_they_left_at(boss):
    transfer = make_transfer(10)
    before = whole_value()

    approve_transfer(transfer=transfer, note="Yes.", acting_user=boss)

    transfer.refresh_from_db()
    line = transfer.lines.get()
    assert (transfer.status, transfer.decided_by, transfer.shipped_by) == ("in_transit", boss, boss)
    assert (line.quantity_shipped, line.quantity_in_transit, line.unit_cost) == (10, 10, 4)
    assert at(transfer.from_warehouse) == (90, 0)
    assert at(transfer.to_warehouse) == (0, 10)
    assert whole_value() == before
    assert in_transit_value(TransferRequest.objects.all()) == [
        {
            "warehouse": transfer.to_warehouse.code,
            "transfers": 1,
            "quantity": Decimal(10),
            "value": Decimal("40.00"),
        }
    ]
    movement = StockMovement.objects.get(movement_type="transfer")
    assert (movement.quantity, movement.reference_type, movement.reference_code) == (
        -10, "transfer", transfer.code,
    )  # fmt: skip
    assert movement.approved_by == boss


def test_goods_in_transit_are_available_nowhere(boss):
    transfer = make_transfer(10)

    approve_transfer(transfer=transfer, acting_user=boss)

    assert sum(stock.available for stock in Stock.objects.all()) == 90


def test_what_is_received_comes_in_at_the_cost_it_left_at(boss):
    transfer = make_transfer(10, 4)
    before = whole_value()
    approve_transfer(transfer=transfer, acting_user=boss)
    put_in_stock(transfer.lines.first().variation, transfer.from_warehouse, 100, bin_location="B")

    receive_transfer(transfer=transfer, acting_user=boss)

    transfer.refresh_from_db()
    assert (transfer.status, transfer.received_by) == ("received", boss)
    assert [line.quantity_received for line in transfer.lines.all()] == [10, 4]
    arrived = Stock.objects.filter(warehouse=transfer.to_warehouse).order_by("pk")
    assert [(row.on_hand, row.incoming, row.average_cost) for row in arrived] == [
        (10, 0, 4), (4, 0, 4),
    ]  # fmt: skip
    assert whole_value() == before + 400


def test_cost_of_goods_in_transit_is_that_of_the_day_they_left(boss):
    transfer = make_transfer(10)
    approve_transfer(transfer=transfer, acting_user=boss)
    variation = transfer.lines.get().variation
    Stock.objects.filter(warehouse=transfer.from_warehouse).update(average_cost=9)
    put_in_stock(variation, transfer.to_warehouse, 10)
    Stock.objects.filter(warehouse=transfer.to_warehouse).update(average_cost=6)

    receive_transfer(transfer=transfer, acting_user=boss)

    stock = Stock.objects.get(warehouse=transfer.to_warehouse)
    assert (stock.on_hand, stock.average_cost) == (20, 5)


def test_part_arrives_some_of_it_damaged_and_the_rest_is_lost(boss):
    transfer = make_transfer(10)
    approve_transfer(transfer=transfer, acting_user=boss)
    line = transfer.lines.get()
    put_in_stock(line.variation, transfer.to_warehouse, 3)
    Stock.objects.filter(warehouse=transfer.to_warehouse).update(average_cost=6)
    before = whole_value()

    receive_transfer(
        transfer=transfer,
        arrivals=[
            Arrival(line_id=line.pk, received=Decimal(5), damaged=Decimal(2), discrepancy="Wet box")
        ],
        acting_user=boss,
    )

    transfer.refresh_from_db()
    line.refresh_from_db()
    assert transfer.status == "partially_received"
    assert (line.quantity_received, line.quantity_damaged, line.quantity_in_transit) == (5, 2, 3)
    assert line.discrepancy == "Wet box"
    stock = Stock.objects.get(warehouse=transfer.to_warehouse)
    assert (stock.on_hand, stock.incoming, stock.average_cost) == (8, 3, Decimal("4.75"))
    written_off = StockMovement.objects.get(reason_code="damaged")
    assert (written_off.quantity, written_off.total_value) == (-2, -8)
    assert written_off.reason_description == "Wet box"
    assert whole_value() == before - 8

    close_transfer(transfer=transfer, is_lost=True, note="Lorry was robbed", acting_user=boss)

    transfer.refresh_from_db()
    line.refresh_from_db()
    assert (transfer.status, transfer.closed_by, transfer.allowed_transitions) == (
        "closed", boss, [],
    )  # fmt: skip
    assert (line.quantity_lost, line.quantity_in_transit) == (3, 0)
    stock.refresh_from_db()
    assert (stock.on_hand, stock.incoming, stock.average_cost) == (8, 0, Decimal("4.75"))
    lost = StockMovement.objects.get(reason_code="lost_in_transit")
    assert (lost.quantity, lost.total_value, lost.movement_type) == (-3, -12, "adjustment")
    assert lost.reason_description == "Lorry was robbed"
    assert whole_value() == before - 8 - 12


def test_what_did_not_arrive_may_have_gone_back(boss):
    transfer = make_transfer(10, status="partially_received")
    before = whole_value()

    close_transfer(transfer=transfer, is_lost=False, note="Refused at the gate", acting_user=boss)

    line = transfer.lines.get()
    assert (line.quantity_received, line.quantity_returned, line.quantity_lost) == (1, 9, 0)
    assert at(transfer.from_warehouse) == (99, 0)
    assert at(transfer.to_warehouse) == (1, 0)
    assert whole_value() == before


def test_cancelled_in_transit_goods_go_back_to_the_source(boss):
    transfer = make_transfer(10, status="in_transit")
    before = whole_value()

    cancel_transfer(transfer=transfer, note="Wrong address", acting_user=boss)

    transfer.refresh_from_db()
    assert (transfer.status, transfer.closing_note) == ("cancelled", "Wrong address")
    assert at(transfer.from_warehouse) == (100, 0)
    assert at(transfer.to_warehouse) == (0, 0)
    assert whole_value() == before


def test_auto_receive_ships_and_receives_at_once(boss):
    transfer = make_transfer(10, auto_receive=True)

    approve_transfer(transfer=transfer, acting_user=boss)

    transfer.refresh_from_db()
    assert (transfer.status, transfer.received_by) == ("received", boss)
    assert at(transfer.from_warehouse) == (90, 0)
    assert at(transfer.to_warehouse) == (10, 0)


def test_approved_without_shipping_waits_for_people_of_the_source(boss):
    transfer = make_transfer(10, 6)
    approve_transfer(transfer=transfer, ship=False, acting_user=boss)
    assert at(transfer.from_warehouse) == (100, 0)
    clerk = UserFactory(role="staff")
    MembershipFactory(user=clerk, warehouse=transfer.from_warehouse)
    first, second = transfer.lines.all()

    ship_transfer(
        transfer=transfer,
        leaving=[
            Leaving(line_id=first.pk, quantity=Decimal(7)),
            Leaving(line_id=second.pk, quantity=Decimal(0)),
        ],
        acting_user=clerk,
    )

    transfer.refresh_from_db()
    assert (transfer.status, transfer.shipped_by) == ("in_transit", clerk)
    assert [line.quantity_shipped for line in transfer.lines.all()] == [7, 0]
    assert at(transfer.to_warehouse) == (0, 7)


def test_a_rejection_says_why(boss):
    transfer = make_transfer(10)
    with pytest.raises(InvalidInput, match="Say why"):
        reject_transfer(transfer=transfer, note=" ", acting_user=boss)

    reject_transfer(transfer=transfer, note="We need it ourselves.", acting_user=boss)

    transfer.refresh_from_db()
    assert (transfer.status, transfer.decision_note) == ("rejected", "We need it ourselves.")


def test_each_end_handles_its_own_goods(boss):
    transfer = make_transfer(10, status="approved")
    sender, receiver = UserFactory(role="manager"), UserFactory(role="manager")
    MembershipFactory(user=sender, warehouse=transfer.from_warehouse)
    MembershipFactory(user=receiver, warehouse=transfer.to_warehouse)

    with pytest.raises(NotAllowed, match="ship its goods"):
        ship_transfer(transfer=transfer, acting_user=receiver)
    ship_transfer(transfer=transfer, acting_user=sender)
    with pytest.raises(NotAllowed, match="receive its goods"):
        receive_transfer(transfer=transfer, acting_user=sender)
    with pytest.raises(NotAllowed, match="take its goods back"):
        cancel_transfer(transfer=transfer, acting_user=receiver)
    with pytest.raises(NotAllowed, match="write its goods off"):
        close_transfer(transfer=transfer, is_lost=True, note="Gone", acting_user=sender)
    receive_transfer(transfer=transfer, acting_user=receiver)

    assert at(transfer.to_warehouse) == (10, 0)


@pytest.mark.parametrize("lines", [1, 40])
def test_statements_do_not_depend_on_the_number_of_lines(boss, django_assert_num_queries, lines):
    transfer = make_transfer(*[1] * lines)
    MembershipFactory(user=boss, warehouse=transfer.to_warehouse)

    with django_assert_num_queries(15):
        approve_transfer(transfer=transfer, acting_user=boss)
    with django_assert_num_queries(12):
        receive_transfer(transfer=transfer, acting_user=boss)
