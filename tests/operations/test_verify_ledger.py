"""verify_ledger finds every kind of corruption, planted past all guards as the owner."""

from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from inventory.models import Lot
from inventory.services.ledger import apply_stock_changes
from inventory.services.lots import set_quarantine
from inventory.services.stock_change import Holder, StockChange
from operations.ledger_verification import verify_ledger
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.transfers import make_transfer

pytestmark = pytest.mark.django_db

GUARDS_OFF = """
    SET CONSTRAINTS ALL IMMEDIATE;
    RESET ROLE;
    ALTER TABLE inventory_stockmovement DISABLE TRIGGER USER;
    ALTER TABLE inventory_stock DROP CONSTRAINT on_hand_not_negative;
    ALTER TABLE inventory_stock DROP CONSTRAINT reserved_within_on_hand;
    ALTER TABLE inventory_stock DROP CONSTRAINT available_not_negative;
    ALTER TABLE inventory_lotbalance DROP CONSTRAINT lot_balance_not_negative;
    ALTER TABLE inventory_stockmovement DROP CONSTRAINT movement_adds_up;
    ALTER TABLE inventory_stockmovement DROP CONSTRAINT movement_not_negative"""
LAST = "(SELECT max(id) FROM inventory_stockmovement)"
FIRST = "(SELECT min(id) FROM inventory_stockmovement)"

CORRUPTIONS = [
    ("UPDATE inventory_stock SET on_hand = on_hand + 1", "balance_equals_movements"),
    ("UPDATE inventory_stock SET on_hand = -1, reserved = 0", "balance_range"),
    ("UPDATE inventory_stock SET reserved = on_hand + 5", "balance_range"),
    ("UPDATE inventory_stock SET reserved = 1", "reserved_equals_reservations"),
    ("UPDATE inventory_stock SET incoming = 3", "incoming_explained"),
    (f"DELETE FROM inventory_stockmovement WHERE id = {LAST}", "balance_equals_movements"),
    (f"DELETE FROM inventory_stockmovement WHERE id = {FIRST}", "movement_chain"),
    (
        f"UPDATE inventory_stockmovement SET quantity = quantity - 2 WHERE id = {FIRST}",
        "movement_sum",
    ),
    (
        "UPDATE inventory_stockmovement SET stock_before = stock_before + 1,"
        f" stock_after = stock_after + 1 WHERE id = {LAST}",
        "last_movement_equals_balance",
    ),
    (
        f"UPDATE inventory_stockmovement SET total_value = 0 WHERE id = {FIRST}",
        "movement_value",
    ),
    (
        "UPDATE inventory_stockmovement SET recorded_at = recorded_at - interval '1 hour'"
        f" WHERE id = {LAST}",
        "movement_time",
    ),
    (
        "UPDATE inventory_stockmovement SET variation_id ="
        f" (SELECT max(id) FROM inventory_productvariation) WHERE id = {LAST}",
        "movement_place",
    ),
    ("UPDATE inventory_stockreservation SET quantity = 1", "reserved_equals_reservations"),
    ("DELETE FROM inventory_stockreservation", "reserved_equals_reservations"),
]


LOT_CORRUPTIONS = [
    ("UPDATE inventory_lotbalance SET on_hand = on_hand + 1", "lots_equal_balance"),
    ("UPDATE inventory_lotbalance SET on_hand = -1", "lot_range"),
    ("DELETE FROM inventory_lotbalance WHERE NOT quarantined", "lot_equals_movements"),
    (
        "UPDATE inventory_lotbalance SET on_hand = 20 - on_hand",
        "lot_equals_movements",
    ),
    ("UPDATE inventory_stock SET unavailable = unavailable - 1", "unavailable_equals_lots"),
    ("UPDATE inventory_lotbalance SET quarantined = false", "unavailable_equals_lots"),
    ("UPDATE inventory_lotbalance SET expired = true", "unavailable_equals_lots"),
    ("UPDATE inventory_stock SET unavailable = on_hand + 1", "balance_range"),
    (
        "UPDATE inventory_lot SET variation_id = (SELECT max(id) FROM inventory_productvariation)",
        "lot_place",
    ),
    (
        f"UPDATE inventory_stockmovement SET lot_id = NULL WHERE id = {LAST}",
        "lot_equals_movements",
    ),
    ("UPDATE inventory_stock SET tracks_lots = false", "lots_equal_balance"),
    ("UPDATE inventory_product SET lot_tracking = false", "tracking_is_the_products"),
]


