"""Files of other systems are recognised by their columns."""

from decimal import Decimal
from pathlib import Path

import pytest

from inventory.models import Product, ProductVariation, Stock
from operations.exchange.exceptions import CannotRead
from tests.factories.warehouses import WarehouseFactory
from tests.operations.exchange.test_other_kinds import member, told

pytestmark = pytest.mark.django_db
FILES = Path(__file__).parent / "files"


def catalogue():
    return list(
        ProductVariation.objects.order_by("pk").values_list(
            "product__code", "sku_code", "product__name", "product__category__name",
            "cost_price", "selling_price", "is_active", "product__status", "stock_unit",
        )
    )  # fmt: skip


OFFICE = "All / Saleable / Office Furniture"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "shopify_2024",
            [
                ("EXAMPLE-T-SHIRT", "EXAMPLE-S", "Example T-Shirt", "Shirts", Decimal("7.5"),
                 Decimal("19.99"), True, "active", "pieces"),
                ("EXAMPLE-T-SHIRT", "EXAMPLE-M", "Example T-Shirt", "Shirts", Decimal(0),
                 Decimal("19.99"), True, "active", "pieces"),
                ("EXAMPLE-PANTS", "EXAMPLE-P", "Example Pants", "Pants", Decimal(0),
                 Decimal("49.99"), True, "pending", "pieces"),
            ],
        ),
        (
            "odoo",
            [
                ("FURN_0096", "FURN_0096", "Customizable Desk", OFFICE, Decimal(500), Decimal(750),
                 True, "active", "pieces"),
                ("FURN_7777", "FURN_7777", "Office Chair", OFFICE, Decimal(55), Decimal(70),
                 True, "active", "pieces"),
            ],
        ),
        (
            "erpnext",
            [
                ("SKU001", "SKU001", "T-shirt", "Demo Item Group", Decimal(400), Decimal(700),
                 True, "active", "Nos"),
                ("SKU002", "SKU002", "Laptop", "Demo Item Group", Decimal(60000), Decimal(70000),
                 False, "active", "Nos"),
            ],
        ),
        (
            "inventree",
            [
                ("HW-M2X4", "HW-M2X4", "M2x4 LPHS", "Fasteners", Decimal(0), Decimal(0),
                 True, "active", "pieces"),
                ("CAB-001", "CAB-001", "Cable 1m", "Cables", Decimal(0), Decimal(0),
                 False, "active", "m"),
            ],
        ),
        (
            "shopify",
            [
                ("EXAMPLE-T-SHIRT", "EXAMPLE-S", "Example T-Shirt", "Shirts", Decimal("7.5"),
                 Decimal("19.99"), True, "active", "pieces"),
                ("EXAMPLE-T-SHIRT", "EXAMPLE-M", "Example T-Shirt", "Shirts", Decimal(0),
                 Decimal("19.99"), True, "active", "pieces"),
                ("EXAMPLE-PANTS", "EXAMPLE-P", "Example Pants", "Pants", Decimal(0),
                 Decimal("49.99"), True, "pending", "pieces"),
            ],
        ),
    ],
)  # fmt: skip
def test_a_file_of_another_system_is_recognised(bring, name, expected):
    report = bring("products", (FILES / f"{name}.csv").read_bytes())

    assert (report.preset, report.problems) == (name.removesuffix("_2024"), [])
    assert catalogue() == expected
    assert bring("products", (FILES / f"{name}.csv").read_bytes()).totals["unchanged"] == len(
        expected
    )


STOCK_FILES = {
    "shopify": (
        "Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,Location,Bin name,"
        "Incoming (not editable),Unavailable (not editable),Committed (not editable),"
        "Available (not editable),On hand (current),On hand (new)\n"
        "mug,Mug,Color,Blue,SKU-1,,,Main street,A-1,0,0,0,10,10,\n"
        "mug,Mug,Color,Red,SKU-2,,,Main street,,0,0,0,not stocked,Not stocked,\n"
    ),
    "shopify_all": (
        "Handle,Title,SKU,Location,Bin name,Available,On hand\n"
        "mug,Mug,SKU-1,Main street,A-1,10,10\nmug,Mug,SKU-2,Main street,,not stocked,not stocked\n"
    ),
    "erpnext": (
        "Item Code,Warehouse,Quantity,Valuation Rate,Batch No\n"
        "SKU-1,Main Street,10,2.5,\nSKU-2,WH-1,0,1,\n"
    ),
    "odoo": (
        "Product/Internal Reference,Product,Location,Lot/Serial Number,Quantity\n"
        "SKU-1,[SKU-1] Mug,A-1,,10.0\nSKU-2,[SKU-2] Mug,,,0.0\n"
    ),
    "inventree": (
        "ID,Part IPN,Part Name,Quantity,Batch Code,Location Name,Expiry Date\n"
        "1,SKU-1,Mug,10,,A-1,\n2,SKU-2,Mug,0,,,\n"
    ),
}


