"""Pick lists and packing slips: read back from the PDF, they say what the order and stock do."""

from datetime import timedelta
from decimal import Decimal

import pypdfium2
import pytest
import zxingcpp
from django.utils import timezone

from common.pdf_fonts import UNKNOWN
from inventory.models import Lot, Stock
from inventory.services.lots import set_quarantine
from sales.documents.packing_slip import packing_slip_pdf
from sales.documents.pick_list import pick_list_pdf
from sales.documents.picking import fulfilment_picks, open_picks
from sales.models import Fulfilment
from sales.services.cancellation import cancel_sales_order
from sales.services.fulfilment import fulfil_sales_order
from sales.services.line_choice import LineRequest
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.names import SCRIPTS
from tests.factories.sales import take_order
from tests.factories.warehouses import WarehouseFactory
from tests.pdf_pages import pages_of, text_of

pytestmark = pytest.mark.django_db
ORDERS = "/api/sales-orders/"


@pytest.fixture
def place():
    return WarehouseFactory()


def shelved(place, bin_location, quantity=10, **product):
    """Return a variation of which so much lies in a bin."""
    variation = VariationFactory(product=ProductFactory(**product))
    stock = put_in_stock(variation, place, quantity)
    Stock.objects.filter(pk=stock.pk).update(bin_location=bin_location)
    return variation


def tracked(place, *lots):
    """Return a variation with lots of (number, quantity, days until it expires)."""
    variation = VariationFactory(product=ProductFactory(lot_tracking=True))
    for number, quantity, days in lots:
        put_in_stock(
            variation, place, quantity, lot_number=number,
            expiration_date=timezone.now().date() + timedelta(days=days),
            may_be_unavailable=True,
        )  # fmt: skip
    return variation


def ship(order, *quantities):
    lines = [
        LineRequest("line", str(number), Decimal(quantity))
        for number, quantity in enumerate(quantities, start=1)
        if quantity
    ]
    return fulfil_sales_order(order=order, lines=lines, acting_user=None)


def portions(pick):
    return [(one.lot_number, one.quantity) for one in pick.lots]


def test_the_pick_list_walks_past_the_bins(place):
    bins = ["B-2", "A-10", "", "A-2"]
    goods = [shelved(place, one) for one in bins]
    order = take_order(*[(one, 3) for one in goods], warehouse=place, notes="Fragile.")

    picks = open_picks(order)
    text = text_of(pick_list_pdf(order))

    assert [pick.bin_location for pick in picks] == ["A-2", "A-10", "B-2", ""]
    assert [(pick.quantity, pick.short) for pick in picks] == [(3, 0)] * 4
    places = [text.index(pick.item.variation.sku_code) for pick in picks]
    assert places == sorted(places)
    for words in (f"Pick list {order.order_number}", place.code, "Fragile.", "A-10", "Page 1 of 1"):
        assert words in text


def test_a_line_takes_what_it_reserved_and_says_what_is_short(place):
    goods = shelved(place, "A-1", 10)
    take_order((goods, 4), warehouse=place)  # holds four of the ten
    order = take_order((goods, 5), (goods, 3), warehouse=place)

    picks = open_picks(order)

    assert [(pick.quantity, pick.short) for pick in picks] == [(5, 0), (1, 2)]
    assert "1 kg 2" in text_of(pick_list_pdf(order))


def test_goods_that_were_never_in_stock_are_wholly_short(place):
    order = take_order((VariationFactory(), 3), warehouse=place)

    [pick] = open_picks(order)

    assert (pick.quantity, pick.short, pick.lots, pick.bin_location) == (0, 3, (), "")
    assert "0 kg 3" in text_of(pick_list_pdf(order))


def test_lots_are_proposed_as_the_ledger_will_take_them(place):
    goods = tracked(place, ("LATE", 5, 90), ("SOON", 2, 5), ("OLD", 9, -1), ("HELD", 4, 3))
    held = Lot.objects.get(lot_number="HELD")
    set_quarantine(lot=held, warehouses=[place], quarantined=True, reason="Check", acting_user=None)
    order = take_order((goods, 4), (goods, 2), warehouse=place)

    first, second = open_picks(order)
    text = text_of(pick_list_pdf(order))
    fulfilment = fulfil_sales_order(order=order, acting_user=None)

    assert portions(first) == [("SOON", 2), ("LATE", 2)]
    assert portions(second) == [("LATE", 2)]
    assert "Lot SOON, expires" in text
    assert "OLD" not in text
    assert [portions(pick) for pick in fulfilment_picks(fulfilment)] == [
        portions(first), portions(second),
    ]  # fmt: skip


