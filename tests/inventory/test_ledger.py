from decimal import Decimal

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from common.exceptions import InvalidInput
from inventory.exceptions import InsufficientStock, ReservationMismatch
from inventory.models import LowStockThreshold, Stock, StockMovement, StockReservation
from inventory.services.ledger import apply_stock_changes
from inventory.services.movements import record_movement
from inventory.services.stock_change import Holder, StockChange
from notifications.models import OutboxMessage
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
LINE_7 = Holder("sales_order_item", 7)
LINE_8 = Holder("sales_order_item", 8)


def change(stock, quantity=0, **rest):
    rest.setdefault("movement_type", "inbound" if Decimal(quantity) > 0 else "outbound")
    return StockChange(
        variation_id=stock.variation_id,
        warehouse_id=stock.warehouse_id,
        quantity=Decimal(quantity),
        **rest,
    )


def figures(stock):
    stock.refresh_from_db()
    return stock.on_hand, stock.reserved, stock.available


def test_receipt_makes_the_balance_and_its_first_movement():
    variation, warehouse, user = VariationFactory(), WarehouseFactory(), UserFactory()

    posted = apply_stock_changes(
        [
            StockChange(
                variation_id=variation.pk,
                warehouse_id=warehouse.pk,
                quantity=Decimal("12.5"),
                movement_type="inbound",
                unit_cost=Decimal("2.5000"),
                reference_type="purchase_order",
                reference_code="PO-2026-001",
            )
        ],
        acting_user=user,
    )

    movement = StockMovement.objects.get()
    assert posted[0].movement_id == movement.pk
    assert (movement.stock_before, movement.quantity, movement.stock_after) == (0, 12.5, 12.5)
    assert (movement.unit_cost, movement.total_value) == (Decimal("2.5"), Decimal("31.25"))
    assert (movement.processed_by, movement.reference_code) == (user, "PO-2026-001")
    assert movement.occurred_at <= movement.recorded_at
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.average_cost) == (12.5, 2.5)


def test_receipts_move_the_average_cost_and_issues_leave_it():
    stock = put_in_stock(quantity=10)

    apply_stock_changes([change(stock, 30, unit_cost=Decimal("8"))], acting_user=None)
    apply_stock_changes([change(stock, -25)], acting_user=None)

    stock.refresh_from_db()
    assert (stock.on_hand, stock.average_cost) == (15, Decimal("7.0000"))
    assert StockMovement.objects.latest("pk").total_value == Decimal("-175.0000")


def test_lines_of_one_balance_chain_within_one_posting():
    stock = put_in_stock(quantity=10)

    apply_stock_changes([change(stock, -4), change(stock, 1), change(stock, -7)], acting_user=None)

    rows = StockMovement.objects.order_by("pk").values_list("stock_before", "stock_after")
    assert list(rows) == [(0, 10), (10, 6), (6, 7), (7, 0)]


def test_shortage_names_every_short_line_and_changes_nothing():
    first, second, third = (put_in_stock(quantity=5) for _ in range(3))
    before = StockMovement.objects.count()

    with pytest.raises(InsufficientStock) as refusal:
        apply_stock_changes(
            [change(first, -6), change(second, -5), change(third, Decimal("-5.001"))],
            acting_user=None,
        )

    assert [
        (line["line"], line["sku"], line["requested"], line["available"])
        for line in refusal.value.details["lines"]
    ] == [
        (0, first.variation.sku_code, 6, 5),
        (2, third.variation.sku_code, Decimal("5.001"), 5),
    ]
    assert StockMovement.objects.count() == before
    assert figures(second) == (5, 0, 5)


def test_issue_from_a_place_that_never_had_stock_is_short():
    stock = put_in_stock(quantity=5)
    elsewhere = WarehouseFactory()

    with pytest.raises(InsufficientStock):
        apply_stock_changes(
            [
                StockChange(
                    variation_id=stock.variation_id,
                    warehouse_id=elsewhere.pk,
                    quantity=Decimal(-1),
                    movement_type="outbound",
                )
            ],
            acting_user=None,
        )

    assert not elsewhere.stocks.exists()


