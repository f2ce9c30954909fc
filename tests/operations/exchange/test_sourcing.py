"""Who supplies what at which terms, from a file."""

from decimal import Decimal

import pytest

from inventory.models import ProductSupplier, SupplierPrice
from tests.factories.inventory import ProductFactory
from tests.factories.suppliers import SupplierFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def catalogue():
    return [
        *[ProductFactory(code=f"PRD-{name}") for name in "AB"],
        *[SupplierFactory(code=f"SUP-{name}") for name in "XY"],
    ]


def told(report):
    return [(one["line"], one["column"], one["problem"]) for one in report.problems]


def terms():
    rows = ProductSupplier.objects.order_by("product__code", "supplier__code")
    return list(
        rows.values_list(
            "product__code", "supplier__code", "is_primary", "lead_time_days", "pack_size",
            "cost_per_unit",
        )
    )  # fmt: skip


def test_terms_are_written_and_the_primary_supplier_changes_places(bring):
    bring(
        "sourcing",
        "product_id,supplier_id,is_primary,lead_time_days,pack_size,cost_per_unit\n"
        "prd-a,sup-x,yes,5,12,1.2345\nPRD-A,SUP-Y,no,,,2\nPRD-B,SUP-Y,,3,,\n",
    )
    assert terms() == [
        ("PRD-A", "SUP-X", True, 5, 12, Decimal("1.2345")),
        ("PRD-A", "SUP-Y", False, None, None, 2),
        ("PRD-B", "SUP-Y", False, 3, None, None),
    ]

    assert set(SupplierPrice.objects.values_list("source", flat=True)) == {"import"}
    report = bring("sourcing", "product_id,supplier_id,is_primary\nPRD-A,SUP-Y,yes\nPRD-A,SUP-X,\n")

    assert report.lines == {"changed": [[2, 2]], "unchanged": [[3, 3]]}
    assert [row[:3] for row in terms()][:2] == [
        ("PRD-A", "SUP-X", False), ("PRD-A", "SUP-Y", True),
    ]  # fmt: skip


def test_a_file_that_says_nothing_of_it_makes_a_products_first_supplier_its_primary_one(bring):
    content = "product_id,supplier_id,cost_per_unit\nPRD-A,SUP-Y,1\nPRD-A,SUP-X,2\n"

    bring("sourcing", content)
    assert [row[:3] for row in terms()] == [
        ("PRD-A", "SUP-X", False), ("PRD-A", "SUP-Y", True),
    ]  # fmt: skip

    assert bring("sourcing", content).totals["unchanged"] == 2
    changed = bring("sourcing", "product_id,supplier_id,cost_per_unit\nPRD-A,SUP-X,3\n")
    assert changed.totals["changed"] == 1
    assert [row[2] for row in terms()] == [False, True]


def test_unknown_products_and_suppliers_and_second_rows_are_refused(bring):
    report = bring(
        "sourcing",
        "product_id,supplier_id,is_primary,lead_time_days,pack_size,cost_per_unit\n"
        "PRD-Z,SUP-X,,,,\nPRD-A,NOBODY,,,,\nPRD-A,SUP-X,yes,0,0,-1\nPRD-A,SUP-X,,,,\n"
        "PRD-A,SUP-Y,yes,x,,\n,SUP-Y,,,,\n",
    )

    assert told(report) == [
        (2, "product_id", "There is no such product. Import it first."),
        (3, "supplier_id", "There is no such supplier. Import it first."),
        (4, "cost_per_unit", "Write a number 0 or more."),
        (4, "lead_time_days", "Write a number 1 or more."),
        (4, "pack_size", "Write a number greater than 0."),
        (5, "product_id", "On line 4 as well. Remove one of the two."),
        (6, "is_primary", "Line 4 names the primary supplier already. Say no in one of the two."),
        (6, "lead_time_days", "Not a number. Write it like 1234.5, without currency or unit."),
        (7, "product_id", "Fill this in."),
    ]
    assert terms() == []


def marks():
    rows = ProductSupplier.objects.order_by("product__code", "supplier__code")
    return list(rows.values_list("supplier__code", "is_primary", "is_locked", "is_exclusive"))


def test_locks_and_exclusive_suppliers_change_places_and_are_kept(bring):
    head = "product_id,supplier_id,is_primary,is_locked,is_exclusive\n"
    bring("sourcing", head + "PRD-A,SUP-X,yes,yes,yes\nPRD-A,SUP-Y,,,\n")
    assert marks() == [("SUP-X", True, True, True), ("SUP-Y", False, False, False)]

    same = bring("sourcing", "product_id,supplier_id,pack_size\nPRD-A,SUP-X,12\n")
    assert (same.totals["changed"], marks()[0]) == (1, ("SUP-X", True, True, True))
    bring("sourcing", head + "PRD-A,SUP-Y,yes,yes,yes\nPRD-A,SUP-X,no,,no\n")

    assert marks() == [("SUP-X", False, False, False), ("SUP-Y", True, True, True)]


def test_stray_locks_and_second_exclusive_suppliers_are_refused(bring):
    head = "product_id,supplier_id,is_primary,is_locked,is_exclusive\n"
    bring("sourcing", head + "PRD-A,SUP-X,yes,,yes\n")
    before = marks()

    report = bring(
        "sourcing",
        head + "PRD-A,SUP-Y,no,yes,no\nPRD-B,SUP-X,,,yes\nPRD-B,SUP-Y,,,yes\n",
    )
    other = bring("sourcing", head + "PRD-A,SUP-Y,no,,yes\n")

    assert told(report) == [
        (2, "is_locked", "Only the primary supplier can be locked. Make it the primary one."),
        (4, "is_exclusive",
         "Line 3 names the exclusive supplier already. Say no in one of the two."),
    ]  # fmt: skip
    assert told(other) == [
        (2, "is_exclusive",
         "SUP-X is its exclusive supplier already. Say no there in the same file.")
    ]  # fmt: skip
    assert marks() == before
