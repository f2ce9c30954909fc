"""Transfers, adjustments and counts in the admin site: the same services, the same refusals."""

from datetime import date

import pytest

from inventory.models import AdjustmentRequest, Lot, Stock, StockCount, TransferRequest
from inventory.services.counts.opening import open_count
from tests.admin.pages import add_to, buttons, errors_of, lines, list_of, page_of, step_of
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.sales import take_order
from tests.factories.transfers import at, make_transfer, transfer_facts
from tests.factories.warehouses import MembershipFactory
from tests.inventory.lots.postings import receive
from tests.pdf_pages import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_ledger")]
TRANSFER_STEPS = {
    "pending": {"note", "approve", "reject", "cancel"},
    "approved": {"note", "ship", "cancel"},
    "rejected": set(),
    "in_transit": {"note", "receive", "close", "cancel"},
    "partially_received": {"note", "receive", "close"},
    "received": {"note"},
    "closed": {"note"},
    "cancelled": set(),
}


@pytest.mark.parametrize("status", TRANSFER_STEPS)
def test_a_transfer_shows_the_lawful_buttons(office, place, status):
    transfer = make_transfer(source=place.own, status=status)

    assert buttons(office("admin"), transfer) == TRANSFER_STEPS[status]
    for_staff = TRANSFER_STEPS[status] & {"note", "ship", "receive"}
    assert buttons(office("staff"), transfer) == for_staff


def test_a_transfer_from_the_request_to_the_shelf(office, manager, place):
    boss = office("admin")
    MembershipFactory(user=manager.user, warehouse=place.foreign)
    body = {"from_warehouse": place.own.pk, "to_warehouse": place.foreign.pk, "notes": "Sale"}
    rows = lines("lines", {"variation": place.variation.pk, "quantity": "6"})

    asked = manager.post(add_to(TransferRequest), {**body, **rows})

    assert asked.status_code == 302, errors_of(asked)
    transfer = TransferRequest.objects.get()
    boss.post(step_of(transfer, "approve"), {"ship": "on", "note": "Go"})
    assert at(place.own, place.variation) == (4, 0)
    assert "6" in boss.get(page_of(transfer)).content.decode()
    line = transfer.lines.get()
    arrived = {f"line_{line.pk}": "4", f"damaged_{line.pk}": "1"}
    for wrong in ({f"line_{line.pk}": "four"}, {f"wrong_{line.pk}": "w" * 501}):
        refused = manager.post(step_of(transfer, "receive"), {**arrived, **wrong})
        assert refused.status_code == 200
        assert at(place.foreign, place.variation)[0] == 10
    told = manager.post(
        step_of(transfer, "receive"),
        {f"line_{line.pk}": "4", f"damaged_{line.pk}": "1", f"wrong_{line.pk}": "Wet"},
        follow=True,
    )
    assert "the goods are in stock" in errors_of(told)
    transfer.refresh_from_db()
    line.refresh_from_db()
    assert (transfer.status, line.discrepancy) == ("partially_received", "Wet")
    manager.post(step_of(transfer, "close"), {"outcome": "lost", "note": "Gone"})
    transfer.refresh_from_db()
    assert transfer.status == "closed"
    assert at(place.foreign, place.variation) == (14, 0)


def test_own_requests_and_short_stock_are_refused_with_words(office, place):
    boss = office("admin")
    own = make_transfer(source=place.own, asked_by=boss.user)
    short = make_transfer(101, source=place.own)
    before = transfer_facts(own), transfer_facts(short)

    refused = boss.post(step_of(own, "approve"), {"ship": "on"}, follow=True)
    missing = boss.post(step_of(short, "approve"), {"ship": "on"}, follow=True)

    assert "somebody else decides it" in errors_of(refused)
    assert "Less is available" in errors_of(missing)
    assert (transfer_facts(own), transfer_facts(short)) == before


def test_part_is_shipped_and_only_damaged_goods_arrive(office, place):
    boss = office("admin")
    transfer = make_transfer(10, 5, source=place.own, status="approved")
    first, second = transfer.lines.all()

    boss.post(step_of(transfer, "ship"), {f"line_{first.pk}": "3"})
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.quantity_shipped, second.quantity_shipped) == (3, 0)
    nothing = boss.post(step_of(transfer, "receive"), {f"line_{first.pk}": ""})
    assert "at least one line" in nothing.content.decode()
    boss.post(step_of(transfer, "receive"), {f"damaged_{first.pk}": "3"})

    transfer.refresh_from_db()
    assert transfer.status == "received"
    assert at(transfer.to_warehouse, first.variation) == (0, 0)