def test_hold_gets_what_is_available_and_protects_it():
    stock = put_in_stock(quantity=10)

    held = apply_stock_changes(
        [
            change(stock, hold=Decimal(8), holder=LINE_7),
            change(stock, hold=Decimal(8), holder=LINE_8),
        ],
        acting_user=None,
    )

    assert [line.held for line in held] == [8, 2]
    assert figures(stock) == (10, 10, 0)
    with pytest.raises(InsufficientStock):
        apply_stock_changes([change(stock, -1)], acting_user=None)
    apply_stock_changes([change(stock, -8, holder=LINE_7)], acting_user=None)
    assert figures(stock) == (2, 2, 0)
    assert sorted(StockReservation.objects.values_list("reference_id", "quantity")) == [
        (7, 0),
        (8, 2),
    ]


def test_release_of_more_than_is_held_is_refused():
    stock = put_in_stock(quantity=10)
    apply_stock_changes([change(stock, hold=Decimal(3), holder=LINE_7)], acting_user=None)

    with pytest.raises(ReservationMismatch):
        apply_stock_changes([change(stock, release=Decimal(4), holder=LINE_7)], acting_user=None)

    assert figures(stock) == (10, 3, 7)


def test_damage_takes_the_newest_reservations_and_says_so():
    stock = put_in_stock(quantity=10)
    for holder in (LINE_7, LINE_8):
        apply_stock_changes([change(stock, hold=Decimal(4), holder=holder)], acting_user=None)

    posted = apply_stock_changes(
        [change(stock, -5, movement_type="adjustment", may_release_others=True)], acting_user=None
    )

    assert posted[0].released_from_others == 3
    assert figures(stock) == (5, 5, 0)
    assert list(
        StockReservation.objects.order_by("pk").values_list("reference_id", "quantity")
    ) == [(7, 4), (8, 1)]


def test_incoming_cannot_fall_below_zero():
    stock = put_in_stock(quantity=1)

    with pytest.raises(ReservationMismatch):
        apply_stock_changes([change(stock, incoming=Decimal(-1))], acting_user=None)

    stock.refresh_from_db()
    assert stock.incoming == 0


def test_goods_that_were_never_expected_anywhere_cannot_be_called_off():
    variation, warehouse = VariationFactory(), WarehouseFactory()
    called_off = StockChange(
        variation_id=variation.pk, warehouse_id=warehouse.pk, incoming=Decimal(-1)
    )

    with pytest.raises(InsufficientStock):
        apply_stock_changes([called_off], acting_user=None)

    assert not Stock.objects.exists()


def test_balance_may_fill_its_range():
    stock = put_in_stock(quantity=Decimal("99999999"))

    apply_stock_changes([change(stock, "0.999")], acting_user=None)

    assert figures(stock)[0] == Decimal("99999999.999")


def test_balance_beyond_its_range_is_refused():
    stock = put_in_stock(quantity=Decimal("99999999"))

    with pytest.raises(InvalidInput):
        apply_stock_changes([change(stock, 1)], acting_user=None)

    assert figures(stock)[0] == 99999999


@pytest.mark.parametrize("line_count", [5, 50, 500])
def test_posting_takes_the_same_five_statements_for_any_number_of_lines(line_count):
    """BEGIN and COMMIT come on top where the caller has no transaction; here the test has one."""
    warehouse = WarehouseFactory()
    variations = VariationFactory.create_batch(line_count)
    changes = [
        StockChange(
            variation_id=variation.pk,
            warehouse_id=warehouse.pk,
            quantity=Decimal(3),
            hold=Decimal(1),
            holder=Holder("sales_order_item", variation.pk),
            movement_type="inbound",
            unit_cost=Decimal(1),
        )
        for variation in variations
    ]

    with CaptureQueriesContext(connection) as queries:
        apply_stock_changes(changes, acting_user=None)

    statements = [query["sql"].split()[0] for query in queries]
    receiver = "SELECT"  # back-orders that the risen stock may serve
    assert statements == ["INSERT", "SELECT", "SELECT", "WITH", receiver]
    assert StockMovement.objects.count() == line_count


@pytest.mark.parametrize("other", ["", 'say "no"', "a,b}", "NULL"])
def test_texts_of_lines_are_kept_to_the_letter(other):
    stock = put_in_stock(quantity=10)
    written = "x\"y\\z {1,2}\n\t'%s' ü"

    apply_stock_changes(
        [change(stock, -1, notes=written), change(stock, -1, notes=other)], acting_user=None
    )

    assert list(StockMovement.objects.order_by("pk").values_list("notes", flat=True))[1:] == [
        written,
        other,
    ]


