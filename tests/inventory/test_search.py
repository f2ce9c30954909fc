"""The search over products, variations and balances, as its users meet it."""

import pytest
from django.db import connection

from common.exceptions import InvalidInput
from inventory.models import Product, ProductSearchText, ProductVariation
from inventory.services.search_texts import search_texts_written_once
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.suppliers import SupplierFactory

pytestmark = pytest.mark.django_db
GTIN = "4006381333931"


def make(name, *, code=None, sku=None, **fields):
    product = ProductFactory(name=name, **({"code": code} if code else {}), **fields)
    VariationFactory(product=product, **({"sku_code": sku} if sku else {}))
    return product


@pytest.fixture
def catalogue():
    make("Steel hammer", code="HAM-1", sku="TOOL-100", description="For nails of every kind")
    make("Wooden hammer", code="HAM-2", sku="TOOL-200", tags=["kitchen", "outdoor"])
    make("Café table", code="TAB-1", sku="CAFE-1")
    make("Screw M6 x 20", code="SCR-1", sku="M6-20")
    make("Nail box", code="NAI-1", sku="TOOL-1", description="One hundred nails for hammer work")


@pytest.fixture
def found(api):
    client = api("viewer")

    def codes(text, resource="products", field="product_id", **query):
        answer = client.get(f"/api/{resource}/", {"search": text, **query})
        assert answer.status_code == 200, answer.content
        return [row[field] for row in answer.json()[resource]]

    return codes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hammer steel", ["HAM-1"]),
        ("HAMMER", ["HAM-1", "HAM-2", "NAI-1"]),
        ("cafe TABLE", ["TAB-1"]),
        ("CAFÉ", ["TAB-1"]),
        ("kitchen", ["HAM-2"]),
        ("nails", ["HAM-1", "NAI-1"]),
        ("m6", ["SCR-1"]),
        ("6", []),
        ("amme", ["HAM-1", "HAM-2", "NAI-1"]),
        ('"steel hammer"', ["HAM-1"]),
        ('"hammer steel"', []),
        ('"', []),
        ("'", []),
        ("%", []),
        ("_", []),
        ("\\", []),
        ("m%6", []),
        ("   ", ["HAM-1", "HAM-2", "TAB-1", "SCR-1", "NAI-1"]),
    ],
)
def test_words_are_found_in_any_order_and_case(catalogue, found, text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    ("name", "sku", "text"),
    [
        ("Casserole 4 l", "X-1", "casserole 4l"),
        ("Casserole 4l", "X-1", "casserole 4 l"),
        ("Rice 5 kg", "X-1", "5kg"),
        ("Rice 5kg", "X-1", "5 KG rice"),
        ("Bread knife", "X-1", "the knife for bread"),
        ("Messer für Brot", "X-1", "ein Messer mit Brot"),
        ("Thing", "CKW-101", "ckw101"),
        ("Thing", "CKW101", "ckw-101"),
        ("Thing", "CKW/101-B", "ckw 101b"),
        ("Thing", "CKW-101", "thing CKW101"),
        ("Kettle 1.5 l", "X-1", "kettel 1.5l"),
        ("Größe 40 Schuh", "X-1", "grösse40 schuh"),
    ],
)
def test_words_may_be_set_apart_otherwise_and_small_ones_left_out(found, name, sku, text):
    make(name, code="THIS", sku=sku)
    make("Casserole 24 l, rice 15 kg, ckv 101", code="OTHER", sku="CKX-101")

    assert found(text) == ["THIS"]


def test_a_code_without_its_hyphens_comes_first_and_alone_among_variations(found):
    product = make("Mug CKW 101", code="LATER", sku="MUG-1")
    make("Casserole", code="FIRST", sku="CKW-101")
    VariationFactory(product=product, sku_code="CKW-102", is_default=False)

    assert found("ckw101") == ["FIRST", "LATER"]
    assert found("ckw102", "variations", "sku_code") == ["CKW-102"]


def test_a_barcode_is_found_with_the_spaces_of_its_print(found):
    VariationFactory(barcode=GTIN, product=ProductFactory(code="THIS"))
    make("Other", code="OTHER")

    assert found("4 006381 333931") == ["THIS"]