def test_lots_are_chosen_where_goods_leave_and_named_where_they_arrive(office, place):
    boss = office("admin")
    milk = VariationFactory(product__lot_tracking=True)
    receive(milk, place.own, 6, "SOON", date(2090, 1, 1))
    receive(milk, place.own, 6, "LATER", date(2091, 1, 1))
    transfer = make_transfer(8, source=place.own, status="approved", variations=[milk])
    line = transfer.lines.get()
    soon, later = (f"{line.pk}-{milk.lots.get(lot_number=one).pk}" for one in ("SOON", "LATER"))

    form = boss.get(step_of(transfer, "ship")).context["form"]
    proposed = {key: form.fields[f"line_{key}"].initial for key in form.rows}
    assert proposed == {soon: "6", later: "2"}
    boss.post(step_of(transfer, "ship"), {f"line_{soon}": "", f"line_{later}": "5"})
    assert list(line.lots.values_list("lot__lot_number", "quantity_shipped")) == [("LATER", 5)]
    page = boss.get(step_of(transfer, "receive")).content.decode()
    assert "Lot LATER, expires 2091-01-01: 5 on its way" in page
    boss.post(step_of(transfer, "receive"), {f"line_{later}": "5"})

    transfer.refresh_from_db()
    assert transfer.status == "received"
    assert at(transfer.to_warehouse, milk) == (5, 0)


def test_the_rest_of_a_transfer_ships_later(office, place):
    boss = office("admin")
    transfer = make_transfer(10, source=place.own, status="approved")
    left = {f"line_{transfer.lines.get().pk}": "4", "rest_later": "on"}

    told = boss.post(step_of(transfer, "ship"), left, follow=True)

    rest = TransferRequest.objects.get(follows=transfer)
    assert rest.code in errors_of(told)
    assert (rest.status, rest.lines.get().quantity) == ("approved", 6)
    assert rest.code in boss.get(page_of(transfer)).content.decode()
    assert transfer.code in boss.get(page_of(rest)).content.decode()


def test_the_stock_of_the_source_is_not_shown_to_who_works_elsewhere(office, place):
    milk, other = (
        VariationFactory(product__lot_tracking=True),
        VariationFactory(product__lot_tracking=True),
    )
    receive(milk, place.foreign, 6, "SECRET", date(2090, 1, 1))
    receive(other, place.foreign, 6, "OTHERS", date(2090, 1, 1))
    transfer = make_transfer(
        5, source=place.foreign, to=place.own, status="approved", variations=[milk]
    )
    staff, key = office("staff"), transfer.lines.get().pk
    before = transfer_facts(transfer)

    page = staff.get(step_of(transfer, "ship"))
    asked = {f"line_{key}-{lot.balances.get().lot_id}": "5" for lot in Lot.objects.all()}
    refused = staff.post(step_of(transfer, "ship"), asked)
    plain = staff.post(step_of(transfer, "ship"), {f"line_{key}": "5"})

    assert list(page.context["form"].rows) == [f"{key}"]
    assert page.context["form"].fields[f"line_{key}"].help_text == "5 asked for"
    for answer in (page, refused, plain):
        assert "SECRET" not in answer.content.decode()
        assert "OTHERS" not in answer.content.decode()
    assert transfer_facts(transfer) == before


def test_a_lot_that_was_never_at_the_source_is_not_named(office, place):
    milk = VariationFactory(product__lot_tracking=True)
    receive(milk, place.own, 6, "HERE", date(2090, 1, 1))
    receive(milk, place.foreign, 6, "SECRET", date(2090, 1, 1))
    transfer = make_transfer(5, source=place.own, status="approved", variations=[milk])
    row = f"line_{transfer.lines.get().pk}-{milk.lots.get(lot_number='SECRET').pk}"

    answer = office("staff").post(step_of(transfer, "ship"), {row: "5"})

    assert answer.status_code == 200
    assert "SECRET" not in answer.content.decode()


def test_a_reversal_tells_how_much_of_reservations_it_released(office, place):
    boss = office("admin")
    stock = Stock.objects.get(warehouse=place.own)
    take_order((place.variation, 7), warehouse=place.own)
    movement = stock.movements.get()
    put_in_stock(place.variation, place.own, 2)

    told = boss.post(step_of(movement, "reverse"), {"note": "Never came"}, follow=True)

    assert "Reservations of 5 were released." in errors_of(told)
    stock.refresh_from_db()
    assert (stock.on_hand, stock.reserved) == (2, 2)


