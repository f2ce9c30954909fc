"""Bins and lots are looked up by index, and no index of balances costs their updates anything."""

from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.db import connection, transaction

from inventory.models import Lot, Stock
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange
from operations.finding import scan
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.users import UserFactory

POSTINGS = 60
FEWEST_HOT = 0.95  # now and then a page is full of versions that another session may still read
UPDATES = """
    SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'inventory_stock'"""


def plan_of(rows):
    """Return how the database would find rows, were reading all of them out of the question."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan: str = rows.explain()
        transaction.set_rollback(True)
    return plan


@pytest.mark.django_db
def test_a_bin_is_found_by_its_index():
    found = Stock.objects.filter(bin_location="A-01").exclude(bin_location="")

    assert "stock_by_bin" in plan_of(found)


@pytest.mark.django_db
def test_a_lot_is_found_by_its_number():
    assert "lot_by_number" in plan_of(Lot.objects.filter(lot_number="L-7"))


@pytest.mark.django_db
def test_a_lot_in_several_warehouses_is_one_match_with_all_of_it():
    milk = VariationFactory(product=ProductFactory(lot_tracking=True))
    for quantity in (5, 7):
        put_in_stock(milk, quantity=quantity, lot_number="L-7")

    found = scan(scanned="L-7", acting_user=UserFactory(role="admin"))["matches"]

    assert [(one["type"], one["code"], one["on_hand"]) for one in found] == [("lot", "L-7", 12)]


def sell_one_by_one(stock):
    change = StockChange(
        variation_id=stock.variation_id,
        warehouse_id=stock.warehouse_id,
        quantity=Decimal(-1),
        movement_type="outbound",
    )
    for _ in range(POSTINGS):
        apply_stock_changes([change], acting_user=None)


def hot_share(stock):
    """Return which share of the updates of balances touched no index."""
    before = update_counts()
    sell_one_by_one(stock)
    updates, hot = (now - then for now, then in zip(update_counts(), before, strict=True))
    assert updates >= POSTINGS
    return hot / updates


def update_counts():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT 1")
        cursor.execute(UPDATES)
        counts: tuple[int, int] = cursor.fetchone()
    return counts


@pytest.fixture
def stock():
    stock = put_in_stock(quantity=1000)
    Stock.objects.update(bin_location="A-01")
    return stock


@contextmanager
def index_on(column):
    """Make an index, as the owner of the table."""
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        cursor.execute(f"CREATE INDEX of_the_test ON inventory_stock ({column})")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX of_the_test")
        connection.close()  # the next one is the application's role again


@pytest.mark.quiet_cluster
@pytest.mark.django_db(transaction=True)
def test_updates_of_a_balance_in_a_bin_are_hot(stock):
    assert hot_share(stock) >= FEWEST_HOT


@pytest.mark.quiet_cluster
@pytest.mark.django_db(transaction=True)
def test_an_index_on_what_changes_would_end_that(stock):
    """The control."""
    with index_on("on_hand"):
        assert hot_share(stock) == 0
