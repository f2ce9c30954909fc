"""Products from files: every row is told its fate, and all are written or none."""

from decimal import Decimal

import pytest

from common.models import AuditEntry
from inventory.models import Category, Product, ProductSupplier, ProductVariation
from tests.factories.inventory import VariationFactory
from tests.factories.suppliers import SupplierFactory

pytestmark = pytest.mark.django_db

HEADER = "product_id,sku,name,category,subcategory,cost_price,selling_price,tags,attributes"
FILE = f"""{HEADER},supplier_id
PRD-A,SKU-A1,Hammer,Tools,Hand Tools,4.5,9.99,"red; blue","{{""size"": ""S""}}",sup-x
PRD-A,SKU-A2,,,,5,10,,,
,sku-b,Nail,Tools,,0.01,0.02,,,
"""


def told(report):
    return [(one["line"], one["column"], one["problem"]) for one in report.problems]


def test_a_dry_run_tells_the_fates_and_writes_nothing(bring):
    SupplierFactory(code="SUP-X")

    report = bring("products", FILE, commit=False)

    assert report.problems == []
    assert report.totals == {"rows": 3, "new": 3, "changed": 0, "unchanged": 0, "refused": 0}
    assert report.lines == {"new": [[2, 4]]}
    assert (report.format, report.encoding, report.delimiter) == ("csv", "utf-8", "comma")
    assert not report.is_imported
    assert Product.objects.count() == Category.objects.count() == 0


def test_an_import_writes_products_variations_categories_and_sourcing(bring):
    supplier = SupplierFactory(code="SUP-X")

    report = bring("products", FILE)

    assert report.is_imported
    hammer = Product.objects.get(code="PRD-A")
    assert (hammer.name, hammer.tags, hammer.currency) == ("Hammer", ["red", "blue"], "USD")
    assert (hammer.created_by, hammer.last_modified_by) == (bring.user, bring.user)
    assert (hammer.category.name, hammer.category.parent.name) == ("Hand Tools", "Tools")
    assert [
        (one.sku_code, one.cost_price, one.selling_price, one.attributes, one.is_default)
        for one in hammer.variations.order_by("sku_code")
    ] == [
        ("SKU-A1", Decimal("4.5"), Decimal("9.99"), {"size": "S"}, True),
        ("SKU-A2", Decimal(5), Decimal(10), {}, False),
    ]
    assert list(ProductSupplier.objects.values_list("product", "supplier", "is_primary")) == [
        (hammer.pk, supplier.pk, True)
    ]
    nail = Product.objects.get(code="SKU-B")
    assert (nail.category, nail.default_variation.sku_code) == (hammer.category.parent, "SKU-B")


def test_the_same_file_again_changes_nothing_and_leaves_no_trail(bring):
    SupplierFactory(code="SUP-X")
    bring("products", FILE)
    before = (list(Product.objects.values()), AuditEntry.objects.count())

    report = bring("products", FILE)

    assert report.totals == {"rows": 3, "new": 0, "changed": 0, "unchanged": 3, "refused": 0}
    assert (list(Product.objects.values()), AuditEntry.objects.count()) == before


def test_an_import_changes_what_the_file_has_columns_for_and_nothing_else(bring):
    SupplierFactory(code="SUP-X")
    bring("products", FILE)
    changed_at = ProductVariation.objects.get(sku_code="SKU-A1").prices_changed_at

    report = bring("products", "sku,selling_price,barcode\nSKU-A1,12,\nSKU-A2,10,4006381333931\n")

    assert report.lines == {"changed": [[2, 3]]}
    first, second = ProductVariation.objects.filter(product__code="PRD-A").order_by("sku_code")
    assert (first.selling_price, first.cost_price, first.attributes) == (
        Decimal(12), Decimal("4.5"), {"size": "S"},
    )  # fmt: skip
    assert first.prices_changed_at > changed_at
    assert (second.barcode, second.prices_changed_at < first.prices_changed_at) == (
        "4006381333931",
        True,
    )
    assert first.product.name == "Hammer"