def test_a_lot_that_went_meanwhile_is_refused_where_it_was_chosen(office, place):
    boss = office("admin")
    milk = VariationFactory(product__lot_tracking=True)
    receive(milk, place.own, 6, "ONE")
    receive(milk, place.own, 6, "TWO")
    transfer = make_transfer(5, source=place.own, status="approved", variations=[milk])
    row = f"line_{transfer.lines.get().pk}-{milk.lots.get(lot_number='ONE').pk}"
    receive(milk, place.own, -6, "ONE")
    before = transfer_facts(transfer)

    refused = boss.post(step_of(transfer, "ship"), {row: "5"})

    assert "Less is available" in errors_of(refused)
    assert transfer_facts(transfer) == before


def test_an_adjustment_is_posted_or_waits(office, place):
    staff, manager = office("staff"), office("manager")
    put_in_stock(place.variation, place.own, 990)
    row = {"variation": place.variation.pk, "reason_code": "damaged", "quantity": "-2"}
    body = {"warehouse": place.own.pk, "notes": "Leak"}

    posted = staff.post(add_to(AdjustmentRequest), {**body, **lines("lines", row)})
    large = {**row, "quantity": "-400"}
    staff.post(add_to(AdjustmentRequest), {**body, **lines("lines", large)})
    wrong = staff.post(
        add_to(AdjustmentRequest), {**body, **lines("lines", {**row, "quantity": "2"})}
    )

    assert posted.status_code == 302, errors_of(posted)
    assert "negative quantity" in errors_of(wrong)
    waits, done = AdjustmentRequest.objects.all()
    assert (done.status, waits.status) == ("posted", "pending")
    assert buttons(staff, waits) == {"cancel"}
    assert buttons(manager, waits) == {"approve", "reject", "cancel"}
    manager.post(step_of(waits, "approve"))
    assert at(place.own, place.variation) == (598, 0)


def test_counts_of_bins_are_given_to_people_in_the_back_office(office, manager, place):
    staff = office("staff")
    Stock.objects.update(bin_location="A-01")
    body = {"warehouse": place.own.pk, "bins": "A-0", "recount_tolerance_percent": "50"}
    opened = staff.post(add_to(StockCount), {**body, **lines("lines")})
    assert opened.status_code == 302, errors_of(opened)
    count = StockCount.objects.get()
    page = staff.get(page_of(count)).content.decode()
    assert "Bins A-0" in page
    assert "0 of 1 lines" in page
    assert "Value expected" not in page

    staff.post(step_of(count, "assign"), {"assigned_to": manager.user.pk})

    count.refresh_from_db()
    assert count.assigned_to == manager.user
    listed = manager.get(f"{list_of(StockCount)}?given=me").content.decode()
    assert count.code in listed
    staff.get(list_of(StockCount))  # which tells what was done
    assert count.code not in staff.get(f"{list_of(StockCount)}?given=me").content.decode()


def test_a_count_on_the_floor_page(office, manager, place):
    staff = office("staff")
    other = VariationFactory(sku_code="SCAN-1", barcode="4711")
    put_in_stock(other, place.own, 5)
    body = {"warehouse": place.own.pk, "recount_tolerance_percent": "50", "is_blind": "on"}

    opened = staff.post(add_to(StockCount), {**body, **lines("lines")})

    assert opened.status_code == 302, errors_of(opened)
    count = StockCount.objects.get()
    page = staff.get(step_of(count, "enter")).content.decode()
    assert "SCAN-1" in page
    assert "should be" not in page
    scan = staff.post(
        step_of(count, "enter"), {"code": "4711", "counted_quantity": "4"}, follow=True
    )
    assert "SCAN-1: 4 counted" in errors_of(scan)
    unknown = staff.post(step_of(count, "enter"), {"code": "4712", "counted_quantity": "4"})
    assert "Unknown code" in errors_of(unknown)
    negative = staff.post(step_of(count, "enter"), {"code": "4711", "counted_quantity": "-4"})
    assert "greater than or equal to 0" in negative.content.decode()
    line = count.lines.get(variation=place.variation)
    differs = staff.post(step_of(count, "enter"), {f"line_{line.pk}": "1"}, follow=True)
    assert "count it again" in errors_of(differs)
    staff.post(step_of(count, "enter"), {f"line_{line.pk}": "9"})
    assert "Everything is counted" in staff.get(step_of(count, "enter")).content.decode()
    assert "SCAN-1" in staff.get(step_of(count, "enter") + "?q=scan").content.decode()
    staff.post(step_of(count, "submit"))
    assert "takes no more entries" in errors_of(staff.get(step_of(count, "enter"), follow=True))
    assert buttons(manager, count) == {"sheet", "approve", "recount", "reject", "cancel"}
    manager.post(step_of(count, "approve"))

    count.refresh_from_db()
    assert (count.status, count.lines_right, count.lines_counted) == ("posted", 0, 2)
    assert sorted(Stock.objects.filter(warehouse=place.own).values_list("on_hand", flat=True)) == [
        4, 9,
    ]  # fmt: skip