def test_small_words_count_where_something_has_them(found):
    make("Tool for the garden", code="GARDEN")
    make("Garden tool", code="TOOL")

    assert found("tool for the garden") == ["GARDEN"]
    assert found("the") == ["GARDEN"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hamer steel", ["HAM-1"]),
        ("steal hammer", ["HAM-1"]),
        ("srcew", ["SCR-1"]),
        ("tabel", ["TAB-1"]),
        ("kitchn", ["HAM-2"]),
        ("xylophone", []),
        ("hammer xylophone", []),
    ],
)
def test_letters_may_be_wrong_where_nothing_fits(catalogue, found, text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Steel hammer", "hamer"),
        ("Steel hammers", "hamer"),
        ("Steel hammer", "hamner steel"),
        ("Family tent", "tnet"),
        ("Family tents", "tant"),
        ("Desk lamp", "lomp"),
        ("Desk lamp", "laamp"),
        ("Desk lamp", "tamp"),
        ("Cordless screwdriver", "skrewdriver"),
        ("Cordless screwdriver", "screwdrver cordles"),
        ("Backpack 40 l", "bakpack"),
        ("Water bottle", "botle watr"),
        ("Café crème", "crame cafe"),
    ],
)
def test_a_word_with_one_letter_wrong_is_found(found, name, text):
    make(name, code="THIS")

    assert found(text) == ["THIS"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Steamer basket", "hamer"),
        ("Teapot", "tent"),
        ("Tennis racket", "tent"),
        ("Hamster wheel", "hammer"),
        ("Backstage pass", "backpack"),
        ("Stapler", "steel"),
        ("Lampshade holder", "lomp"),
        ("Screwdriver", "screen"),
        ("Table", "cable tie"),
    ],
)
def test_a_word_that_is_another_one_is_not_found(found, name, text):
    make(name, code="THIS")

    assert found(text) == []


def test_words_as_written_suppress_those_that_are_like_them(found):
    make("Steel hammer", code="AS-WRITTEN")
    make("Steel hamper", code="LIKE-IT")

    assert found("hammer") == ["AS-WRITTEN"]
    assert found("hamber") == ["AS-WRITTEN", "LIKE-IT"]


def test_whole_codes_come_first_then_their_beginnings(found):
    make("TOOL-1 holder", code="AAA")
    make("Shelf", code="BBB", sku="TOOL-100")
    make("Saw", code="CCC", sku="TOOL-1")
    make("Case", code="DDD", description="Holds a tool-1 safely")

    assert found("tool-1") == ["CCC", "BBB", "AAA", "DDD"]
    assert found("tool-1", ordering="name") == ["DDD", "CCC", "BBB", "AAA"]


def test_suppliers_codes_and_barcodes_are_found(found):
    product = make("Lamp", code="LAMP")
    product.sourcing.create(supplier=SupplierFactory(), supplier_product_code="ACME/77-B")
    VariationFactory(product=product, is_default=False, barcode="4006381333931")

    assert found("acme/77") == ["LAMP"]
    assert found("4006381333931") == ["LAMP"]
    assert found("638133") == ["LAMP"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Молоток слесарный", "МОЛОТОК"),
        ("Молоток слесарный", "слесар молот"),
        ("Молоток слесарный", "малоток"),
        ("Σφυρί ξύλινο", "ξύλινο"),
        ("不锈钢水壶", "水壶"),
        ("不锈钢水壶", "水"),
        ("ステンレスのやかん", "やかん"),
        ("مطرقة حديد", "حديد"),
        ("פטיש עץ", "עץ"),
        ("Straße größe", "strasse"),
    ],
)
def test_other_scripts_are_found_by_parts_of_words(found, name, text):
    make(name, code="THIS")
    make("Молот другой", code="OTHER")

    assert found(text)[0] == "THIS"


def test_words_of_descriptions_in_other_scripts_are_found(found):
    make("Hammer", code="THIS", description="Сделано из стали, 不锈钢")

    assert found("стали") == ["THIS"]
    assert found("锈钢") == ["THIS"]


def test_variation_is_found_and_not_those_beside_it(found):
    product = make("Shirt", code="SHIRT", sku="SHIRT-RED")
    VariationFactory(product=product, sku_code="SHIRT-BLUE", is_default=False, barcode="0777")

    def skus(text):
        return found(text, "variations", "sku_code")

    assert skus("shirt") == ["SHIRT-RED", "SHIRT-BLUE"]
    assert skus("shirt-blue") == ["SHIRT-BLUE"]
    assert skus("0777") == ["SHIRT-BLUE"]
    assert skus("shrit") == ["SHIRT-RED", "SHIRT-BLUE"]


