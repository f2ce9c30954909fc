"""Printing labels from the lists of the back office."""

from datetime import date

import pypdfium2
import pytest
import zxingcpp

from inventory.models import Lot, Product, ProductVariation, Stock
from purchasing.models import GoodsReceipt
from tests.admin.pages import list_of
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.purchasing import make_order

pytestmark = pytest.mark.django_db
HOW = {
    "action": "print_labels", "label_format": "avery_l7160", "start": "1",
    "fields_shown": ["name", "sku", "barcode"], "print": "1",
}  # fmt: skip


def codes_on(answer):
    assert answer["Content-Type"] == "application/pdf", answer.content[-3000:]
    document = pypdfium2.PdfDocument(answer.content)
    pages = [page.render(scale=300 / 72, grayscale=True).to_pil() for page in document]
    return [one.text for page in pages for one in zxingcpp.read_barcodes(page)]


@pytest.mark.parametrize("model", [Product, ProductVariation, Stock])
def test_labels_of_chosen_rows_are_printed(place, office, model):
    client = office("staff")
    rows = {
        Product: place.variation.product,
        ProductVariation: place.variation,
        Stock: Stock.objects.get(warehouse=place.own),
    }
    chosen = {"_selected_action": [rows[model].pk]}

    asked = client.post(list_of(model), {"action": "print_labels", **chosen})
    printed = client.post(list_of(model), {**HOW, **chosen, "copies": "3"})

    assert asked.status_code == 200
    assert b"How many of each" in asked.content
    assert codes_on(printed) == [place.variation.sku_code] * 3


def test_what_came_in_is_labelled_by_the_piece(place, office):
    make_order(4, status="received", warehouse=place.own, variations=[place.variation])
    client = office("staff")
    receipt = GoodsReceipt.objects.get()

    printed = client.post(list_of(GoodsReceipt), {**HOW, "_selected_action": [receipt.pk]})

    assert codes_on(printed) == [place.variation.sku_code] * 4


def test_labels_of_bins_are_printed_once_a_bin(place, office):
    own = Stock.objects.get(warehouse=place.own)
    beside = put_in_stock(VariationFactory(), place.own)
    nowhere = put_in_stock(VariationFactory(), place.own)
    foreign = Stock.objects.get(warehouse=place.foreign)
    Stock.objects.filter(pk__in=[own.pk, beside.pk]).update(bin_location="R-7")
    Stock.objects.filter(pk=foreign.pk).update(bin_location="SECRET")
    how = {**HOW, "action": "print_bin_labels", "fields_shown": ["barcode"]}
    client = office("staff")

    chosen = [one.pk for one in (own, beside, nowhere, foreign)]
    asked = client.post(list_of(Stock), {"action": "print_bin_labels", "_selected_action": chosen})
    printed = client.post(list_of(Stock), {**how, "_selected_action": chosen, "copies": "2"})
    none = client.post(list_of(Stock), {**how, "_selected_action": [nowhere.pk]})

    assert b'value="print_bin_labels"' in asked.content
    assert b'value="qr"' in asked.content
    assert b'value="price"' not in asked.content
    assert codes_on(printed) == ["R-7", "R-7"]
    assert b"nothing to print" in none.content


def test_a_lots_labels_carry_its_number_and_date(place, office):
    goods = VariationFactory(
        barcode="4006381333931",
        product=ProductFactory(lot_tracking=True, expiration_tracking=True),
    )
    day = date(2031, 12, 31)
    put_in_stock(goods, place.own, 2, lot_number="L-7", expiration_date=day)
    put_in_stock(goods, place.foreign, 9, lot_number="L-7", expiration_date=day)
    how = {**HOW, "fields_shown": ["barcode", "lot"], "label_format": "roll_89x36"}

    printed = office("staff").post(
        list_of(Lot), {**how, "_selected_action": [Lot.objects.get().pk]}
    )

    assert codes_on(printed) == ["(01)04006381333931(17)311231(10)L-7"] * 2


def test_labels_of_a_size_of_its_own(place, office):
    client = office("staff")
    how = {**HOW, "label_format": "own", "_selected_action": [place.variation.pk]}

    printed = client.post(list_of(ProductVariation), {**how, "width": "80", "height": "40"})
    refused = client.post(list_of(ProductVariation), {**how, "width": "80"})
    small = client.post(list_of(ProductVariation), {**how, "width": "5", "height": "40"})

    assert codes_on(printed) == [place.variation.sku_code]
    assert b"Say how large the labels are." in refused.content
    assert b"greater than or equal to 20" in small.content


def test_foreign_balances_are_not_printed(place, office):
    foreign = Stock.objects.get(warehouse=place.foreign)

    answer = office("staff").post(list_of(Stock), {**HOW, "_selected_action": [foreign.pk]})

    assert answer.status_code == 200
    assert b"nothing to print" in answer.content


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"start": "22"}, "A page has 21 labels."),
        ({"label_format": "nope"}, "Select a valid choice"),
        ({"copies": "1001"}, "less than or equal to 1000"),
        ({"fields_shown": []}, "This field is required"),
    ],
)
def test_the_page_says_what_is_wrong(place, office, changes, text):
    chosen = {"_selected_action": [place.variation.pk]}

    answer = office("staff").post(list_of(ProductVariation), {**HOW, **chosen, **changes})

    assert text in answer.content.decode()


def test_a_code_that_no_barcode_carries_is_named(place, office):
    ProductVariation.objects.update(barcode="Größe")
    chosen = {"_selected_action": [place.variation.pk]}

    answer = office("staff").post(list_of(ProductVariation), {**HOW, **chosen})

    assert "QR code" in answer.content.decode()
