"""Lots in the admin site: found, set aside, and traced to the customers."""

from datetime import date

import pytest
from django.urls import reverse

from inventory.models import Lot, LotBalance, LotQuarantine, StockMovement
from sales.services.fulfilment import fulfil_sales_order
from tests.admin.pages import buttons, errors_of, page_of, step_of
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.sales import take_order
from tests.inventory.lots.postings import receive

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_orders")]


@pytest.fixture
def lot(place):
    milk = VariationFactory(product=ProductFactory(lot_tracking=True))
    for warehouse in (place.own, place.foreign):
        put_in_stock(milk, warehouse, 5, lot_number="L-7", expiration_date=date(2040, 1, 1))
    put_in_stock(milk, place.foreign, 5, lot_number="ELSEWHERE")
    return Lot.objects.get(lot_number="L-7")


def test_list_shows_own_lots_and_filters_by_status(manager, place, lot):
    address = reverse("admin:inventory_lot_changelist")

    shown = manager.get(address).content.decode()
    expired = manager.get(address, {"status": "expired"}).content.decode()

    assert ("L-7" in shown, "ELSEWHERE" in shown) == (True, False)
    assert "L-7" not in expired


def test_lot_is_set_aside_and_released_with_a_reason(manager, place, lot):
    body = {"warehouse": place.own.pk, "reason": "Glass"}
    assert buttons(manager, lot) == {"quarantine", "expiry"}

    done = manager.post(step_of(lot, "quarantine"), body, follow=True)
    foreign = manager.post(step_of(lot, "quarantine"), {**body, "warehouse": place.foreign.pk})

    assert "L-7 is set aside" in errors_of(done)
    assert "Select a valid choice" in foreign.content.decode()
    assert buttons(manager, lot) == {"quarantine", "release", "expiry"}
    aside = LotBalance.objects.filter(quarantined=True)
    assert list(aside.values_list("stock__warehouse", flat=True)) == [place.own.pk]

    manager.post(step_of(lot, "release"), body)

    assert not LotBalance.objects.filter(quarantined=True).exists()
    assert list(LotQuarantine.objects.values_list("quarantined", "reason", "changed_by")) == [
        (True, "Glass", manager.user.pk),
        (False, "Glass", manager.user.pk),
    ]


def test_page_of_a_lot_tells_who_got_it(manager, office, place, lot):
    order = take_order((lot.variation, 2), warehouse=place.own)
    fulfil_sales_order(order=order, acting_user=manager.user)

    page = manager.get(page_of(lot)).content.decode()

    assert order.order_number in page
    assert ("Sold to" in page, place.foreign.code in page) == (True, False)
    assert "Sold to" not in office("viewer").get(page_of(lot)).content.decode()


def test_the_date_of_a_lot_is_corrected_with_a_reason(office, place):
    manager = office("manager")
    milk = VariationFactory(product__lot_tracking=True)
    receive(milk, place.own, 6, "ONE", date(2090, 1, 1))
    lot = milk.lots.get()

    assert "expiry" not in buttons(office("staff"), lot)
    form = manager.get(step_of(lot, "expiry")).content.decode()
    assert '<input type="date" name="expiration_date" value="2090-01-01"' in form
    silent = manager.post(step_of(lot, "expiry"), {"expiration_date": "2020-01-01"})
    assert silent.status_code == 200
    manager.post(step_of(lot, "expiry"), {"expiration_date": "2020-01-01", "reason": "Misread"})

    lot.refresh_from_db()
    assert lot.expiration_date == date(2020, 1, 1)
    page = manager.get(page_of(lot)).content.decode()
    assert "Misread" in page
    assert "Customers as CSV" in page


def test_a_movement_is_reversed_on_its_page(office, place):
    manager = office("manager")
    movement = StockMovement.objects.filter(warehouse=place.own).first()

    told = manager.post(step_of(movement, "reverse"), {"note": "Wrong shelf"}, follow=True)

    done = movement.reversal.by_movement
    assert done.code in errors_of(told)
    assert done.quantity == -movement.quantity
    assert done.code in manager.get(page_of(movement)).content.decode()
    assert buttons(manager, movement) == buttons(manager, done) == set()