@pytest.fixture
def tracked_ledger():
    """One balance with a lot for sale and another in quarantine."""
    variation = VariationFactory(product=ProductFactory(lot_tracking=True))
    stock = put_in_stock(variation, quantity=12, lot_number="A")
    put_in_stock(variation, stock.warehouse, quantity=8, lot_number="B")
    VariationFactory()
    set_quarantine(
        lot=Lot.objects.get(lot_number="B"),
        warehouses=[stock.warehouse],
        quarantined=True,
        reason="Torn bags",
        acting_user=None,
    )
    return stock


@pytest.mark.parametrize(("corruption", "rule"), LOT_CORRUPTIONS)
def test_planted_corruption_of_lots_is_found(tracked_ledger, corruption, rule):
    assert verify_ledger() == []
    with connection.cursor() as cursor:
        cursor.execute(GUARDS_OFF)
        cursor.execute(corruption)
        assert cursor.rowcount > 0

    assert rule in {violation.rule for violation in verify_ledger()}


TRANSIT_CORRUPTIONS = [
    (
        "UPDATE inventory_transferlot SET quantity_in_transit = quantity_in_transit - 1",
        "transit_lots_equal_line",
    ),
    (
        "UPDATE inventory_transferlot SET quantity_shipped = quantity_shipped + 1",
        "transit_lots_equal_line",
    ),
    (
        "DELETE FROM inventory_transferlot WHERE id = (SELECT min(id) FROM inventory_transferlot)",
        "transit_lots_equal_line",
    ),
    ("DELETE FROM inventory_transferlot", "transit_lots_equal_line"),
    (
        "UPDATE inventory_transferline SET quantity_received = quantity_received + 1",
        "transit_lots_equal_line",
    ),
    (
        "UPDATE inventory_transferline SET variation_id ="
        " (SELECT max(id) FROM inventory_productvariation)",
        "transit_lot_place",
    ),
]


@pytest.fixture
def goods_in_transit(tracked_ledger):
    """All twelve of one lot and two of another are on their way; one of the first arrived."""
    stock = tracked_ledger
    put_in_stock(stock.variation, stock.warehouse, 3, lot_number="C")
    transfer = make_transfer(
        14, source=stock.warehouse, variations=[stock.variation], status="partially_received"
    )
    lots = transfer.lines.get().lots
    left = lots.values_list("quantity_shipped", "quantity_in_transit")
    assert list(left) == [(12, 11), (2, 2)]


@pytest.mark.parametrize(("corruption", "rule"), TRANSIT_CORRUPTIONS)
def test_planted_corruption_of_lots_in_transit_is_found(goods_in_transit, corruption, rule):
    assert verify_ledger() == []
    with connection.cursor() as cursor:
        cursor.execute(GUARDS_OFF)
        cursor.execute(corruption)
        assert cursor.rowcount > 0

    assert rule in {violation.rule for violation in verify_ledger()}


@pytest.fixture
def ledger():
    """One balance with a receipt, an issue and a reservation."""
    stock = put_in_stock(quantity=10)
    VariationFactory()
    place = {"variation_id": stock.variation_id, "warehouse_id": stock.warehouse_id}
    apply_stock_changes(
        [
            StockChange(**place, quantity=Decimal(-3), movement_type="outbound"),
            StockChange(**place, hold=Decimal(2), holder=Holder("sales_order_item", 4)),
        ],
        acting_user=None,
    )
    return stock


@pytest.mark.parametrize(("corruption", "rule"), CORRUPTIONS)
def test_planted_corruption_is_found(ledger, corruption, rule):
    with connection.cursor() as cursor:
        cursor.execute(GUARDS_OFF)
        cursor.execute(corruption)
        assert cursor.rowcount > 0

    assert rule in {violation.rule for violation in verify_ledger()}


def test_reservation_that_no_open_order_asks_for_is_found(ledger):
    assert [violation.rule for violation in verify_ledger()] == ["reservation_explained"]


def test_command_reports_each_row_and_fails(ledger):
    out = StringIO()

    with pytest.raises(CommandError, match="1 violations in 1 balances, 2 movements"):
        call_command("verify_ledger", stdout=out)

    assert out.getvalue().startswith("reservation_explained: reservation ")


def test_command_says_what_it_proved():
    put_in_stock(quantity=10)
    out = StringIO()

    call_command("verify_ledger", stdout=out)

    assert out.getvalue().startswith("0 violations in 1 balances, 1 movements, 0 reservations")