@pytest.mark.parametrize("name", STOCK_FILES)
def test_stock_of_another_system_is_recognised(bring, name):
    WarehouseFactory(code="WH-1", name="Main Street", is_default=True)
    bring("products", "sku,name\nSKU-1,Mug\nSKU-2,Red mug\n")

    system = name.removesuffix("_all")
    chosen = bring("stocks", STOCK_FILES[name], commit=False, preset=system)
    report = bring("stocks", STOCK_FILES[name])

    assert (chosen.preset, chosen.problems, chosen.columns) == (system, [], report.columns)
    assert (report.preset, report.problems, report.is_imported) == (system, [], True)
    [stock] = Stock.objects.filter(on_hand__gt=0)
    assert (stock.variation.sku_code, stock.warehouse.code, stock.on_hand) == ("SKU-1", "WH-1", 10)
    assert stock.bin_location == ("" if name == "erpnext" else "A-1")
    assert bring("stocks", STOCK_FILES[name]).totals["unchanged"] == 2


def test_a_warehouse_is_found_by_a_name_that_is_of_one_alone(bring):
    own, other = WarehouseFactory(code="WH-1", name="North"), WarehouseFactory(name="South")
    WarehouseFactory(name="south")
    WarehouseFactory(code="NORTH", name="Elsewhere")
    person = member("staff", own, other)
    bring("products", "sku,name\nSKU-1,Mug\n")
    unknown = "There is no such warehouse among yours. Use the code of one."

    def problems(warehouse):
        report = bring("stocks", f"sku,warehouse,quantity\nSKU-1,{warehouse},1\n", user=person)
        return told(report)

    assert problems("North") == [(2, "warehouse", unknown)]  # the code of one that is not theirs
    assert problems("south") == []
    assert problems("Elsewhere") == [(2, "warehouse", unknown)]
    assert [one.warehouse for one in Stock.objects.all()] == [other]


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        ("odoo", {"Weight", "Quantity On Hand"}),
        ("shopify", {"Tags", "Body (HTML)", "Variant Grams"}),
        ("shopify_2024", {"Tags", "Description", "Inventory quantity", "Weight value (grams)"}),
    ],
)
def test_what_they_say_in_other_units_or_lists_is_left_out_and_named(bring, name, left_out):
    report = bring("products", (FILES / f"{name}.csv").read_bytes())

    assert left_out <= set(report.ignored_columns)
    rows = Product.objects.values_list("weight", "tags", "description")
    assert set(map(str, rows)) == {"(None, [], '')"}


def test_a_column_of_ours_is_read_in_a_file_of_theirs(bring):
    content = (FILES / "odoo.csv").read_text().splitlines()
    content = [f"{content[0]},reorder_threshold", f"{content[1]},4", f"{content[2]},"]

    report = bring("products", "\n".join(content))

    assert (report.preset, report.problems) == ("odoo", [])
    levels = ProductVariation.objects.order_by("pk").values_list("reorder_level", flat=True)
    assert list(levels) == [4, None]


@pytest.mark.parametrize("name", ["shopify", "shopify_2024"])
def test_of_a_preset_that_is_named_the_form_is_taken_that_is_there(bring, name):
    report = bring("products", (FILES / f"{name}.csv").read_bytes(), preset="shopify")

    assert (report.preset, report.problems, report.is_imported) == ("shopify", [], True)
    prices = ProductVariation.objects.order_by("pk").values_list("selling_price", flat=True)
    assert list(prices) == [Decimal("19.99"), Decimal("19.99"), Decimal("49.99")]


def test_a_preset_may_be_named_and_an_unknown_one_is_refused(bring):
    content = (FILES / "odoo.csv").read_bytes()

    assert bring("products", content, commit=False, preset="odoo").totals["new"] == 2
    with pytest.raises(CannotRead) as refusal:
        bring("products", content, preset="sap")
    assert refusal.value.message == (
        'Unknown preset "sap" for products. Use one of: inventorypulse, odoo, erpnext, inventree,'
        " shopify."
    )
    assert catalogue() == []