def test_a_scan_without_a_quantity_enters_nothing(office, place):
    staff = office("staff")
    staff.post(add_to(StockCount), {
        "warehouse": place.own.pk, "recount_tolerance_percent": "5", **lines("lines"),
    })  # fmt: skip
    count = StockCount.objects.get()

    answer = staff.post(step_of(count, "enter"), {"code": place.variation.sku_code})

    assert "at least one line" in errors_of(answer)
    assert count.lines.uncounted().count() == 1


@pytest.mark.parametrize("role", ["viewer", "sales"])
def test_others_do_not_reach_the_floor_page(office, place, role):
    count_page = step_of(StockCount.objects.create(code="CNT-X", warehouse=place.own), "enter")

    assert office(role).get(count_page).status_code == 302


def test_a_foreign_count_is_not_there(office, place):
    count = StockCount.objects.create(code="CNT-X", warehouse=place.foreign)

    answer = office("staff").post(step_of(count, "enter"), {"code": "x", "counted_quantity": "1"})

    assert (answer.status_code, answer.url) == (302, "/admin/")


def test_each_line_says_what_was_wrong_with_it(office, place):
    boss = office("admin")
    transfer = make_transfer(10, 5, source=place.own, status="in_transit")
    first, second = transfer.lines.all()

    page = boss.get(step_of(transfer, "receive")).content.decode()
    boss.post(
        step_of(transfer, "receive"),
        {f"damaged_{first.pk}": "1", f"wrong_{first.pk}": "Dented", f"line_{second.pk}": "5",
         f"wrong_{second.pk}": "Wrong label"},
    )  # fmt: skip

    assert page.count(">What was wrong<") == 1
    assert page.count('aria-label="What was wrong: ') == 2
    lines = transfer.lines.values_list("quantity_received", "quantity_damaged", "discrepancy")
    assert list(lines) == [(0, 1, "Dented"), (5, 0, "Wrong label")]


def test_a_count_and_a_transfer_are_printed(office, place):
    staff = office("staff")
    count = open_count(warehouse=place.own, acting_user=staff.user)
    transfer = make_transfer(1, source=place.own)
    elsewhere = make_transfer(1, source=place.foreign)

    sheet, note = staff.get(step_of(count, "sheet")), staff.get(step_of(transfer, "note"))

    assert f"Count sheet {count.code}" in text_of(sheet.content)
    assert f"Transfer {transfer.code}" in text_of(note.content)
    assert staff.get(step_of(elsewhere, "note")).status_code == 403


def test_goods_are_put_away_and_found_by_their_bin(office, place):
    staff, stock = office("staff"), Stock.objects.get(warehouse=place.own)

    assert buttons(staff, stock) == {"card", "put_away"}
    told = staff.post(step_of(stock, "put_away"), {"bin_location": "B-7"}, follow=True)
    refused = staff.post(step_of(stock, "put_away"), {"bin_location": "B\u20287"})

    assert f"{stock} lies in B-7." in errors_of(told)
    assert "on one line" in refused.content.decode()
    stock.refresh_from_db()
    assert stock.bin_location == "B-7"
    rows = staff.get(list_of(Stock), {"q": "b-7"}).context["cl"].queryset
    assert list(rows) == [stock]
    assert staff.get(list_of(Stock), {"q": "B-8"}).context["cl"].result_count == 0


def test_the_card_of_a_balance_is_a_page_and_a_pdf(office, place):
    viewer = office("staff")
    stock = Stock.objects.get(warehouse=place.own)
    foreign = Stock.objects.get(warehouse=place.foreign)
    today = stock.movements.get().occurred_at.date().isoformat()

    page = viewer.get(step_of(stock, "card"))
    later = viewer.get(step_of(stock, "card"), {"start_date": "2099-01-01", "end_date": ""})
    wrong = viewer.get(step_of(stock, "card"), {"start_date": "x", "end_date": ""})
    paper = viewer.get(step_of(stock, "card"), {"start_date": today, "end_date": "", "pdf": "1"})

    assert [row["left"] for row in page.context["rows"]] == ["10"]
    assert (page.context["opening"], page.context["closing"]) == (("0", "0.00"), ("10", "40.00"))
    assert "Nothing moved in these days." in later.content.decode()
    assert later.context["opening"] == ("10", "40.00")
    assert "Enter a valid date." in wrong.content.decode()
    assert f"Stock card {place.variation.sku_code}" in text_of(paper.content)
    table = b"".join(viewer.get(page.context["csv"]).streaming_content).decode().splitlines()
    assert (table[0][:11], len(table)) == ("movement_id", 2)
    assert viewer.get(step_of(foreign, "card")).status_code == 403