def test_each_fulfilment_knows_its_own_lots(place):
    goods = tracked(place, ("ONE", 3, 10), ("TWO", 5, 20))
    order = take_order((goods, 7), warehouse=place)
    first, second = ship(order, 2), ship(order, 4)

    assert [portions(pick) for pick in fulfilment_picks(first)] == [[("ONE", 2)]]
    assert [portions(pick) for pick in fulfilment_picks(second)] == [[("ONE", 1), ("TWO", 3)]]
    assert "Lot TWO" not in text_of(packing_slip_pdf(first))
    assert "Lot TWO" in text_of(packing_slip_pdf(second))
    assert portions(open_picks(order)[0]) == [("TWO", 1)]


def test_the_slip_says_what_left_and_what_is_still_to_come_and_no_price(place):
    goods = [shelved(place, "A-1"), shelved(place, "A-2"), shelved(place, "A-3")]
    order = take_order(
        (goods[0], 6), (goods[1], 2), (goods[2], 1), warehouse=place,
        customer_id="C-77", customer_email="ann@example.com",
    )  # fmt: skip
    first = ship(order, 4, 2)
    second = ship(order, 2)

    one, two = (text_of(packing_slip_pdf(fulfilment)) for fulfilment in (first, second))
    skus = [variation.sku_code for variation in goods]

    for words in (first.code, order.order_number, "C-77", "ann@example.com", place.name):
        assert words in one
    assert f"{skus[0]} 6 4 2 kg" in one.replace(goods[0].product.name, "")
    assert f"{skus[1]} 2 2 0 kg" in one
    assert f"{skus[2]} 1 0 1 kg" in one
    assert f"{skus[0]} 6 2 0 kg" in two
    assert skus[1] not in two
    assert "9.99" not in one + two
    assert "USD" not in one + two


def test_goods_of_several_warehouses_stand_on_one_slip_with_their_own_bins_and_lots(place):
    other = WarehouseFactory()
    goods = tracked(place, ("HOME", 2, 9))
    put_in_stock(goods, other, 5, lot_number="AWAY")
    Stock.objects.filter(warehouse=other).update(bin_location="Z-9")
    order = take_order((goods, 6), warehouse=place)
    lines = [
        LineRequest("line", "1", Decimal(2)),
        LineRequest("line", "1", Decimal(4), warehouse=other),
    ]

    fulfilment = fulfil_sales_order(order=order, lines=lines, acting_user=None)
    picks = fulfilment_picks(fulfilment)
    slip = text_of(packing_slip_pdf(fulfilment))

    assert {(pick.warehouse, pick.bin_location, *portions(pick)) for pick in picks} == {
        (place.code, "", ("HOME", 2)), (other.code, "Z-9", ("AWAY", 4)),
    }  # fmt: skip
    assert f"{goods.sku_code} Lot HOME" in slip
    assert "Lot AWAY: 4" in slip
    assert place.name in slip
    assert other.name in slip


def test_what_was_cancelled_is_not_still_to_come(place):
    goods = shelved(place, "A-1")
    order = take_order((goods, 6), warehouse=place)
    fulfilment = ship(order, 4)
    cancel_sales_order(order=order, acting_user=None)

    assert f"{goods.sku_code} 4 4 0 kg" in text_of(packing_slip_pdf(fulfilment))


def test_the_number_of_the_order_is_read_by_a_scanner(place):
    order = take_order(
        (shelved(place, "A-1"), 1), warehouse=place, order_number="SO/2026-A.000000000001-XYZ"
    )
    slip = packing_slip_pdf(ship(order, 1))

    for pdf in (slip, pick_list_pdf(order, order.fulfilments.get())):
        picture = pypdfium2.PdfDocument(pdf)[0].render(scale=300 / 72, grayscale=True).to_pil()
        [found] = zxingcpp.read_barcodes(picture)
        assert (found.format.name, found.text) == ("Code128", order.order_number)


@pytest.mark.parametrize("name", SCRIPTS.values(), ids=SCRIPTS)
def test_names_of_every_script_are_printed(place, name):
    order = take_order(
        (shelved(place, name, name=name), 1), warehouse=place, customer_id=name, notes=name
    )
    listed = text_of(pick_list_pdf(order))

    slip = text_of(packing_slip_pdf(ship(order, 1)))

    assert UNKNOWN not in listed + slip
    assert len(listed) > 100


