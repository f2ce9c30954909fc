"""What is printed is read back by a scanner, at the resolution of a printer."""

import re
from datetime import date
from io import BytesIO
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import pypdfium2
import pytest
import zxingcpp
from PIL import Image

from inventory.labels.formats import FORMATS
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
DPI = 300
LABELS = "/api/labels/"
ALL_FIELDS = ["name", "sku", "barcode", "qr", "price", "attributes", "bin", "lot"]


@pytest.fixture
def viewer(api):
    return api("viewer")


def pages_of(answer):
    assert answer.status_code == 200, answer.content[:500]
    assert answer["Content-Type"] == "application/pdf"
    document = pypdfium2.PdfDocument(answer.content)
    return [page.render(scale=DPI / 72, grayscale=True).to_pil() for page in document]


def scanned(picture):
    """Return what a scanner reads: symbology, text and how often."""
    found = zxingcpp.read_barcodes(picture)
    return sorted((one.format.name, one.text) for one in found if one.valid)


def print_labels(client, **body):
    return client.post(LABELS, body)


CODES = {
    "ean13": ("4006381333931", "EAN13", "4006381333931"),
    "ean8": ("96385074", "EAN8", "96385074"),
    "upca": ("036000291452", "EAN13", "0036000291452"),  # UPC-A is EAN-13 with a leading zero
    "wrong check digit": ("4006381333932", "Code128", "4006381333932"),
    "text": ("WIDGET-X-001", "Code128", "WIDGET-X-001"),
}


@pytest.mark.parametrize("label_format", FORMATS)
@pytest.mark.parametrize("kind", CODES)
def test_every_barcode_is_read_from_every_label_format(viewer, label_format, kind):
    code, symbology, text = CODES[kind]
    VariationFactory(sku_code="A-1", barcode=code, product=ProductFactory(name="水 Молоток " * 6))

    answer = print_labels(
        viewer, format=label_format, lines=[{"sku": "A-1", "quantity": 2}], border=True
    )

    read = [one for page in pages_of(answer) for one in scanned(page)]
    assert read == [(symbology, text)] * 2


@pytest.mark.parametrize("label_format", FORMATS)
def test_the_qr_code_is_read_from_every_label_format(viewer, label_format):
    VariationFactory(sku_code="SKU/1.2", barcode="x")

    answer = print_labels(
        viewer, format=label_format, fields=["name", "sku", "qr"], lines=[{"sku": "SKU/1.2"}]
    )

    [(symbology, text)] = scanned(pages_of(answer)[0])
    assert symbology == "QRCode"
    assert parse_qs(urlsplit(text).query)["q"] == ["SKU/1.2"]


def test_barcode_and_qr_code_are_read_side_by_side(api):
    viewer = api("viewer", WarehouseFactory())
    VariationFactory(sku_code="A-1", barcode="4006381333931")

    answer = print_labels(viewer, fields=ALL_FIELDS, lines=[{"sku": "A-1"}])

    assert [symbology for symbology, _ in scanned(pages_of(answer)[0])] == ["EAN13", "QRCode"]


def test_lot_and_expiry_are_read_as_gs1(viewer):
    VariationFactory(sku_code="MILK", barcode="4006381333931")
    line = {"sku": "MILK", "lot_number": "L26-11", "expiration_date": "2026-12-31"}

    page = pages_of(print_labels(viewer, lines=[line], format="roll_89x36"))[0]

    [symbol] = zxingcpp.read_barcodes(page)
    assert symbol.symbology_identifier == "]C1"
    assert symbol.text == "(01)04006381333931(17)261231(10)L26-11"


def test_page_shows_texts_price_and_bin_of_the_warehouse(api):
    variation = VariationFactory(
        sku_code="A-1", attributes={"size": "M", "colour": "blå"}, selling_price="1234.50",
        product=ProductFactory(name="Hammer <b>& 水</b>", currency="EUR"),
    )  # fmt: skip
    stock = put_in_stock(variation)
    type(stock).objects.filter(pk=stock.pk).update(bin_location="R-12-3")
    client = api("staff", stock.warehouse)

    answer = print_labels(client, fields=ALL_FIELDS, lines=[{"sku": "A-1"}], format="avery_5163")

    text = pypdfium2.PdfDocument(answer.content)[0].get_textpage().get_text_range()
    for shown in ("Hammer <b>& 水</b>", "A-1", "1,234.50 EUR", "size: M, colour: blå", "R-12-3"):
        assert shown in text


@pytest.mark.parametrize("label_format", FORMATS)
def test_bins_are_printed_large_and_read_from_every_format(viewer, label_format):
    answer = print_labels(
        viewer, format=label_format,
        lines=[{"bin_location": "A-03-2", "quantity": 2}, {"bin_location": "b 7/"}],
    )  # fmt: skip

    read = [one for page in pages_of(answer) for one in scanned(page)]
    assert sorted(read) == [("Code128", "A-03-2"), ("Code128", "A-03-2"), ("Code128", "b 7/")]
    text = pypdfium2.PdfDocument(answer.content)[0].get_textpage().get_text_range()
    assert "A-03-2" in text


