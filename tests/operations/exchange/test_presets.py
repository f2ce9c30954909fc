"""Files of other systems are recognised by their columns."""

from decimal import Decimal
from pathlib import Path

import pytest

from inventory.models import Product, ProductVariation
from operations.exchange.exceptions import CannotRead

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
