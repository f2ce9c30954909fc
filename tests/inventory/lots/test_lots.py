"""Lots come in by name and leave by date, one movement each."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.exceptions import InvalidInput, WrongState
from inventory.exceptions import InsufficientStock, UnfitLines
from inventory.models import Lot, LotBalance, StockMovement
from inventory.services.catalogue import update_product
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import Holder, StockChange
from inventory.services.transfers.receiving import (
    Arrival,
    cancel_transfer,
    close_transfer,
    receive_transfer,
)
from operations.ledger_verification import verify_ledger
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.transfers import make_transfer
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.inventory.lots.postings import figures, lots_left, movements, post, receive

pytestmark = pytest.mark.django_db
JUNE_14, JUNE_15, JULY, AUGUST = (date(2026, *day) for day in ((6, 14), (6, 15), (7, 1), (8, 1)))


def test_receipt_makes_the_lot_and_a_second_one_adds_to_it(milk, shop):
    first = receive(milk, shop, 5, "L1", JULY)
    receive(milk, shop, 3, "L1")

    lot = Lot.objects.get()
    assert (lot.lot_number, lot.expiration_date, lot.code) == ("L1", JULY, f"LOT-{lot.pk:06d}")
    assert lots_left(milk) == {"L1": 8}
    assert [(part.lot_id, part.quantity) for part in first.lots] == [(lot.pk, 5)]
    assert (
        list(
            StockMovement.objects.order_by("pk").values_list("lot", "lot_number", "expiration_date")
        )
        == [(lot.pk, "L1", JULY)] * 2
    )
    assert verify_ledger() == []


def test_issue_takes_first_what_expires_first_one_movement_a_lot(milk, shop):
    receive(milk, shop, 5, "LATE", AUGUST)
    receive(milk, shop, 4, "SOON", JULY)

    posted = post(milk, shop, -6)

    assert movements(milk)[2:] == [("SOON", -4, 9, 5), ("LATE", -2, 5, 3)]
    assert [(part.lot_number, part.quantity) for part in posted.lots] == [
        ("SOON", -4),
        ("LATE", -2),
    ]
    assert (posted.stock_before, posted.stock_after) == (9, 3)
    assert [part.movement_id for part in posted.lots] == list(
        StockMovement.objects.order_by("pk").values_list("pk", flat=True)[2:]
    )
    assert lots_left(milk) == {"LATE": 3, "SOON": 0}
    assert verify_ledger() == []


def test_lots_without_a_date_leave_last_and_the_older_one_first(shop):
    paint = VariationFactory(product=ProductFactory(lot_tracking=True))
    for lot, expires in (("A", None), ("B", None), ("C", AUGUST)):
        receive(paint, shop, 1, lot, expires)

    post(paint, shop, -2)

    assert lots_left(paint) == {"A": 0, "B": 1, "C": 0}


def test_issue_that_names_a_lot_takes_from_it_alone(milk, shop):
    receive(milk, shop, 5, "LATE", AUGUST)
    receive(milk, shop, 4, "SOON", JULY)

    post(milk, shop, -2, lot_number="LATE")
    with pytest.raises(InsufficientStock) as refusal:
        post(milk, shop, -4, lot_number="LATE")

    line = refusal.value.details["lines"][0]
    assert (line["available"], line["lot_number"], line["lot_condition"]) == (3, "LATE", "")
    assert lots_left(milk) == {"LATE": 3, "SOON": 4}


@pytest.mark.parametrize(
    ("lot", "expires", "field", "text"),
    [
        ("", JULY, "lines.0.lot_number", "These goods track lots. Name the lot."),
        (
            "NEW",
            None,
            "lines.0.expiration_date",
            "These goods track expiry dates. Send the date, as YYYY-MM-DD.",
        ),
        (
            "L1",
            AUGUST,
            "lines.0.expiration_date",
            "Lot L1 is known and expires on 2026-07-01. Leave the date out, or correct the lot.",
        ),
        (
            "OLD",
            JUNE_14,
            "lines.0.expiration_date",
            "Lot OLD expired on 2026-06-14. Reject it, or correct the date.",
        ),
    ],
)
def test_receipt_with_a_lot_that_does_not_fit_is_refused(milk, shop, lot, expires, field, text):
    receive(milk, shop, 5, "L1", JULY)

    with pytest.raises(UnfitLines) as refusal:
        receive(milk, shop, 1, lot, expires)

    assert refusal.value.details == {field: [text]}
    assert lots_left(milk) == {"L1": 5}


def test_receipt_of_a_past_day_takes_a_lot_that_was_good_then_and_is_not_sold_now(milk, shop):
    receive(milk, shop, 5, "OLD", JUNE_14, occurred_at=datetime(2026, 6, 14, 9, tzinfo=UTC))

    with pytest.raises(UnfitLines):
        receive(milk, shop, 5, "OLD", occurred_at=datetime(2026, 6, 15, 9, tzinfo=UTC))
    with pytest.raises(InsufficientStock):
        post(milk, shop, -1)
    assert figures(milk, shop) == (5, 0, 5, 0)


def test_issue_of_an_unknown_lot_is_refused_on_its_field(milk, shop):
    receive(milk, shop, 5, "L1", JULY)

    with pytest.raises(UnfitLines) as refusal:
        post(milk, shop, -1, lot_number="L2")

    assert refusal.value.details == {"lines.0.lot_number": ['No lot "L2" of these goods is known.']}


def test_untracked_goods_keep_the_words_and_have_no_lot(shop):
    item = VariationFactory()

    receive(item, shop, 3, "as it says", JULY)

    assert list(StockMovement.objects.values_list("lot_number", "expiration_date", "lot")) == [
        ("as it says", JULY, None)
    ]
    assert not Lot.objects.exists()


def test_transfer_carries_lots_on(milk, shop):
    boss, other = UserFactory(role="admin"), WarehouseFactory()
    receive(milk, shop, 5, "LATE", AUGUST)
    receive(milk, shop, 4, "SOON", JULY)
    transfer = make_transfer(6, variations=[milk], source=shop, to=other, status="in_transit")
    line = transfer.lines.get()

    def arrive(lot_number, **quantities):
        arrival = Arrival(line_id=line.pk, lot_number=lot_number, **quantities)
        receive_transfer(transfer=transfer, arrivals=[arrival], acting_user=boss)

    with pytest.raises(InvalidInput, match="Of lot LATE, 2 are on their way"):
        arrive("LATE", received=Decimal(3))
    arrive("LATE", received=Decimal(1))
    arrive("", received=Decimal(2), damaged=Decimal(1))
    close_transfer(transfer=transfer, is_lost=True, note="Gone", acting_user=boss)

    there = LotBalance.objects.filter(stock__warehouse=other)
    assert sorted(there.values_list("lot__lot_number", "on_hand")) == [("LATE", 1), ("SOON", 2)]
    assert movements(milk)[2:] == [
        ("SOON", -4, 9, 5), ("LATE", -2, 5, 3),
        ("LATE", 1, 0, 1), ("SOON", 2, 1, 3),
        ("SOON", 1, 3, 4), ("SOON", -1, 4, 3),
        ("SOON", 1, 3, 4), ("SOON", -1, 4, 3),
        ("LATE", 1, 3, 4), ("LATE", -1, 4, 3),
    ]  # fmt: skip
    assert verify_ledger() == []


def test_cancelled_transfer_gives_the_same_lots_back(milk, shop):
    receive(milk, shop, 5, "LATE", AUGUST)
    receive(milk, shop, 4, "SOON", JULY)
    transfer = make_transfer(6, variations=[milk], source=shop, status="in_transit")

    cancel_transfer(transfer=transfer, acting_user=UserFactory(role="admin"))

    here = LotBalance.objects.filter(stock__warehouse=shop)
    assert sorted(here.values_list("lot__lot_number", "on_hand")) == [("LATE", 5), ("SOON", 4)]
    assert verify_ledger() == []


def test_tracking_begins_and_ends_only_without_stock(shop):
    stock = put_in_stock(quantity=2)
    product, user = stock.variation.product, UserFactory()

    with pytest.raises(WrongState) as refusal:
        update_product(product=product, values={"lot_tracking": True}, acting_user=user)
    assert list(refusal.value.details) == ["lot_tracking"]

    post(stock.variation, stock.warehouse, -2)
    update_product(product=product, values={"lot_tracking": True}, acting_user=user)
    with pytest.raises(UnfitLines):
        post(stock.variation, stock.warehouse, 1)
    receive(stock.variation, stock.warehouse, 1, "L1")
    assert verify_ledger() == []


def test_tracking_ends_only_without_goods_in_transit(shop):
    variation = VariationFactory(product=ProductFactory(lot_tracking=True))
    receive(variation, shop, 4, "L1")
    transfer = make_transfer(4, source=shop, variations=[variation], status="in_transit")
    product, boss = variation.product, UserFactory(role="admin")

    with pytest.raises(WrongState) as refusal:
        update_product(product=product, values={"lot_tracking": False}, acting_user=boss)
    assert "in transit" in str(refusal.value)
    product.refresh_from_db()
    assert product.lot_tracking

    receive_transfer(transfer=transfer, acting_user=boss)
    post(variation, transfer.to_warehouse, -4)
    update_product(product=product, values={"lot_tracking": False}, acting_user=boss)
    assert verify_ledger() == []


def test_tracking_ends_where_all_of_these_goods_arrived_and_others_have_not(shop):
    milk, cheese = (VariationFactory(product=ProductFactory(lot_tracking=True)) for _ in range(2))
    for goods in (milk, cheese):
        receive(goods, shop, 4, "L1")
    transfer = make_transfer(4, 4, source=shop, variations=[milk, cheese], status="in_transit")
    boss = UserFactory(role="admin")
    arrival = Arrival(line_id=transfer.lines.get(variation=milk).pk, received=Decimal(4))
    receive_transfer(transfer=transfer, arrivals=[arrival], acting_user=boss)
    post(milk, transfer.to_warehouse, -4)

    update_product(product=milk.product, values={"lot_tracking": False}, acting_user=boss)
    with pytest.raises(WrongState):
        update_product(product=cheese.product, values={"lot_tracking": False}, acting_user=boss)

    assert verify_ledger() == []


@pytest.mark.parametrize("line_count", [5, 50, 500])
def test_tracked_receipts_take_two_statements_more_for_any_number_of_lines(shop, line_count):
    """Beside BEGIN and COMMIT: balances, lock, reservations, lots made, lots read, write."""
    product = ProductFactory(lot_tracking=True)
    items = VariationFactory.create_batch(line_count, product=product, is_default=False)
    changes = [
        StockChange(
            variation_id=item.pk,
            warehouse_id=shop.pk,
            quantity=Decimal(3),
            hold=Decimal(1),
            holder=Holder("sales_order_item", item.pk),
            movement_type="inbound",
            lot_number=f"L{number % 7}",
        )
        for number, item in enumerate(items)
    ]

    with CaptureQueriesContext(connection) as queries:
        apply_stock_changes(changes, acting_user=None)

    receiver = "SELECT"  # back-orders that the risen stock may serve
    assert [query["sql"].split()[0] for query in queries] == [
        "INSERT", "SELECT", "SELECT", "INSERT", "WITH", "WITH", receiver,
    ]  # fmt: skip
    assert StockMovement.objects.count() == line_count


@pytest.mark.parametrize("lot_count", [1, 10])
def test_tracked_issue_takes_four_statements_for_any_number_of_lots(milk, shop, lot_count):
    """Beside BEGIN and COMMIT: lock, lots read, write; the event of dated lots that are used up."""
    for number in range(lot_count):
        receive(milk, shop, 1, f"L{number}", JULY)

    with CaptureQueriesContext(connection) as queries:
        posted = post(milk, shop, -lot_count)

    assert [query["sql"].split()[0] for query in queries] == ["SELECT", "WITH", "WITH", "INSERT"]
    assert len(posted.lots) == lot_count
