"""Printing labels from the lists of the back office."""

import pypdfium2
import pytest
import zxingcpp

from inventory.models import Product, ProductVariation, Stock
from purchasing.models import GoodsReceipt
from tests.admin.pages import list_of
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
        ({"copies": "501"}, "less than or equal to 500"),
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
