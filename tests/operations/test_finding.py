"""Scanning and searching over all apps."""

import pytest

from inventory.models import AdjustmentRequest, Stock, StockCount
from sales.services.fulfilment import fulfil_sales_order
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.purchasing import make_order
from tests.factories.sales import take_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
GTIN = "4006381333931"


@pytest.fixture
def warehouse():
    return WarehouseFactory(code="WH-1")


@pytest.fixture
def staff(api, warehouse):
    return api("staff", warehouse)


def scanned(client, code, status=200):
    answer = client.get("/api/scan/", {"code": code})
    assert answer.status_code == status, answer.content
    return answer.json()


def found(client, code):
    return [
        (one["type"], one["code"], one["matched_by"]) for one in scanned(client, code)["matches"]
    ]


def test_scan_answers_the_stock_of_own_warehouses(staff, warehouse):
    variation = VariationFactory(sku_code="A-1", barcode=GTIN, product=ProductFactory(name="Saw"))
    stock = put_in_stock(variation, warehouse, 7)
    put_in_stock(variation, WarehouseFactory(), 99)
    Stock.objects.filter(pk=stock.pk).update(bin_location="R-1")

    body = scanned(staff, f"]E0{GTIN}")

    assert body == {
        "code": GTIN,
        "looks_like": "ean13",
        "symbology": "ean13",
        "gs1": None,
        "warnings": [],
        "matches": [
            {
                "type": "variation", "id": variation.pk, "code": "A-1", "title": "Saw",
                "url": "/api/variations/A-1/", "matched_by": "barcode",
                "product_id": variation.product.code,
                "stock": [
                    {"warehouse": "WH-1", "on_hand": 7, "available": 7, "bin_location": "R-1"}
                ],
            }
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    "code",
    [
        "(01)04006381333931(17)261231(10)L-7(37)12(21)S1",
        "]C10104006381333931172612313712\x1d10L-7\x1d21S1",
        "]d20104006381333931172612313712\x1d21S1\x1d10L-7",
        "]Q3010400638133393117261231" + "10L-7\x1d3712\x1d21S1",
        "0104006381333931172612313712\x1d10L-7\x1d21S1",
        "0104006381333931172612313712<GS>10L-7<GS>21S1",
        "https://id.gs1.org/01/04006381333931/10/L-7/21/S1?17=261231&37=12&linkType=all",
        "]Q1https://brand.example/some/path/01/4006381333931?17=261231&37=12&10=L-7&21=S1",
    ],
)
def test_gs1_elements_are_read_and_lead_to_item_and_lot(staff, warehouse, code):
    product = ProductFactory(lot_tracking=True)
    variation = VariationFactory(sku_code="A-1", barcode=GTIN, product=product)
    put_in_stock(variation, warehouse, 5, lot_number="L-7")
    put_in_stock(variation, WarehouseFactory(), 50, lot_number="L-7")

    body = scanned(staff, code)

    assert body["gs1"] == {
        "gtin": "04006381333931",
        "lot_number": "L-7",
        "expiration_date": "2026-12-31",
        "best_before_date": None,
        "production_date": None,
        "count": 12,
        "net_weight": None,
        "serial_number": "S1",
        "order_number": None,
        "sscc": None,
        "elements": body["gs1"]["elements"],
    }
    assert {one["ai"]: one["value"] for one in body["gs1"]["elements"]} == {
        "01": "04006381333931", "17": "261231", "37": "12", "10": "L-7", "21": "S1",
    }  # fmt: skip
    assert [(one["type"], one["code"]) for one in body["matches"]] == [
        ("variation", "A-1"),
        ("lot", "L-7"),
    ]
    assert body["matches"][1]["on_hand"] == 5


@pytest.mark.parametrize(
    ("barcode", "code"),
    [
        ("036000291452", "0036000291452"),
        ("0036000291452", "036000291452"),
        ("96385074", "]E496385074"),
        (GTIN, f"0{GTIN}"),
        ("any text", "any text"),
    ],
)
def test_one_number_is_found_in_every_spelling(staff, barcode, code):
    VariationFactory(sku_code="A-1", barcode=barcode)

    assert found(staff, code) == [("variation", "A-1", "barcode")]


def test_a_wrong_check_digit_is_a_warning_and_no_refusal(staff):
    VariationFactory(sku_code="A-1", barcode="1234567891234")

    body = scanned(staff, "1234567891234")

    assert [one["code"] for one in body["matches"]] == ["A-1"]
    assert body["warnings"] == ["The last digit is not the check digit of a trade item number."]


def test_our_own_labels_are_known(staff):
    variation = VariationFactory(sku_code="A/1", product=ProductFactory(code="PRD-A"))
    VariationFactory(sku_code="A/2", product=variation.product, is_default=False, barcode="A/1")

    assert found(staff, "http://x.example/admin/inventory/productvariation/?q=A%2F1") == [
        ("variation", "A/1", "sku"),
        ("variation", "A/2", "barcode"),
    ]
    assert found(staff, "a/2") == [("variation", "A/2", "sku")]
    assert found(staff, "prd-a") == [
        ("variation", "A/1", "product_id"),
        ("variation", "A/2", "product_id"),
    ]


def test_documents_lots_and_bins_of_other_warehouses_are_absent(api, staff, warehouse):
    foreign = WarehouseFactory()
    own_order, foreign_order = make_order(warehouse=warehouse), make_order(warehouse=foreign)
    own, other = put_in_stock(None, warehouse), put_in_stock(None, foreign)
    Stock.objects.update(bin_location="R-9")
    movement = own.movements.get()

    assert found(staff, own_order.order_number.lower()) == [
        ("purchase_order", own_order.order_number, "number")
    ]
    assert found(staff, foreign_order.order_number) == []
    assert found(api("sales", warehouse), own_order.order_number) == []
    assert found(staff, "R-9") == [("bin", "R-9", "bin_location")]
    assert found(staff, movement.code) == [("movement", movement.code, "number")]
    assert found(staff, other.movements.get().code) == []


@pytest.mark.parametrize(
    ("code", "warnings"),
    [
        (
            "(01)04006381333932(10)L-7",
            ["The last digit is not the check digit of a trade item number."],
        ),
        (
            "(01)04006381333931(17)269931(10)L-7",
            ["(17)269931 is not a valid GS1 element: left out."],
        ),
        (
            "(01)04006381333931(10)L-7(9999)x",
            ["(9999)x is not a valid GS1 element: left out."],
        ),
    ],
)
def test_of_malformed_gs1_text_is_read_what_can_be(staff, warehouse, code, warnings):
    gtin = code[4:18]
    product = ProductFactory(lot_tracking=True)
    variation = VariationFactory(sku_code="A-1", barcode=gtin, product=product)
    put_in_stock(variation, warehouse, 5, lot_number="L-7")

    body = scanned(staff, code)

    assert body["warnings"] == warnings
    assert (body["gs1"]["gtin"], body["gs1"]["lot_number"]) == (gtin, "L-7")
    assert body["gs1"]["expiration_date"] is None
    assert [(one["type"], one["code"]) for one in body["matches"]] == [
        ("variation", "A-1"),
        ("lot", "L-7"),
    ]


def test_adjustments_and_counts_are_found_by_number_in_own_warehouses(staff, warehouse):
    numbers = {}
    for place in (warehouse, WarehouseFactory()):
        adjustment = AdjustmentRequest.objects.create(
            code=f"ADJ-{place.pk}", warehouse=place, requested_by=staff.user
        )
        stock_count = StockCount.objects.create(
            code=f"CNT-{place.pk}", warehouse=place, created_by=staff.user
        )
        numbers[place.pk] = (adjustment.code, stock_count.code)
    own, foreign = numbers[warehouse.pk], numbers[place.pk]

    assert found(staff, own[0].lower()) == [("adjustment", own[0], "number")]
    assert found(staff, own[1]) == [("stock_count", own[1], "number")]
    assert [found(staff, code) for code in foreign] == [[], []]
    assert [one["code"] for one in search(staff, "adj-")["adjustment"]] == [own[0]]
    assert [one["code"] for one in search(staff, "cnt-")["stock_count"]] == [own[1]]


def test_deliveries_are_found_by_number_by_who_may_see_them(api, staff, warehouse):
    goods = VariationFactory()
    deliveries = {}
    for place in (warehouse, WarehouseFactory()):
        put_in_stock(goods, place, 5)
        order = take_order((goods, 2), warehouse=place)
        deliveries[place] = fulfil_sales_order(order=order, acting_user=None)
    own, foreign = deliveries.values()

    body = scanned(staff, own.code.lower())

    assert body["matches"] == [
        {
            "type": "fulfilment",
            "id": own.pk,
            "code": own.code,
            "title": f"Delivery of {own.order.order_number}",
            "url": f"/api/fulfilments/{own.code}/",
            "matched_by": "number",
        }
    ]
    assert staff.get(body["matches"][0]["url"]).json()["order_number"] == own.order.order_number
    assert search(staff, own.code) == {"fulfilment": [{
        name: value for name, value in body["matches"][0].items() if name != "matched_by"
    }]}  # fmt: skip
    assert (found(staff, foreign.code), search(staff, foreign.code)) == ([], {})
    assert found(api("viewer", warehouse), own.code) == []
    assert found(staff, str(own.pk)) == []


@pytest.mark.parametrize("code", ["0104006381333931", "0114006381333938"])
def test_a_case_code_without_more_elements_is_its_trade_item(staff, code):
    VariationFactory(sku_code="A-1", barcode=code[2:].lstrip("0"))

    body = scanned(staff, code)

    assert body["gs1"]["gtin"] == code[2:]
    assert [one["code"] for one in body["matches"]] == ["A-1"]


@pytest.mark.parametrize(
    ("barcode", "code", "looks_like"),
    [
        ("042100005264", "04252614", "upce"),
        ("04252614", "042100005264", "upca"),
        ("0042100005264", "]E0042100005264", "upca"),
        (GTIN, "4 006381 333931", "ean13"),
        ("9783161484100", "978-3-16-148410-0", "ean13"),
        ("96385074", "9638 5074", "ean8"),
    ],
)
def test_a_number_is_found_as_it_is_printed_and_shortened(staff, barcode, code, looks_like):
    VariationFactory(sku_code="A-1", barcode=barcode)

    body = scanned(staff, code)

    assert [(one["code"], one["matched_by"]) for one in body["matches"]] == [("A-1", "barcode")]
    assert (body["looks_like"], body["warnings"]) == (looks_like, [])


@pytest.mark.parametrize("code", ["14006381333938", "]I114006381333938", "(01)14006381333938"])
def test_a_case_leads_to_what_it_contains(staff, code):
    VariationFactory(sku_code="A-1", barcode=GTIN)

    assert found(staff, code) == [("variation", "A-1", "contained_item")]

    VariationFactory(sku_code="CASE", barcode="14006381333938")
    assert found(staff, code) == [("variation", "CASE", "barcode")]


@pytest.mark.parametrize("code", ["94006381333934", "04006381333931", "14006381333931"])
def test_what_is_no_case_of_an_item_leads_to_none(staff, code):
    VariationFactory(sku_code="A-1", barcode="4006381333948")

    assert found(staff, code) == []


def test_weight_dates_order_and_shipment_are_read(staff, warehouse):
    order = make_order(warehouse=warehouse)

    said = scanned(staff, "(01)94006381333934(3103)001250(15)261231(11)260101")["gs1"]
    assert (said["net_weight"], said["best_before_date"], said["production_date"]) == (
        1.25, "2026-12-31", "2026-01-01",
    )  # fmt: skip
    shipment = scanned(staff, f"]C100340123450000000017400{order.order_number}")
    assert shipment["gs1"]["sscc"] == "340123450000000017"
    assert [one["code"] for one in shipment["matches"]] == [order.order_number]


@pytest.mark.parametrize(
    ("code", "looks_like"),
    [
        ("4006381333931", "ean13"),
        ("4006381333932", "text"),
        ("036000291452", "upca"),
        ("14006381333938", "gtin14"),
        ("340123450000000017", "sscc"),
        ("00340123450000000017", "gs1"),
        ("(10)L-7", "gs1"),
        ("https://id.gs1.org/01/04006381333931", "gs1_digital_link"),
        ("https://example.com/menu", "address"),
        ("PO-2026-999", "purchase_order"),
        ("rts-1", "supplier_return"),
        ("PO", "text"),
        ("anything", "text"),
    ],
)
def test_of_an_unknown_code_it_is_said_what_it_looks_like(staff, code, looks_like):
    body = scanned(staff, code)

    assert (body["looks_like"], body["matches"]) == (looks_like, [])


@pytest.mark.parametrize(
    "code",
    [
        "https://id.gs1.org/01/", "https://id.gs1.org/01/123/10", "https://[", "https://x/01/0/99/1",
        "https://x/01/04006381333931?17=269931", "]d2", "]C1\x1d", "(01)", "<GS>", "00000000",
        "0" * 14, "٠٠٠٠٠٠٠٠", "1" * 300,
    ],
)  # fmt: skip
def test_a_broken_code_is_answered_too(staff, code):
    assert scanned(staff, code)["matches"] == []


def test_sixteen_digits_with_a_wrong_check_digit_are_a_text(staff):
    VariationFactory(sku_code="A-1", barcode="0104006381333932")

    body = scanned(staff, "0104006381333932")

    assert (body["gs1"], [one["code"] for one in body["matches"]]) == (None, ["A-1"])


@pytest.mark.parametrize("code", ["", "   ", "x" * 301])
def test_a_scan_that_is_none_is_refused(staff, code):
    assert list(scanned(staff, code, 400)["details"]) == ["code"]


@pytest.mark.parametrize("code", ["NOPE", "%", "'; --", "(01)", "]C1", "http://[", "\x1d", "水"])
def test_an_unknown_code_is_answered_without_matches(staff, code):
    assert scanned(staff, code)["matches"] == []


@pytest.mark.parametrize("count", [1, 3])
def test_scan_takes_thirteen_queries(api, warehouse, django_assert_num_queries, count):
    for number in range(count):
        put_in_stock(VariationFactory(sku_code=f"A-{number}", barcode=GTIN), warehouse)
    client = api("admin")

    with django_assert_num_queries(13):  # goods, stock, lots, bins, documents of nine kinds
        assert len(scanned(client, GTIN)["matches"]) == count


def search(client, text):
    answer = client.get("/api/search/", {"q": text})
    assert answer.status_code == 200, answer.content
    return {kind: hits for kind, hits in answer.json()["results"].items() if hits}


def test_search_groups_hits_of_everything_that_one_may_see(api, warehouse):
    supplier = SupplierFactory(code="SUP-9", company_name="Hammer and Sons")
    order = make_order(warehouse=warehouse, supplier=supplier)
    make_order(warehouse=WarehouseFactory(), supplier=supplier)
    VariationFactory(product=ProductFactory(code="H-1", name="Steel hammer"))

    hits = search(api("manager", warehouse), "hammer")

    assert {kind: [one["code"] for one in some] for kind, some in hits.items()} == {
        "product": ["H-1"],
        "supplier": ["SUP-9"],
        "purchase_order": [order.order_number],
    }
    assert hits["product"] == [
        {
            "type": "product",
            "id": hits["product"][0]["id"],
            "code": "H-1",
            "title": "Steel hammer",
            "url": "/api/products/H-1/",
        }
    ]
    assert "purchase_order" not in search(api("sales", warehouse), "hammer")


@pytest.mark.parametrize("text", ["", " ", "x" * 201])
def test_search_for_nothing_is_refused(staff, text):
    answer = staff.get("/api/search/", {"q": text})

    assert (answer.status_code, list(answer.json()["details"])) == (400, ["q"])


def test_unknown_parameters_are_refused_by_name(staff):
    for path in ("/api/search/?q=a&kind=b", "/api/scan/?code=a&kind=b"):
        answer = staff.get(path)
        assert (answer.status_code, list(answer.json()["details"])) == (400, ["kind"])


@pytest.mark.parametrize("count", [1, 3])
def test_search_takes_one_query_a_kind_and_one_for_the_words(
    api, warehouse, django_assert_num_queries, count
):
    for number in range(count):
        put_in_stock(VariationFactory(product=ProductFactory(name=f"Saw {number}")), warehouse)
    client = api("admin")

    with django_assert_num_queries(16):  # fifteen kinds (a movement needs its number), the words
        assert len(search(client, "saw")["product"]) == count
