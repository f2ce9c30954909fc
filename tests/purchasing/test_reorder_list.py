"""The reorder list to read, print and export; it makes no orders."""

import csv
import io

import pytest

from inventory.models import ProductSupplier
from purchasing.models import PurchaseOrder
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.sales import take_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.warehouses import WarehouseFactory
from tests.pdf_pages import text_of

pytestmark = pytest.mark.django_db
PATH = "/api/reorder-list/"


@pytest.fixture
def place():
    return WarehouseFactory(code="WH-A")


def low_goods(place, sku, supplier=None, **product):
    variation = VariationFactory(
        sku_code=sku, product__code=f"P-{sku}", reorder_level=5, reorder_quantity=10,
        stock_unit="pieces", **product,
    )  # fmt: skip
    if supplier is not None:
        ProductSupplier.objects.create(
            product=variation.product, supplier=supplier, is_primary=True, pack_size=12,
            cost_per_unit="1.5",
        )  # fmt: skip
    put_in_stock(variation, place, 1)
    return variation


@pytest.fixture
def supplier():
    return SupplierFactory(code="SUP-A", company_name="Acme", currency="EUR")


def test_the_list_says_what_to_order_of_whom_and_why_not(manager, place, supplier):
    low_goods(place, "LOW-1", supplier, product__name="Widget")
    low_goods(place, "LOST-1", product__name="Lost")

    answer = manager.get(PATH)

    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert (body["warehouse"], body["needed_by"]) == ("WH-A", "stock")
    low, lost = body["reorder_list"]
    assert low == {
        "supplier_id": "SUP-A", "supplier_name": "Acme", "product_id": "P-LOW-1",
        "product_name": "Widget", "sku": "LOW-1", "unit": "pieces", "bin_location": "",
        "available": 1, "incoming": 0, "reorder_point": 5, "demand_30_days": 0,
        "quantity_needed": 10, "quantity_to_order": 12, "unit_cost": 1.5, "total": 18,
        "currency": "EUR", "reason": "",
    }  # fmt: skip
    assert (lost["sku"], lost["reason"], lost["quantity_to_order"]) == (
        "LOST-1",
        "no_supplier",
        None,
    )
    assert PurchaseOrder.objects.count() == 0


def test_what_customers_wait_for_is_a_list_of_its_own(manager, place, supplier):
    variation = low_goods(place, "LOW-1", supplier)
    take_order((variation, 4), warehouse=place)

    [row] = manager.get(f"{PATH}?needed_by=customers").json()["reorder_list"]

    assert (row["sku"], row["quantity_needed"], row["quantity_to_order"]) == ("LOW-1", 3, 12)


def test_the_list_is_had_as_csv_xlsx_and_pdf(manager, place, supplier):
    low_goods(place, "LOW-1", supplier, product__name="=Widget")
    low_goods(place, "LOST-1", product__name="<b>Lost</b>")

    given = manager.get(f"{PATH}?format=csv")
    rows = list(csv.DictReader(io.StringIO(given.getvalue().decode())))
    paper = manager.get(f"{PATH}?format=pdf")

    assert [row["product_name"] for row in rows] == ["'=Widget", "<b>Lost</b>"]
    assert given["Content-Disposition"] == 'attachment; filename="reorder-list-WH-A.csv"'
    text = text_of(paper.content)
    for words in (
        "SUP-A Acme: 18.00 EUR",
        "=Widget",
        "In no order",
        "<b>Lost</b>",
        "has no supplier",
    ):
        assert words in text
    book = manager.get(f"{PATH}?format=xlsx")
    assert book.status_code == 200
    book.close()


def test_an_empty_list_says_so(manager):
    assert manager.get(PATH).json()["reorder_list"] == []
    assert "Nothing is to be ordered." in text_of(manager.get(f"{PATH}?format=pdf").content)
    assert manager.get(f"{PATH}?format=csv").getvalue().decode().count("\n") == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [("colour=red", "colour"), ("needed_by=all", "needed_by"), ("warehouse=NONE", "warehouse")],
)
@pytest.mark.parametrize("kind", ["json", "csv", "pdf"])
def test_bad_queries_are_refused_by_name(manager, query, field, kind):
    answer = manager.get(f"{PATH}?{query}&format={kind}")

    assert (answer.status_code, list(answer.json()["details"])) == (400, [field])


@pytest.mark.parametrize("count", [1, 3])
def test_query_count(manager, place, supplier, count, django_assert_num_queries):
    for number in range(count):
        low_goods(place, f"LOW-{number}", supplier)

    with django_assert_num_queries(10):
        assert len(manager.get(PATH).json()["reorder_list"]) == count
