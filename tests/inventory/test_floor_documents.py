"""Count sheets and transfer notes: read back from the PDF, they say what the documents do."""

from datetime import date
from decimal import Decimal

import pypdfium2
import pytest
import zxingcpp
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.exceptions import WrongState
from inventory.documents import count_sheet
from inventory.documents.count_sheet import count_sheet_pdf
from inventory.documents.transfer_note import transfer_note_pdf
from inventory.models import Stock, TransferRequest
from inventory.services.counts.closing import approve_count, order_recount, submit_count
from inventory.services.counts.entering import Entry, enter_counted
from inventory.services.counts.opening import Scope, open_count
from inventory.services.transfers.leaving import Leaving
from inventory.services.transfers.receiving import Arrival, cancel_transfer, receive_transfer
from inventory.services.transfers.shipping import ship_transfer
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.names import SCRIPTS
from tests.factories.transfers import make_transfer
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from tests.pdf_pages import pages_of, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    return WarehouseFactory()


def shelved(place, sku, bin_location, quantity=10, barcode="", **product):
    variation = VariationFactory(
        sku_code=sku, barcode=barcode, product=ProductFactory(**product), stock_unit="pieces"
    )
    put_in_stock(variation, place, quantity)
    Stock.objects.filter(variation=variation).update(bin_location=bin_location)
    return variation


def counting(place, *variations, **options):
    return open_count(
        warehouse=place, scope=Scope(variations=variations), acting_user=UserFactory(), **options
    )


def entered(count, **quantities):
    """Enter counted quantities by SKU, its hyphens written as underscores."""
    wanted = {sku.replace("_", "-"): Decimal(quantity) for sku, quantity in quantities.items()}
    entries = [
        Entry(line=line, quantity=wanted[line.variation.sku_code])
        for line in count.lines.select_related("variation")
        if line.variation.sku_code in wanted
    ]
    enter_counted(count=count, entries=entries, acting_user=UserFactory())


def symbols_of(pdf):
    """Return what a scanner reads of the first page, at the resolution of a printer."""
    page = pypdfium2.PdfDocument(pdf)[0].render(scale=300 / 72, grayscale=True).to_pil()
    return {one.text for one in zxingcpp.read_barcodes(page) if one.valid}


def test_the_sheet_walks_past_the_bins_and_is_read_by_a_scanner(place):
    goods = [
        shelved(place, f"A-{number}", one, barcode=code, name=f"Thing {number}")
        for number, (one, code) in enumerate(
            [("B-2", "4006381333931"), ("A-10", ""), ("", "Größe"), ("A-2", "")], start=1
        )
    ]
    count = counting(place, *goods, notes="Aisle A")

    pdf = count_sheet_pdf(count.pk)
    text = text_of(pdf)

    assert [text.index(f"Thing {number}") for number in (4, 2, 1, 3)] == sorted(
        text.index(f"Thing {number}") for number in (4, 2, 1, 3)
    )
    for words in (f"Count sheet {count.code}", place.code, "Chosen goods", "Aisle A", "pieces",
                  "Lines to count 4", "Should be", "Counted by"):  # fmt: skip
        assert words in text, words
    assert symbols_of(pdf) == {count.code, "4006381333931", "A-2", "A-3", "A-4"}


def test_a_lot_is_on_the_sheet_as_gs1(place):
    product = ProductFactory(lot_tracking=True)
    variation = VariationFactory(sku_code="M-1", barcode="4006381333931", product=product)
    put_in_stock(variation, place, 5, lot_number="L-7")
    count = counting(place, variation)

    pdf = count_sheet_pdf(count.pk)

    assert "Lot L-7" in text_of(pdf)
    read = symbols_of(pdf) - {count.code}
    assert {one.replace("(", "").replace(")", "") for one in read} == {"010400638133393110L-7"}


def test_a_blind_sheet_says_nowhere_what_should_be_there(place):
    goods = [shelved(place, "A-1", "B-1", 7771), shelved(place, "A-2", "B-2", 8882)]
    count = counting(place, *goods, is_blind=True)
    entered(count, A_1=1)

    open_sheet = text_of(count_sheet_pdf(count.pk))
    entered(count, A_1=7000, A_2=8882)
    submit_count(count=count, acting_user=UserFactory())
    count.refresh_from_db()
    record = text_of(count_sheet_pdf(count.pk))
    order_recount(count=count, note="Again", acting_user=UserFactory(role="admin"))
    count.refresh_from_db()
    again = text_of(count_sheet_pdf(count.pk))

    assert "Differs: count it again" in open_sheet
    for text in (open_sheet, again):
        for hidden in ("7771", "7,771", "8882", "8,882", "Should be", "Value"):
            assert hidden not in text, hidden
    assert "7,771 7,000 -771" in record
    assert "A-1" in again
    assert "A-2" not in again