def test_every_wrong_cell_is_named_with_what_to_do(bring):
    VariationFactory(sku_code="OTHER-1", product__code="OTHER")

    report = bring(
        "products",
        "product_id,sku,name,cost_price,selling_price,tags,attributes,is_active,status,supplier_id\n"
        "P 1,,,x,-1,,{,perhaps,gone,\n"
        "PRD-1,SKU-1,One,5,4,,,,,NOBODY\n"
        "PRD-2,SKU-1,Two,1.00001,,,,,,\n"
        "PRD-3,OTHER-1,Three,,,,,,,\n"
        "PRD-4,SKU-4,,,,,,,,\n"
        "PRD-5,SKU-5,Five,1,2,,,,,\n",
    )

    assert told(report) == [
        (2, "attributes", 'Write a JSON object, such as {"color": "red"}.'),
        (2, "cost_price", "Not a number. Write it like 1234.5, without currency or unit."),
        (2, "is_active", "Write yes or no."),
        (
            2,
            "product_id",
            "Use 3 to 30 characters of A-Z, 0-9, hyphen, underscore, point and slash.",
        ),
        (2, "selling_price", "Write a number 0 or more."),
        (2, "status", "Use one of: active, discontinued, pending."),
        (3, "supplier_id", "There is no such supplier. Import it first."),
        (4, "cost_price", "Write a number with at most 4 decimals."),
        (4, "sku", "On line 3 as well. Remove one of the two."),
        (5, "sku", "A variation of OTHER. Correct one of the two."),
        (6, "name", "New products need a name."),
    ]
    assert report.totals == {"rows": 6, "new": 1, "changed": 0, "unchanged": 0, "refused": 5}
    assert (report.lines, report.is_imported) == ({"refused": [[2, 6]], "new": [[7, 7]]}, False)
    assert list(Product.objects.values_list("code", flat=True)) == ["OTHER"]


def test_a_price_below_cost_is_refused_unless_it_is_meant(bring):
    content = "sku,name,cost_price,selling_price\nSKU-1,One,5,4\n"

    report = bring("products", content)

    assert told(report) == [
        (2, "selling_price", "Below the cost price 5. Raise it, or set allow_below_cost to yes.")
    ]
    assert Product.objects.count() == 0
    assert bring("products", content, allow_below_cost=True).is_imported
    assert bring("products", content).totals["unchanged"] == 1


def test_rows_of_one_product_must_not_contradict_each_other(bring):
    report = bring("products", "product_id,sku,name\nPRD-1,SKU-1,One\nPRD-1,SKU-2,Two\n")

    assert told(report) == [(3, "name", "Not as on line 2, of the same product.")]
    assert Product.objects.count() == 0


def test_another_default_variation_takes_the_place_of_the_old_one(bring):
    bring("products", "product_id,sku,name\nPRD-1,SKU-1,One\nPRD-1,SKU-2,\n")

    bring("products", "sku,is_default\nSKU-2,yes\n")

    assert list(
        ProductVariation.objects.order_by("sku_code").values_list("sku_code", "is_default")
    ) == [("SKU-1", False), ("SKU-2", True)]


def test_unknown_columns_are_named_with_the_nearest_known(bring):
    report = bring("products", "sku,name,seling_price,xyz\nSKU-1,One,5,1\n")

    assert told(report) == [
        (
            1,
            "seling_price",
            'Unknown column. Did you mean "selling_price"? Rename or remove it, or ignore unknown'
            " columns.",
        ),
        (1, "xyz", "Unknown column. Rename or remove it, or ignore unknown columns."),
    ]
    assert Product.objects.count() == 0
    again = bring(
        "products", "sku,name,seling_price,xyz\nSKU-1,One,5,1\n", ignore_unknown_columns=True
    )
    assert (again.is_imported, again.ignored_columns) == (True, ["seling_price", "xyz"])