def test_a_bin_of_other_letters_has_a_qr_code_and_is_found_by_it(api):
    stock = put_in_stock(VariationFactory(sku_code="A-1"))
    type(stock).objects.filter(pk=stock.pk).update(bin_location="Größe-7")
    client = api("staff", stock.warehouse)

    answer = print_labels(client, fields=["qr"], lines=[{"bin_location": "Größe-7"}])
    refused = print_labels(client, lines=[{"bin_location": "Größe-7"}])

    [(symbology, text)] = scanned(pages_of(answer)[0])
    assert symbology == "QRCode"
    found = client.get("/api/scan/", {"code": text}).json()["matches"]
    assert [(one["type"], one["sku"]) for one in found] == [("bin", "A-1")]
    assert (refused.status_code, list(refused.json()["details"])) == (400, ["lines.0"])


def test_a_sheet_holds_bins_or_goods(viewer):
    VariationFactory(sku_code="A-1")

    answer = print_labels(viewer, lines=[{"sku": "A-1"}, {"bin_location": "R-1"}])

    assert (answer.status_code, list(answer.json()["details"])) == (400, ["lines.1.product_id"])


def test_a_thousand_labels_of_one_line_fill_their_pages(viewer):
    VariationFactory(sku_code="A-1")

    answer = print_labels(viewer, format="avery_l7651", lines=[{"sku": "A-1", "quantity": 1000}])

    assert answer.status_code == 200
    assert len(pypdfium2.PdfDocument(answer.content)) == 16


def test_labels_begin_at_the_first_free_place_and_go_on_over_pages(viewer):
    VariationFactory(sku_code="A-1")

    answer = print_labels(viewer, start=20, lines=[{"sku": "A-1", "quantity": 24}])

    assert [len(scanned(page)) for page in pages_of(answer)] == [2, 21, 1]


def test_nothing_is_drawn_outside_of_a_label(viewer):
    VariationFactory(
        sku_code="A-1",
        product=ProductFactory(name="W" * 200),
        attributes={"x" * 50: "y" * 200},
    )

    answer = print_labels(
        viewer, format="avery_l7651", fields=["name", "sku", "attributes", "price", "barcode"],
        lines=[{"sku": "A-1"}],
    )  # fmt: skip

    page = pages_of(answer)[0]
    left, top, right, bottom = Image.eval(page, lambda value: 255 - value).getbbox()
    label, millimetre = FORMATS["avery_l7651"], DPI / 25.4
    assert left >= label.left * millimetre
    assert top >= label.top * millimetre
    assert right <= (label.left + label.width) * millimetre
    assert bottom <= (label.top + label.height) * millimetre


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "lines"),
        ({"lines": []}, "lines"),
        ({"lines": [{"sku": "NOPE"}]}, "lines.0.sku"),
        ({"lines": [{"sku": "A-1", "quantity": 5001}]}, "lines.0.quantity"),
        ({"lines": [{"sku": "A-1", "quantity": 3000}] * 2}, "lines"),
        ({"lines": [{"sku": "A-1"}], "format": "avery"}, "format"),
        ({"lines": [{"sku": "A-1"}], "fields": ["cost"]}, "fields.0"),
        ({"lines": [{"sku": "A-1"}], "start": 22}, "start"),
        ({"lines": [{"sku": "A-1"}], "size": {"width": 5, "height": 20}}, "size.width"),
        ({"lines": [{"sku": "LONG"}], "format": "avery_l7651"}, "lines.0"),
        ({"lines": [{"sku": "A-1"}, {"sku": "UMLAUT"}]}, "lines.1"),
        ({"lines": [{"sku": "A-1"}], "fields": ["bin"], "warehouse": "NOPE"}, "warehouse"),
    ],
)
def test_what_cannot_be_printed_is_refused_by_name(viewer, body, field):
    VariationFactory(sku_code="A-1")
    VariationFactory(sku_code="LONG", barcode="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123")
    VariationFactory(sku_code="UMLAUT", barcode="Ä-1")

    answer = viewer.post(LABELS, body)

    assert answer.status_code == 400, answer.content[:300]
    assert answer["Content-Type"] == "application/json"
    assert field in list(answer.json()["details"])


@pytest.mark.parametrize("count", [1, 3])
def test_a_sheet_takes_one_query_and_one_each_for_attributes_and_bins(
    api, django_assert_num_queries, count
):
    lines = [{"sku": VariationFactory().sku_code} for _ in range(count)]
    client = api("staff", WarehouseFactory(code="WH-9"))

    with django_assert_num_queries(1):  # variations with their products
        print_labels(client, lines=lines)
    with django_assert_num_queries(4):  # and warehouse, bins, attributes
        print_labels(client, lines=lines, fields=ALL_FIELDS, warehouse="WH-9", format="avery_5163")