def test_what_a_blind_count_hides_is_hidden_again_when_it_is_sent_back(api, place):
    count = counting(place, shelved(place, "A-1", "B-1", 100), is_blind=True)
    entered(count, A_1=90)
    submit_count(count=count, acting_user=UserFactory())
    boss = api("admin")
    path = f"/api/stock-counts/{count.code}/"
    assert boss.get(path).json()["value_expected"] == 400

    body = boss.post(f"{path}approve/", {"decision": "recount", "note": "Again"}).json()

    told = {name: body[name] for name in (
        "value_expected", "value_difference", "value_net", "accuracy_percent", "lines_counted",
    )}  # fmt: skip
    assert told == {
        "value_expected": 0, "value_difference": 0, "value_net": 0, "accuracy_percent": None,
        "lines_counted": 0,
    }  # fmt: skip
    entered(count, A_1=90)
    count.refresh_from_db()
    submit_count(count=count, acting_user=UserFactory())
    assert boss.get(path).json()["value_expected"] == 400


def test_the_record_of_a_posted_count_says_what_differed(place):
    goods = [shelved(place, "A-1", "B-1", 100), shelved(place, "A-2", "B-2", 50)]
    count = counting(place, *goods)
    entered(count, A_1=98)
    submit_count(count=count, uncounted="left_out", acting_user=UserFactory())
    approve_count(count=count, note="Fine.", acting_user=UserFactory(role="admin"))
    count.refresh_from_db()

    text = text_of(count_sheet_pdf(count.pk))

    for words in ("Posted", "100 98 -2 -8.00", "50 not counted", "0 of 1", "Fine."):
        assert words in text, words


def test_a_count_that_is_too_long_for_paper_is_refused(api, place, monkeypatch):
    monkeypatch.setattr(count_sheet, "MOST_LINES", 1)
    count = counting(place, shelved(place, "A-1", ""), shelved(place, "A-2", ""))

    answer = api("viewer", place).get(f"/api/stock-counts/{count.code}/sheet/")

    assert (answer.status_code, list(answer.json()["details"])) == (400, ["count"])
    assert answer["Content-Type"] == "application/json"


def test_the_note_is_a_list_to_take_before_the_goods_leave(place):
    product = ProductFactory(lot_tracking=True, name="Milk")
    milk = VariationFactory(sku_code="M-1", product=product)
    put_in_stock(milk, place, 3, lot_number="LATE")
    put_in_stock(milk, place, 3, lot_number="SOON", expiration_date=date(2099, 1, 1))
    nails = shelved(place, "N-1", "A-2", name="Nails")
    Stock.objects.filter(variation=milk).update(bin_location="A-10")
    transfer = make_transfer(
        4, 2, variations=[milk, nails], source=place, status="approved", notes="By noon"
    )
    worker, stranger = UserFactory(role="staff"), UserFactory(role="staff")
    MembershipFactory(user=worker, warehouse=place)
    MembershipFactory(user=stranger, warehouse=transfer.to_warehouse)

    text = text_of(transfer_note_pdf(transfer.pk, worker))
    abroad = text_of(transfer_note_pdf(transfer.pk, stranger))

    assert text.index("Nails") < text.index("Milk")
    for words in (f"Transfer {transfer.code}", place.name, transfer.to_warehouse.name, "Approved",
                  "By noon", "Lot SOON, expires 2099-01-01: 3", "Lot LATE: 1", "A-10",
                  "Asked for", "Handed over by"):  # fmt: skip
        assert words in text, words
    for hidden in ("A-10", "A-2", "SOON", "LATE"):
        assert hidden not in abroad, hidden
    assert symbols_of(transfer_note_pdf(transfer.pk, worker)) == {transfer.code}


