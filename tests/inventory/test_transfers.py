"""A transfer as a chain of custody: what each step does to stock, and what it refuses."""

from decimal import Decimal

import pytest
from django.db.models import F, Sum

from common.exceptions import InvalidInput, NotAllowed, OwnRequest, WrongState
from common.models import CompanySettings
from inventory.exceptions import InsufficientStock, MoreThanShipped
from inventory.models import Stock, StockMovement, TransferRequest
from inventory.queries import in_transit_value
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
from operations.ledger_verification import verify_ledger
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.transfers import at, make_transfer, transfer_facts
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory

pytestmark = pytest.mark.django_db
STATUSES = [
    "pending", "approved", "rejected", "in_transit", "partially_received", "received", "closed",
    "cancelled",
]  # fmt: skip


@pytest.fixture(autouse=True)
def sound_ledger():
    yield
    assert verify_ledger() == []


@pytest.fixture
def boss():
    return UserFactory(role="admin")


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
        quantities={first.pk: Decimal(7), second.pk: Decimal(0)},
        acting_user=clerk,
    )

    transfer.refresh_from_db()
    assert (transfer.status, transfer.shipped_by) == ("in_transit", clerk)
    assert [line.quantity_shipped for line in transfer.lines.all()] == [7, 0]
    assert at(transfer.to_warehouse) == (0, 7)


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


def test_a_rejection_says_why(boss):
    transfer = make_transfer(10)
    with pytest.raises(InvalidInput, match="Say why"):
        reject_transfer(transfer=transfer, note=" ", acting_user=boss)

    reject_transfer(transfer=transfer, note="We need it ourselves.", acting_user=boss)

    transfer.refresh_from_db()
    assert (transfer.status, transfer.decision_note) == ("rejected", "We need it ourselves.")


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
            transfer=transfer, quantities={line.pk: Decimal(quantities[0])}, acting_user=boss
        )

    assert transfer_facts(transfer) == before


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


@pytest.mark.parametrize("lines", [1, 40])
def test_statements_do_not_depend_on_the_number_of_lines(boss, django_assert_num_queries, lines):
    transfer = make_transfer(*[1] * lines)

    with django_assert_num_queries(13):
        approve_transfer(transfer=transfer, acting_user=boss)
    with django_assert_num_queries(12):
        receive_transfer(transfer=transfer, acting_user=boss)
