"""What an import of many rows does to be quick changes nothing of what it writes."""

import pytest

from common.models import AuditEntry
from inventory.models import Product, ProductVariation
from operations.exchange import upsert
from operations.exchange.kinds import KINDS
from operations.exchange.run import import_file
from operations.exchange.staging import Options
from tests.factories.users import UserFactory
from tests.threads import run_at_once


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text", ["\\N", "\\.", "a\\tb", "a\tb", "a\nb\r\nc\rd", "\\", '"quoted", twice', "Größe 锤"]
)
def test_marks_of_the_database_own_format_are_text(bring, text):
    quoted = '"' + text.replace('"', '""') + '"'

    report = bring("products", f"sku,name,description\nSKU-1,{quoted},{quoted}\n")

    assert report.problems == []
    product = Product.objects.get()
    assert (product.name, product.description) == (text, text)


@pytest.mark.django_db
def test_codes_have_three_to_thirty_characters(bring):
    codes = ["AB", "ABC", "A" * 30, "B" * 31, "a_b./-1", "Ä12"]

    report = bring("products", "sku,name\n" + "".join(f"{code},Lamp\n" for code in codes))

    assert [(one["line"], one["column"]) for one in report.problems] == [
        (2, "sku"),
        (5, "sku"),
        (7, "sku"),
    ]


@pytest.mark.django_db
def test_rows_of_many_pages_are_written_once_each_in_the_order_of_the_file(bring, monkeypatch):
    monkeypatch.setattr(upsert, "ROWS_A_STATEMENT", 7)
    names = {f"SKU-{number:03}": f"Lamp {number} {'x' * 150}" for number in range(200)}

    bring("products", "sku,name\n" + "".join(f"{sku},{name}\n" for sku, name in names.items()))
    changed = "".join(f"{sku},{name}\n" for sku, name in list(names.items())[::2])
    bring("products", "sku,name\n" + changed.replace("Lamp", "Torch") + "NEW-1,New\n")

    assert list(ProductVariation.objects.order_by("pk").values_list("sku_code", flat=True)) == [
        *names,
        "NEW-1",
    ]
    assert Product.objects.filter(name__startswith="Torch").count() == 100
    entries = AuditEntry.objects.filter(object_type="product")
    assert entries.filter(action="created").count() == 201
    assert entries.filter(action="changed").count() == 100


@pytest.mark.django_db(transaction=True)
def test_a_product_that_somebody_adds_meanwhile_is_changed_by_the_file(tmp_path):
    admin = UserFactory(role="admin")
    path = tmp_path / "products.csv"
    path.write_text("product_id,sku,name\nPRD-A,SKU-A,From the file\nPRD-B,SKU-B,Lamp\n")
    added = []

    def meanwhile(percent: int) -> None:
        if percent == 25 and not added:  # all rows are judged, none is written
            added.extend(
                run_at_once(lambda: Product.objects.create(code="PRD-B", name="By hand").pk)
            )

    report = import_file(
        kind=KINDS["products"],
        path=path,
        options=Options(),
        commit=True,
        progress=meanwhile,
        acting_user=admin,
    )

    assert report.is_imported
    assert list(Product.objects.order_by("code").values_list("code", "name")) == [
        ("PRD-A", "From the file"),
        ("PRD-B", "Lamp"),
    ]
    variation = ProductVariation.objects.get(sku_code="SKU-B")
    assert (variation.product_id, variation.is_default) == (added[0], True)