def test_what_people_write_is_no_markup(place):
    hostile = '<b>x</b> & <img src="file:///etc/passwd"/>'
    order = take_order(
        (shelved(place, hostile, name=hostile), 1), warehouse=place, customer_id=hostile,
        notes=hostile,
    )  # fmt: skip

    for pdf in (pick_list_pdf(order), packing_slip_pdf(ship(order, 1))):
        assert "".join(hostile.split()) in "".join(text_of(pdf).split())


@pytest.mark.parametrize("size", [5, 50])
def test_the_number_of_statements_does_not_depend_on_the_lines(
    place, size, django_assert_num_queries
):
    order = take_order(
        *[(shelved(place, f"A-{number}"), 1) for number in range(size)], warehouse=place
    )

    # Lines with what they hold, balances, lots, letterhead.
    with django_assert_num_queries(4):
        pick_list_pdf(order)
    fulfilment = fulfil_sales_order(order=order, acting_user=None)
    fulfilment = Fulfilment.objects.select_related("order__warehouse").get(pk=fulfilment.pk)
    # Lines, balances, the fulfilment before, movements with lots, letterhead.
    with django_assert_num_queries(5):
        pick_list_pdf(order, fulfilment)
    # The fulfilment before, movements with lots, what left so far, the order's lines, from where,
    # letterhead.
    with django_assert_num_queries(6):
        packing_slip_pdf(fulfilment)


def test_a_long_order_goes_over_pages_with_its_heading(place):
    order = take_order(*[(shelved(place, f"A-{n}"), 1) for n in range(60)], warehouse=place)

    pages = pages_of(pick_list_pdf(order))

    assert len(pages) == 3
    assert all("Goods" in page and order.order_number in page for page in pages)


def test_the_answers_are_pdfs_of_the_fulfilment_that_is_named(api, place):
    order = take_order((shelved(place, "A-1"), 5), warehouse=place, order_number="SO/1")
    sales = api("sales", place)
    path = f"{ORDERS}{order.order_number}"

    listed = sales.get(f"{path}/pick-list/")
    first, second = ship(order, 2), ship(order, 3)
    named = [
        sales.get(f"{path}/packing-slip/", {"fulfilment": reference})
        for reference in (first.code, str(first.pk), f"ful-{first.pk}")
    ]
    newest = sales.get(f"{path}/packing-slip/")
    picked = sales.get(f"{path}/pick-list/?fulfilment={second.code}")

    assert listed["Content-Disposition"] == 'inline; filename="pick-list-SO-1.pdf"'
    assert "In this delivery" in text_of(newest.content)
    assert second.code in text_of(newest.content)
    assert second.code in text_of(picked.content)
    for answer in named:
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        assert first.code in text_of(answer.content)
        assert first.code in answer["Content-Disposition"]


def test_what_cannot_be_printed_is_said_as_json(api, place):
    order = take_order((shelved(place, "A-1"), 5), warehouse=place)
    other = take_order((shelved(place, "A-1"), 5), warehouse=place)
    foreign = take_order((VariationFactory(), 5), warehouse=WarehouseFactory())
    elsewhere = ship(other, 1)
    staff = api("staff", place)
    path = f"{ORDERS}{order.order_number}"
    done = take_order((shelved(place, "A-1"), 1), warehouse=place)
    ship(done, 1)

    answers = {
        "no delivery yet": staff.get(f"{path}/packing-slip/"),
        "nothing open": staff.get(f"{ORDERS}{done.order_number}/pick-list/"),
        "another order's": staff.get(f"{path}/packing-slip/?fulfilment={elsewhere.code}"),
        "no such": staff.get(f"{path}/pick-list/?fulfilment=FUL-x%00"),
        "nonsense": staff.get(f"{path}/pick-list/?fulfilment={'9' * 40}"),
        "unknown parameter": staff.get(f"{path}/pick-list/?colour=red"),
        "unknown format": staff.get(f"{path}/pick-list/?format=csv"),
        "foreign order": staff.get(f"{ORDERS}{foreign.order_number}/pick-list/"),
        "no right": api("viewer", place).get(f"{path}/pick-list/"),
    }

    assert {name: answer.status_code for name, answer in answers.items()} == {
        "no delivery yet": 409, "nothing open": 409, "another order's": 400, "no such": 400,
        "nonsense": 400, "unknown parameter": 400, "unknown format": 400, "foreign order": 404,
        "no right": 403,
    }  # fmt: skip
    assert {answer["Content-Type"] for answer in answers.values()} == {"application/json"}
