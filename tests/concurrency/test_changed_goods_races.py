"""What is set for goods changes while they move: whoever is second sees what the first one did.

Each with the same race without the lock, which leaves what must not be.
"""

import time
from datetime import timedelta
from decimal import Decimal
from functools import partial
from threading import Event

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from common.exceptions import DuplicateCode, InvalidInput, WrongState
from inventory.models import Category, Lot, ProductVariation, Stock
from inventory.services.catalogue import update_product
from inventory.services.categories import update_category
from inventory.services.ledger import apply_stock_changes
from inventory.services.lots import correct_expiry
from inventory.services.stock_change import StockChange
from inventory.services.variations import create_variation, update_variation
from operations.ledger_verification import verify_ledger
from tests.factories.inventory import (
    CategoryFactory,
    ProductFactory,
    VariationFactory,
    put_in_stock,
)
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def unlocked(monkeypatch):
    """Read rows without their locks; the ledger's own statements keep theirs."""
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_: rows)


def in_turn(first, second):
    """Let the second begin while the first is not committed; return what the second did."""
    first_wrote, second_is_done = Event(), Event()

    def go_first():
        with transaction.atomic():
            first()
            first_wrote.set()
            until_somebody_waits(second_is_done)

    def go_second():
        first_wrote.wait(timeout=30)
        try:
            return second()
        finally:
            second_is_done.set()

    first_outcome, outcome = run_at_once(go_first, go_second)
    if first_outcome is not None:
        raise first_outcome
    return outcome


def until_somebody_waits(second_is_done):
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)"
                " WHERE datname = current_database() AND NOT granted"
            )
            if cursor.rowcount or second_is_done.is_set():
                return
        time.sleep(0.01)
    raise AssertionError("The second neither waited nor ended.")


def move(variation, warehouse, quantity, **rest):
    change = StockChange(
        variation_id=variation.pk,
        warehouse_id=warehouse.pk,
        quantity=Decimal(quantity),
        movement_type="inbound" if Decimal(quantity) > 0 else "outbound",
        **rest,
    )
    apply_stock_changes([change], acting_user=None)


def track_lots_while_goods_come_in():
    stock = put_in_stock(quantity=1)
    move(stock.variation, stock.warehouse, -1)
    return in_turn(
        partial(move, stock.variation, stock.warehouse, 1),
        partial(
            update_product,
            product=stock.variation.product,
            values={"lot_tracking": True},
            acting_user=UserFactory(),
        ),
    )


def test_goods_begin_to_track_lots_only_once_it_is_known_that_none_came_in():
    assert isinstance(track_lots_while_goods_come_in(), WrongState)
    assert verify_ledger() == []


def test_without_the_lock_of_the_balances_goods_track_lots_and_have_none(unlocked):
    track_lots_while_goods_come_in()

    assert verify_ledger() != []


def count_in_pieces_while_half_a_kilogram_comes_in():
    stock = put_in_stock(quantity=1)
    outcome = in_turn(
        partial(move, stock.variation, stock.warehouse, "0.5"),
        partial(
            update_variation,
            variation=stock.variation,
            values={"stock_unit": "pieces"},
            acting_user=UserFactory(),
        ),
    )
    stock.refresh_from_db()
    return outcome, stock.on_hand, stock.quantity_decimals


def test_goods_are_counted_whole_only_once_it_is_known_that_they_are():
    outcome, on_hand, decimals = count_in_pieces_while_half_a_kilogram_comes_in()

    assert isinstance(outcome, WrongState)
    assert (on_hand, decimals) == (Decimal("1.5"), 3)
    assert ProductVariation.objects.get().stock_unit == "kg"


def test_without_the_lock_of_the_balances_half_a_piece_is_in_stock(unlocked):
    _, on_hand, decimals = count_in_pieces_while_half_a_kilogram_comes_in()

    assert (on_hand, decimals) == (Decimal("1.5"), 0)


def correct_a_date_while_the_lot_comes_to_another_warehouse():
    """Return how much of a lot, which turns out to be expired, is available there."""
    milk = VariationFactory(product=ProductFactory(lot_tracking=True))
    put_in_stock(milk, quantity=5, lot_number="A")
    shop = WarehouseFactory()
    day_before = timezone.now().date() - timedelta(days=1)
    correct = partial(
        correct_expiry, lot=Lot.objects.get(), expiration_date=day_before, acting_user=None
    )
    in_turn(partial(move, milk, shop, 2, lot_number="A"), correct)
    return Stock.objects.get(warehouse=shop).available


def test_a_corrected_date_holds_where_the_lot_has_just_arrived():
    assert correct_a_date_while_the_lot_comes_to_another_warehouse() == 0
    assert verify_ledger() == []


def test_without_the_lock_of_the_variation_an_expired_lot_is_for_sale(unlocked):
    assert correct_a_date_while_the_lot_comes_to_another_warehouse() == 2


def add_two_variations():
    product = VariationFactory(product__code="SAW", sku_code="SAW").product
    add = partial(create_variation, product=product, values={}, acting_user=UserFactory())
    outcome = in_turn(add, add)
    skus = product.variations.order_by("pk").values_list("sku_code", flat=True)
    return outcome, list(skus)


def test_variations_added_at_once_get_numbers_of_their_own():
    outcome, skus = add_two_variations()

    assert (outcome.sku_code, skus) == ("SAW-3", ["SAW", "SAW-2", "SAW-3"])


def test_without_the_lock_of_the_product_they_get_the_same(unlocked):
    outcome, skus = add_two_variations()

    assert isinstance(outcome, DuplicateCode)
    assert skus == ["SAW", "SAW-2"]


def put_two_categories_below_each_other():
    tools, saws = CategoryFactory.create_batch(2)
    outcome = in_turn(
        partial(update_category, category=tools, values={"parent": saws}),
        partial(update_category, category=saws, values={"parent": tools}),
    )
    return outcome, Category.objects.filter(parent=None).count()


def test_of_two_categories_one_stays_above():
    outcome, at_the_top = put_two_categories_below_each_other()

    assert (type(outcome), at_the_top) == (InvalidInput, 1)


def test_without_the_lock_of_the_tree_neither_does(unlocked):
    assert put_two_categories_below_each_other()[1] == 0