def test_the_note_goes_with_the_goods_and_tells_what_arrived(place):
    transfer = make_transfer(10, to=place, status="in_transit")
    line = transfer.lines.get()
    boss = UserFactory(role="admin")
    Stock.objects.filter(warehouse=place).update(bin_location="Z-9")

    on_its_way = text_of(transfer_note_pdf(transfer.pk, boss))
    receive_transfer(
        transfer=transfer,
        arrivals=[Arrival(line_id=line.pk, received=Decimal(6), damaged=Decimal(1),
                          discrepancy="One was wet")],
        acting_user=boss,
    )  # fmt: skip
    transfer.refresh_from_db()
    arrived = text_of(transfer_note_pdf(transfer.pk, boss))

    assert "10 ______ ______ 10" in on_its_way
    assert "Z-9" in on_its_way
    for words in ("Partially Received", "10 6 1 3", "One was wet"):
        assert words in arrived, words
    assert "40.00" not in arrived


def test_notes_and_sheets_hold_text_of_any_kind_as_text(place):
    name = f"<b>Bold</b> & {SCRIPTS['greek']}"
    variation = shelved(place, "A-1", "<i>B</i>", name=name)
    count = counting(place, variation, notes="</para>")
    transfer = make_transfer(1, variations=[variation], source=place, notes="<font size=99>")

    sheet = text_of(count_sheet_pdf(count.pk))
    note = text_of(transfer_note_pdf(transfer.pk, UserFactory(role="admin")))

    assert "<b>Bold</b> &" in sheet
    assert "</para>" in sheet
    assert "<i>B</i>" in note
    assert "<font size=99>" in note


@pytest.mark.parametrize("number", [1, 3])
def test_statements_do_not_depend_on_the_lines(place, number):
    goods = [shelved(place, f"A-{one}", f"B-{one}") for one in range(number)]
    count = counting(place, *goods)
    transfer = make_transfer(*[1] * number, variations=goods, source=place)

    boss = UserFactory(role="admin")

    with CaptureQueriesContext(connection) as sheet:
        count_sheet_pdf(count.pk)
    with CaptureQueriesContext(connection) as note:
        transfer_note_pdf(transfer.pk, boss)

    # the count, its lines, the letterhead; the transfer, its lines, balances, lots of either
    assert (len(sheet), len(note)) == (3, 6)


def test_documents_are_given_out_by_the_api(api, place):
    clerk = api("viewer", place)
    count = counting(place, shelved(place, "A-1", "B-1"))
    transfer = make_transfer(10, source=place)

    sheet = clerk.get(f"/api/stock-counts/{count.code}/sheet/")
    note = clerk.get(f"/api/transfer-requests/{transfer.code}/note/")

    assert sheet["Content-Disposition"] == f'inline; filename="count-sheet-{count.code}.pdf"'
    assert note["Content-Disposition"] == f'inline; filename="transfer-{transfer.code}.pdf"'
    assert len(pages_of(sheet.content)) == len(pages_of(note.content)) == 1
    stranger = api("viewer", WarehouseFactory())
    for path in (f"/api/stock-counts/{count.code}/sheet/",
                 f"/api/transfer-requests/{transfer.code}/note/"):  # fmt: skip
        assert stranger.get(path).status_code == 404


@pytest.mark.parametrize("status", ["rejected", "cancelled"])
def test_a_transfer_that_ended_before_goods_left_has_no_paper(api, status):
    transfer = make_transfer(status=status)

    with pytest.raises(WrongState, match="Ask for the goods with a new transfer"):
        transfer_note_pdf(transfer.pk, UserFactory(role="admin"))

    answer = api("admin").get(f"/api/transfer-requests/{transfer.code}/note/")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")


def test_a_transfer_cancelled_on_its_way_is_still_printed():
    transfer = make_transfer(status="in_transit")
    cancel_transfer(transfer=transfer, acting_user=UserFactory(role="admin"))

    assert "Back at the source: 10" in text_of(
        transfer_note_pdf(transfer.pk, UserFactory(role="admin"))
    )


def test_the_paper_names_what_left_and_where_the_rest_is(place):
    boss = UserFactory(role="admin")
    sent, kept = shelved(place, "SENT-1", "A-1"), shelved(place, "KEPT-1", "A-2")
    transfer = make_transfer(4, 4, source=place, status="approved", variations=[sent, kept])
    line = transfer.lines.get(variation=kept)
    leaving = [Leaving(line_id=line.pk, quantity=Decimal(0))]
    ship_transfer(transfer=transfer, leaving=leaving, rest_later=True, acting_user=boss)
    rest = TransferRequest.objects.get(follows=transfer)

    first, later = (text_of(transfer_note_pdf(one.pk, boss)) for one in (transfer, rest))

    assert ("SENT-1" in first, "KEPT-1" in first, rest.code in first) == (True, False, True)
    assert ("SENT-1" in later, "KEPT-1" in later, transfer.code in later) == (False, True, True)