def test_refused_receipt_in_a_callers_transaction_leaves_no_balance():
    variation, warehouse, user = VariationFactory(), WarehouseFactory(), UserFactory()

    with pytest.raises(InvalidInput):
        record_movement(
            variation=variation,
            warehouse=warehouse,
            movement_type="inbound",
            quantity=Decimal(100_000_000),
            acting_user=user,
        )

    assert not Stock.objects.exists()
    assert not StockMovement.objects.exists()


def test_posting_that_touches_no_low_balance_records_no_event():
    stock = put_in_stock(quantity=10)

    apply_stock_changes([change(stock, -9)], acting_user=None)

    assert not OutboxMessage.objects.exists()


def test_falling_to_the_reorder_point_records_one_event_in_the_same_transaction():
    variation = VariationFactory(reorder_level=Decimal(4))
    stock = put_in_stock(variation, quantity=10)
    OutboxMessage.objects.all().delete()

    apply_stock_changes([change(stock, -6)], acting_user=None)

    event = OutboxMessage.objects.get()
    assert event.payload == {"stock_ids": [stock.pk]}
    stock.refresh_from_db()
    assert stock.is_low is True
    with transaction.atomic():
        apply_stock_changes([change(stock, -1)], acting_user=None)
        transaction.set_rollback(True)
    assert OutboxMessage.objects.count() == 1


def test_threshold_of_the_warehouse_sets_the_reorder_point_of_a_new_balance():
    variation, warehouse = VariationFactory(reorder_level=Decimal(4)), WarehouseFactory()
    LowStockThreshold.objects.create(variation=variation, warehouse=warehouse, threshold=9)

    stock = put_in_stock(variation, warehouse, quantity=9)

    assert (stock.reorder_point, stock.is_low) == (9, True)


def test_quiet_posting_records_no_event():
    variation = VariationFactory(reorder_level=Decimal(40))
    stock = put_in_stock(variation, quantity=10)
    OutboxMessage.objects.all().delete()

    apply_stock_changes([change(stock, -6)], acting_user=None, quiet=True)

    assert not OutboxMessage.objects.exists()


def test_transfer_moves_stock_at_the_cost_of_its_source():
    source = put_in_stock(quantity=10)
    destination = put_in_stock(source.variation, quantity=10)
    apply_stock_changes([change(source, 10, unit_cost=Decimal(6))], acting_user=None)

    apply_stock_changes(
        [
            change(source, -4, movement_type="transfer"),
            change(
                destination,
                4,
                movement_type="transfer",
                cost_from=(source.variation_id, source.warehouse_id),
            ),
        ],
        acting_user=None,
    )

    assert (figures(source)[0], figures(destination)[0]) == (16, 14)
    assert destination.average_cost == Decimal("4.2857")
    assert sorted(
        StockMovement.objects.filter(movement_type="transfer").values_list("quantity", "unit_cost")
    ) == [(-4, 5), (4, 5)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE inventory_stockmovement SET quantity = quantity + 1, stock_after = stock_after + 1",
        "UPDATE inventory_stockmovement SET notes = 'x'",
        "DELETE FROM inventory_stockmovement",
        "TRUNCATE inventory_stockmovement CASCADE",
    ],
)
@pytest.mark.parametrize("role", ["application", "owner"])
def test_movements_can_be_neither_changed_nor_deleted(statement, role):
    put_in_stock(quantity=10)
    before = list(StockMovement.objects.values())

    if role == "owner":
        connection.cursor().execute("RESET ROLE")
    with pytest.raises(DatabaseError) as refusal, transaction.atomic():
        connection.cursor().execute(statement)
    connection.cursor().execute(f"SET ROLE {settings.DATABASE_APP_ROLE}")

    assert ("permission denied" in str(refusal.value)) == (role == "application")
    assert list(StockMovement.objects.values()) == before


@pytest.mark.parametrize(
    "values",
    ["on_hand = -1", "reserved = -1", "reserved = on_hand + 1", "incoming = -1"],
)
def test_database_refuses_an_impossible_balance(values):
    stock = put_in_stock(quantity=10)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE inventory_stock SET {values}")

    assert figures(stock) == (10, 0, 10)
