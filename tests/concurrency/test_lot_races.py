"""Several connections, the same lots; each race has a control that shows it without its guard."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from threading import Event

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from inventory.exceptions import InsufficientStock, UnfitLines
from inventory.models import Lot, LotBalance, Product, StockMovement
from inventory.services import ledger, lot_rows, lots
from inventory.services.catalogue import update_product
from inventory.services.ledger import apply_stock_changes
from inventory.services.lots import correct_expiry, set_quarantine
from inventory.services.stock_change import StockChange
from operations.ledger_verification import verify_ledger
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 8


def move(variation, warehouse, quantity, lot=""):
    return StockChange(
        variation_id=variation.pk,
        warehouse_id=warehouse.pk,
        quantity=Decimal(quantity),
        movement_type="inbound" if quantity > 0 else "outbound",
        lot_number=lot,
    )


def receive_everywhere(rounds=10):
    """Receive the same new lots in eight warehouses, in opposite orders; return what was raised."""
    items = VariationFactory.create_batch(
        2, product=ProductFactory(lot_tracking=True), is_default=False
    )
    raised = []
    for number in range(rounds):
        calls = [
            partial(
                apply_stock_changes,
                [move(item, WarehouseFactory(), 1, f"L{number}") for item in items[::step]],
                acting_user=None,
            )
            for step in (1, -1) * (CLIENTS // 2)
        ]
        raised += [outcome for outcome in run_at_once(*calls) if isinstance(outcome, Exception)]
        if raised:
            break
    return raised


def test_same_new_lots_in_opposite_line_order_do_not_deadlock():
    assert receive_everywhere() == []
    assert Lot.objects.count() == 20
    assert LotBalance.objects.count() == 20 * CLIENTS
    assert verify_ledger() == []


def test_without_the_order_of_lots_opposite_receipts_deadlock(monkeypatch):
    make_in_order = lot_rows.make_lots

    def make_one_by_one(cursor, named):
        for line in named:
            make_in_order(cursor, [line])

    monkeypatch.setattr(lot_rows, "make_lots", make_one_by_one)

    raised = receive_everywhere(rounds=30)

    assert "40P01" in {
        getattr(error.__cause__, "sqlstate", None)
        for error in raised
        if isinstance(error, OperationalError)
    }


def take_what_two_lots_have(rounds=5):
    """Let eight clients take three of twelve in two lots; return how many got theirs each round."""
    variation = VariationFactory(product=ProductFactory(lot_tracking=True))
    winners = []
    for _ in range(rounds):
        shop = WarehouseFactory()
        for lot in ("A", "B"):
            put_in_stock(variation, shop, 6, lot_number=lot)
        issue = partial(apply_stock_changes, [move(variation, shop, -3)], acting_user=None)
        outcomes = run_at_once(*[issue] * CLIENTS)
        winners.append(sum(isinstance(outcome, list) for outcome in outcomes))
        assert all(isinstance(outcome, list | Exception) for outcome in outcomes)
    return winners


def test_eight_clients_take_exactly_what_two_lots_have():
    assert take_what_two_lots_have() == [4] * 5
    assert set(LotBalance.objects.values_list("on_hand", flat=True)) == {Decimal(0)}
    assert verify_ledger() == []


def test_without_the_lock_of_the_balance_lots_do_not_add_up(monkeypatch):
    monkeypatch.setattr(ledger, "LOCK", ledger.LOCK.replace("FOR NO KEY UPDATE OF s", ""))

    take_what_two_lots_have()

    assert {violation.rule for violation in verify_ledger()} >= {"lot_equals_movements"}


def test_quarantine_and_issues_at_once_leave_what_adds_up():
    variation = VariationFactory(product=ProductFactory(lot_tracking=True))
    stock = put_in_stock(variation, quantity=100, lot_number="A")
    lot = Lot.objects.get()
    calls = []
    for number in range(CLIENTS):
        if number % 2:
            change = [move(variation, stock.warehouse, -5)]
            calls.append(partial(apply_stock_changes, change, acting_user=None))
        else:
            calls.append(
                partial(
                    set_quarantine,
                    lot=lot,
                    warehouses=[stock.warehouse],
                    quarantined=number % 4 == 0,
                    reason="Check",
                    acting_user=None,
                )
            )

    run_at_once(*calls)

    stock.refresh_from_db()
    issued = StockMovement.objects.filter(quantity=-5).count()
    assert stock.on_hand == 100 - 5 * issued
    assert verify_ledger() == []


def receive_while_the_date_is_corrected(rounds=5):
    """Receive more of a lot, here and in a new place, while its date changes; return what rose."""
    variation = VariationFactory(product=ProductFactory(lot_tracking=True), is_default=False)
    stock = put_in_stock(variation, quantity=1, lot_number="A")
    lot, raised = Lot.objects.get(), []
    for number in range(rounds):
        calls = []
        for client in range(CLIENTS):
            day = timezone.now().date() + timedelta(days=1 + number * CLIENTS + client)
            place = WarehouseFactory() if client % 4 == 0 else stock.warehouse
            receive = partial(apply_stock_changes, [move(variation, place, 1, "A")])
            correct = partial(correct_expiry, lot=lot, expiration_date=day)
            calls.append(partial(correct if client % 2 else receive, acting_user=None))
        raised += [outcome for outcome in run_at_once(*calls) if isinstance(outcome, Exception)]
        if raised:
            break
    return raised


def test_receipts_of_a_lot_whose_date_is_corrected_do_not_deadlock():
    assert receive_while_the_date_is_corrected() == []
    assert sum(LotBalance.objects.values_list("on_hand", flat=True)) == 1 + 5 * CLIENTS // 2
    assert verify_ledger() == []


def test_without_the_balances_locked_first_corrected_dates_deadlock(monkeypatch):
    monkeypatch.setattr(lots, "lock_balances_of", lambda variation_id: None)

    raised = receive_while_the_date_is_corrected(rounds=30)

    assert "40P01" in {
        getattr(error.__cause__, "sqlstate", None)
        for error in raised
        if isinstance(error, OperationalError)
    }


def receive_while_tracking_begins():
    """Receive goods for the first time in a transaction that began before they track lots."""
    variation, shop, user = VariationFactory(), WarehouseFactory(), UserFactory()
    product = variation.product
    changed, receipt_waits = Event(), Event()

    def begin_tracking():
        with transaction.atomic():
            update_product(product=product, values={"lot_tracking": True}, acting_user=user)
            changed.set()
            receipt_waits.wait(timeout=1)

    def receive():
        changed.wait(timeout=10)
        try:
            return apply_stock_changes([move(variation, shop, 1)], acting_user=None)
        finally:
            receipt_waits.set()

    return run_at_once(begin_tracking, receive)[1]


def test_receipt_waits_for_whoever_lets_the_product_track_lots():
    assert isinstance(receive_while_tracking_begins(), UnfitLines)
    assert Product.objects.get().lot_tracking is True
    assert verify_ledger() == []


def test_without_the_lock_of_the_product_a_balance_misses_that_it_tracks_lots(monkeypatch):
    monkeypatch.setattr(ledger, "MAKE_MISSING", ledger.MAKE_MISSING.replace("OF f, v", "OF v"))

    receive_while_tracking_begins()

    assert {violation.rule for violation in verify_ledger()} >= {"tracking_is_the_products"}


def test_short_issue_among_eight_is_refused_as_short():
    variation = VariationFactory(product=ProductFactory(lot_tracking=True))
    stock = put_in_stock(variation, quantity=5, lot_number="A")
    issue = partial(
        apply_stock_changes, [move(variation, stock.warehouse, -3, "A")], acting_user=None
    )

    outcomes = run_at_once(*[issue] * CLIENTS)

    assert sum(isinstance(outcome, InsufficientStock) for outcome in outcomes) == CLIENTS - 1