# Pictures of one symbol


def picture(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, answer.content[:300]
    return Image.open(BytesIO(answer.content))


@pytest.mark.parametrize("kind", CODES)
def test_the_png_of_a_barcode_is_read(viewer, kind):
    code, symbology, text = CODES[kind]
    variation = VariationFactory(barcode=code)

    image = picture(viewer, f"/api/variations/{variation.pk}/barcode/?format=png")

    assert scanned(image) == [(symbology, text)]


def test_variation_without_barcode_shows_its_sku(viewer):
    VariationFactory(sku_code="WIDGET-X-001")

    image = picture(viewer, "/api/variations/WIDGET-X-001/barcode/?format=png&text=false&dpi=203")

    assert scanned(image) == [("Code128", "WIDGET-X-001")]


def test_the_svg_of_a_barcode_has_the_bars_of_the_png(viewer):
    variation = VariationFactory(barcode="<&>\"'-1")

    answer = viewer.get(f"/api/variations/{variation.pk}/barcode/")

    assert answer["Content-Type"] == "image/svg+xml"
    assert scanned(drawn_svg(answer.content)) == [("Code128", "<&>\"'-1")]


def drawn_svg(source):
    """Draw the rectangles of an SVG, ten dots a unit."""
    root = ElementTree.fromstring(source)
    width, height = (float(size) for size in root.get("viewBox").split()[2:])
    image = Image.new("L", (round(width * 20), round(height * 20)), 255)
    for bar in root.iter("{http://www.w3.org/2000/svg}rect"):
        if bar.get("x") is not None:
            x, y, w, h = (float(bar.get(name)) * 20 for name in ("x", "y", "width", "height"))
            image.paste(0, (round(x), round(y), round(x + w), round(y + h)))
    return image


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_qr_code_leads_to_the_variation(viewer, kind):
    VariationFactory(sku_code="A/1")

    answer = viewer.get(f"/api/variations/A/1/qrcode/?format={kind}")

    assert answer.status_code == 200
    image = drawn_lines(answer.content) if kind == "svg" else Image.open(BytesIO(answer.content))
    [(symbology, text)] = scanned(image)
    assert symbology == "QRCode"
    assert text.endswith("/admin/inventory/productvariation/?q=A%2F1")


def drawn_lines(source):
    """Draw the strokes of an SVG, each as thick as a unit: steps to a point, lines to the right."""
    root = ElementTree.fromstring(source)
    [path] = root.iter("{http://www.w3.org/2000/svg}path")
    scale = int(re.fullmatch(r"scale\((\d+)\)", path.get("transform"))[1])
    image = Image.new("L", (int(root.get("width")), int(root.get("height"))), 255)
    x = y = 0.0
    for step, numbers in re.findall(r"([Mmh])([^Mmh]+)", path.get("d")):
        values = [float(number) for number in re.findall(r"-?[\d.]+", numbers)]
        if step == "h":
            box = (x * scale, (y - 0.5) * scale, (x + values[0]) * scale, (y + 0.5) * scale)
            image.paste(0, tuple(map(round, box)))
            x += values[0]
        else:
            x, y = values if step == "M" else (x + values[0], y + values[1])
    return image


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("symbology=ean13", "symbology"),
        ("symbology=code39", "symbology"),
        ("module_width=0", "module_width"),
        ("height=1000", "height"),
        ("dpi=1000000", "dpi"),
        ("colour=red", "colour"),
        ("format=gif", "format"),
    ],
)
def test_picture_that_cannot_be_drawn_is_refused_as_json(viewer, query, field):
    variation = VariationFactory(sku_code="A-1")

    answer = viewer.get(f"/api/variations/{variation.pk}/barcode/?{query}")

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/json"
    assert list(answer.json()["details"]) == [field]


def test_letters_beyond_code_128_are_refused_and_fit_a_qr_code(viewer):
    variation = VariationFactory(barcode="Größe")

    answer = viewer.get(f"/api/variations/{variation.pk}/barcode/")

    assert answer.status_code == 400
    assert "QR" in answer.json()["message"]
    assert viewer.get(f"/api/variations/{variation.pk}/qrcode/").status_code == 200


def test_unknown_variation_has_no_picture(viewer):
    answer = viewer.get("/api/variations/NOPE/barcode/")

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")


def test_expired_day_is_printed_as_it_is(viewer):
    VariationFactory(sku_code="A-1")
    line = {"sku": "A-1", "expiration_date": str(date(2020, 2, 29))}

    answer = print_labels(viewer, lines=[line])

    text = pypdfium2.PdfDocument(answer.content)[0].get_textpage().get_text_range()
    assert "exp. 2020-02-29" in text
