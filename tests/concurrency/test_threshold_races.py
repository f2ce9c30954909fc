"""A balance is made while its reorder point changes: it has the new one, whoever is first."""

from decimal import Decimal
from functools import partial
from threading import Event

import pytest
from django.db import transaction

from inventory.models import LowStockThreshold, Stock
from inventory.services import ledger, thresholds
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange
from inventory.services.thresholds import create_threshold, delete_threshold, update_threshold
from inventory.services.variations import update_variation
from tests.factories.inventory import VariationFactory
from tests.factories.warehouses import WarehouseFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)
OLD, NEW = Decimal(3), Decimal(7)
CHANGES = ["create", "update", "delete", "reorder level"]


def prepared(change):
    """Return a variation, a warehouse, and what changes its reorder point from 3 to 7."""
    variation = VariationFactory(reorder_level=NEW if change == "delete" else OLD)
    warehouse = WarehouseFactory()
    if change == "create":
        run = partial(create_threshold, variation=variation, warehouse=warehouse, threshold=NEW)
    elif change == "reorder level":
        run = partial(
            update_variation, variation=variation, values={"reorder_level": NEW}, acting_user=None
        )
    else:
        row = LowStockThreshold.objects.create(
            variation=variation, warehouse=warehouse, threshold=OLD
        )
        run = (
            partial(update_threshold, row=row, values={"threshold": NEW})
            if change == "update"
            else partial(delete_threshold, row=row)
        )
    return variation, warehouse, run


def receive(variation, warehouse):
    change = StockChange(
        variation_id=variation.pk,
        warehouse_id=warehouse.pk,
        quantity=Decimal(5),
        movement_type="inbound",
    )
    return apply_stock_changes([change], acting_user=None)


def in_turn(first, second):
    """Run both in transactions: the second begins before the first one ends."""
    first_wrote, second_waits = Event(), Event()

    def go_first():
        with transaction.atomic():
            first()
            first_wrote.set()
            second_waits.wait(timeout=1)

    def go_second():
        first_wrote.wait(timeout=10)
        try:
            second()
        finally:
            second_waits.set()

    outcomes = run_at_once(go_first, go_second)
    assert outcomes == [None, None]


def made_first(change):
    variation, warehouse, run = prepared(change)
    in_turn(partial(receive, variation, warehouse), run)
    return Stock.objects.get(variation=variation)


def changed_first(change):
    variation, warehouse, run = prepared(change)
    in_turn(run, partial(receive, variation, warehouse))
    return Stock.objects.get(variation=variation)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("order", [made_first, changed_first])
def test_new_balance_has_the_reorder_point_that_is_in_force(change, order):
    stock = order(change)

    assert (stock.reorder_point, stock.is_low) == (NEW, True)


# A reorder level is changed under the product's lock, which the posting waits for as well.
@pytest.mark.parametrize("change", CHANGES[:3])
@pytest.mark.parametrize("order", [made_first, changed_first])
def test_without_the_lock_of_the_variation_it_keeps_the_old_one(change, order, monkeypatch):
    monkeypatch.setattr(ledger, "MAKE_MISSING", ledger.MAKE_MISSING.replace("OF f, v", "OF f"))

    assert order(change).reorder_point == OLD


def test_the_function_that_reads_the_threshold_anew_is_needed(monkeypatch):
    """With the lock alone the posting waits, and then uses what it read before it waited."""
    read_before = ledger.MAKE_MISSING.replace(
        "inventory_reorder_point(missing.variation_id, missing.warehouse_id)",
        "COALESCE((SELECT threshold FROM inventory_lowstockthreshold t"
        " WHERE t.variation_id = missing.variation_id"
        " AND t.warehouse_id = missing.warehouse_id), 3)",
    )
    monkeypatch.setattr(ledger, "MAKE_MISSING", read_before)

    assert changed_first("create").reorder_point == OLD


def test_threshold_that_does_not_lock_misses_the_balance_that_is_being_made(monkeypatch):
    monkeypatch.setattr(thresholds, "lock_variation", lambda key: None)

    assert made_first("create").reorder_point == OLD
