"""Lots that expire or are set aside: what is available, and whose reservation gives way."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from common.exceptions import WrongState
from inventory.exceptions import InsufficientStock, UnfitLines
from inventory.models import Lot, LotQuarantine, StockMovement, StockReservation
from inventory.services.lots import act_on_expiry, correct_expiry, set_quarantine
from inventory.services.movements import record_movement
from inventory.services.stock_change import Holder
from operations.ledger_verification import verify_ledger
from tests.factories.inventory import ProductFactory, VariationFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.inventory.lots.postings import figures, lots_left, post, receive

pytestmark = pytest.mark.django_db
TODAY = datetime(2026, 6, 15, 12, tzinfo=UTC)
JUNE_14, JUNE_15, JULY, AUGUST = (date(2026, *day) for day in ((6, 14), (6, 15), (7, 1), (8, 1)))
LINE_7, LINE_8 = Holder("sales_order_item", 7), Holder("sales_order_item", 8)


def test_goods_that_track_expiry_alone_go_by_their_date(shop):
    bread = VariationFactory(product=ProductFactory(expiration_tracking=True))

    post(bread, shop, 3, expiration_date=JULY)
    with pytest.raises(UnfitLines) as refusal:
        post(bread, shop, 3)

    assert list(refusal.value.details) == ["lines.0.expiration_date"]
    assert list(Lot.objects.values_list("lot_number", "expiration_date")) == [("2026-07-01", JULY)]


def test_lot_may_leave_on_its_last_day_and_not_after(milk, shop):
    receive(milk, shop, 5, "L1", JUNE_15)
    post(milk, shop, -1)

    with time_machine.travel(TODAY + timedelta(days=1)):
        with pytest.raises(InsufficientStock) as refusal:
            post(milk, shop, -1)
        with pytest.raises(InsufficientStock, match="Lot L1 expired on 2026-06-15"):
            post(milk, shop, -1, lot_number="L1")

    assert refusal.value.details["lines"][0]["available"] == 0
    assert figures(milk, shop) == (4, 0, 0, 4)


def test_expired_lots_become_unavailable_and_newest_reservations_are_released(milk, shop):
    receive(milk, shop, 5, "OLD", JUNE_15)
    receive(milk, shop, 5, "NEW", AUGUST)
    for holder in (LINE_7, LINE_8):
        post(milk, shop, 0, hold=Decimal(4), holder=holder)

    with time_machine.travel(TODAY + timedelta(days=1)):
        assert act_on_expiry() == 1
        assert act_on_expiry() == 0

        assert figures(milk, shop) == (10, 5, 5, 0)
        reservations = StockReservation.objects.order_by("pk")
        assert list(reservations.values_list("reference_id", "quantity")) == [(7, 4), (8, 1)]
        post(milk, shop, -4, holder=LINE_7)
    assert lots_left(milk) == {"NEW": 1, "OLD": 5}


def test_older_reservation_is_served_though_expiry_was_not_acted_upon(milk, shop):
    receive(milk, shop, 5, "OLD", JUNE_15)
    receive(milk, shop, 5, "NEW", AUGUST)
    for holder in (LINE_7, LINE_8):
        post(milk, shop, 0, hold=Decimal(5), holder=holder)

    with time_machine.travel(TODAY + timedelta(days=1)):
        post(milk, shop, -5, holder=LINE_7)

    assert lots_left(milk) == {"NEW": 0, "OLD": 5}
    assert figures(milk, shop) == (5, 0, 5, 0)


def test_disposal_names_the_expired_lot(milk, shop):
    receive(milk, shop, 5, "OLD", JUNE_15)
    receive(milk, shop, 5, "NEW", AUGUST)

    with time_machine.travel(TODAY + timedelta(days=1)):
        posted = record_movement(
            variation=milk,
            warehouse=shop,
            movement_type="adjustment",
            quantity=Decimal(-5),
            texts={"reason_code": "expired", "lot_number": "OLD"},
            acting_user=UserFactory(),
        )

    assert posted.lots[0].lot_number == "OLD"
    assert figures(milk, shop) == (5, 0, 0, 5)
    assert verify_ledger() == []


def test_disposal_of_more_than_the_expired_lot_has_is_short_and_not_advised_to_dispose(milk, shop):
    receive(milk, shop, 5, "OLD", JUNE_15)
    receive(milk, shop, 5, "NEW", AUGUST)

    with (
        time_machine.travel(TODAY + timedelta(days=1)),
        pytest.raises(InsufficientStock, match="Less is available than asked for") as refusal,
    ):
        post(milk, shop, -6, lot_number="OLD", may_be_unavailable=True, may_release_others=True)

    line = refusal.value.details["lines"][0]
    assert (line["available"], line["lot_condition"]) == (5, "expired")
    assert lots_left(milk) == {"NEW": 5, "OLD": 5}


def test_goods_that_come_back_expired_are_not_available(milk, shop):
    receive(milk, shop, 5, "OLD", JUNE_15)
    post(milk, shop, -5)

    with time_machine.travel(TODAY + timedelta(days=1)):
        receive(milk, shop, 2, "OLD", may_be_unavailable=True)

    assert figures(milk, shop) == (2, 0, 2, 0)


def test_quarantine_sets_aside_here_alone_and_says_whose_reservation_it_took(milk, shop):
    other, user = WarehouseFactory(), UserFactory()
    receive(milk, shop, 5, "L1", JULY)
    receive(milk, other, 5, "L1", JULY)
    post(milk, shop, 0, hold=Decimal(3), holder=LINE_7)

    rows = set_quarantine(
        lot=Lot.objects.get(), warehouses=[shop], quarantined=True, reason="Glass", acting_user=user
    )

    assert [
        (row.warehouse, row.quantity, row.released_reservations, row.reason, row.changed_by)
        for row in rows
    ] == [(shop, 5, 3, "Glass", user)]
    assert figures(milk, shop) == (5, 0, 5, 0)
    assert figures(milk, other) == (5, 0, 0, 5)
    with pytest.raises(InsufficientStock, match="Lot L1 is quarantined"):
        post(milk, shop, -1, lot_number="L1")
    assert verify_ledger() == []


def test_release_from_quarantine_makes_it_available_again(milk, shop):
    receive(milk, shop, 5, "L1", JULY)
    lot, act = Lot.objects.get(), {"warehouses": [shop], "acting_user": None}
    set_quarantine(lot=lot, quarantined=True, reason="Glass", **act)
    receive(milk, shop, 2, "L1")
    assert figures(milk, shop) == (7, 0, 7, 0)

    set_quarantine(lot=lot, quarantined=False, reason="No glass", **act)
    with pytest.raises(WrongState):
        set_quarantine(lot=lot, quarantined=False, reason="Again", **act)

    assert figures(milk, shop) == (7, 0, 0, 7)
    assert list(LotQuarantine.objects.values_list("quarantined", "quantity")) == [
        (True, 5),
        (False, 7),
    ]


def test_corrected_date_changes_what_is_available(milk, shop):
    receive(milk, shop, 5, "L1", JULY)

    correct_expiry(lot=Lot.objects.get(), expiration_date=JUNE_14, acting_user=None)
    assert figures(milk, shop) == (5, 0, 5, 0)

    correct_expiry(lot=Lot.objects.get(), expiration_date=AUGUST, acting_user=None)
    assert figures(milk, shop) == (5, 0, 0, 5)
    assert StockMovement.objects.get().expiration_date == JULY