def test_balances_are_found_only_in_own_warehouses(api, found):
    own = put_in_stock(VariationFactory(product=make("Lamp"), is_default=False))
    put_in_stock(own.variation)
    client = api("staff", own.warehouse)

    rows = client.get("/api/stocks/", {"search": "lmap"}).json()["stocks"]

    assert [row["id"] for row in rows] == [own.pk]


@pytest.mark.parametrize("resource", ["products", "variations", "stocks"])
def test_a_text_of_200_characters_is_searched_and_a_longer_one_refused(api, resource):
    client = api("viewer")

    assert client.get(f"/api/{resource}/", {"search": "ab " * 66 + "ab"}).status_code == 200
    assert client.get(f"/api/{resource}/", {"search": "я" * 200}).status_code == 200
    answer = client.get(f"/api/{resource}/", {"search": "a" * 201})

    assert answer.status_code == 400
    assert list(answer.json()["details"]) == ["search"]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("text", "queries"), [("lamp", 3), ("lmap", 3), ("lämp", 4)])
def test_search_takes_one_query_more_and_two_with_other_letters(
    api, django_assert_num_queries, count, text, queries
):
    for number in range(count):
        make(f"Lamp {number}")
    client = api("viewer")

    with django_assert_num_queries(queries):  # (folding,) whether all words fit, rows, stock
        rows = client.get("/api/products/", {"search": text}).json()["products"]
    assert len(rows) == count


def test_search_text_follows_every_kind_of_write():
    product = make("Lamp", code="LAMP", sku="LAMP-1")
    text = ProductSearchText.objects.filter(product=product)

    Product.objects.filter(pk=product.pk).update(name="Torch", tags=["night"])
    assert text.get().document == "torch night lamp lamp-1"
    ProductVariation.objects.bulk_create(
        [ProductVariation(product=product, sku_code="LAMP-2", barcode="ÄÖ")]
    )
    assert text.get().codes == ["lamp", "ao", "lamp-1", "lamp-2"]
    ProductVariation.objects.filter(sku_code="LAMP-1").update(sku_code="LAMP-9")
    assert text.get().document == "torch night lamp ao lamp-2 lamp-9"
    other = make("Other")
    ProductVariation.objects.filter(sku_code="LAMP-2").update(product=other)
    assert text.get().codes == ["lamp", "lamp-9"]
    assert "lamp-2" in ProductSearchText.objects.get(product=other).codes
    source = product.sourcing.create(supplier=SupplierFactory(), supplier_product_code="S-1")
    assert text.get().codes == ["lamp", "s-1", "lamp-9"]
    source.delete()
    assert text.get().document == "torch night lamp lamp-9"
    product.delete()
    assert not text.exists()


def test_search_uses_its_indexes():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    for condition in (
        {"document__contains": "zephyrion"},
        {"document__trigram_word_similar": "zephirion"},
    ):
        plan = ProductSearchText.objects.filter(**condition).explain()
        assert "product_search_parts" in plan


def texts():
    return {
        text.product.code: (text.codes, text.document, text.own_length, text.words)
        for text in ProductSearchText.objects.select_related("product")
    }


def test_a_bulk_load_writes_the_same_texts_once_at_its_end():
    kept = make("Kept lamp", code="KEPT", sku="KEPT-1")
    with search_texts_written_once():
        made = Product.objects.bulk_create(
            [Product(code=f"P-{number}", name=f"Größe молоток {number}") for number in range(3)]
        )
        ProductVariation.objects.bulk_create(
            [ProductVariation(product=one, sku_code=f"{one.code}-S", barcode=GTIN) for one in made]
        )
        made[0].sourcing.create(supplier=SupplierFactory(), supplier_product_code="ACME-9")
        Product.objects.filter(pk=kept.pk).update(name="Kept torch")
        assert set(texts()) == {"KEPT"}
    once = texts()

    assert once["P-0"][0] == ["acme-9", "p-0", GTIN, "p-0-s"]
    assert once["P-1"][1] == f"grosse молоток 1 p-1 {GTIN} p-1-s"
    assert once["KEPT"][1] == "kept torch kept kept-1"
    ProductSearchText.objects.all().delete()
    Product.objects.update(description="x")
    Product.objects.update(description="")
    assert texts() == once


def fail_half_way():
    with search_texts_written_once():
        make("New", code="NEW")
        raise InvalidInput("The second row is wrong.", {})


def test_a_failed_bulk_load_leaves_nothing_behind():
    make("Kept lamp", code="KEPT")
    before = texts()

    with pytest.raises(InvalidInput):
        fail_half_way()

    assert texts() == before
    make("Later", code="LATER")
    assert set(texts()) == {"KEPT", "LATER"}
