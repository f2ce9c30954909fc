"""The purchase order on paper: read back from the PDF, the figures are the order's."""

from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from PIL import Image

from common.models import CompanyLogo, CompanySettings
from common.pdf_fonts import UNKNOWN, as_seen
from inventory.models import ProductSupplier
from purchasing.documents.order_pdf import purchase_order_pdf
from purchasing.services.orders import change_purchase_order
from tests.factories.inventory import ProductFactory, VariationFactory
from tests.factories.names import SCRIPTS
from tests.factories.purchasing import make_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.warehouses import WarehouseFactory
from tests.pdf_pages import pages_of, pictures_in, text_of

pytestmark = pytest.mark.django_db
PATH = "/api/purchase-orders/"


def written(**fields):
    """Return an order whose figures are worth reading."""
    return make_order(
        "1250", "3.5",
        order_date=datetime(2026, 3, 2, tzinfo=UTC),
        expected_delivery_date=datetime(2026, 3, 17, tzinfo=UTC),
        tax_amount=Decimal("12.30"), shipping_cost=Decimal("1000.00"), currency="EUR",
        **fields,
    )  # fmt: skip


def test_the_pdf_has_the_figures_of_the_order():
    supplier = SupplierFactory(
        company_name="Acme Bolts", primary_contact="Ann Lee", street="1 Mill Lane", city="Leeds",
        postal_code="LS1 4AP", country="GB", tax_id="GB123", payment_terms=45,
        currency="EUR",
    )  # fmt: skip
    CompanySettings.objects.create(pk=1, name="Our Company Ltd", letterhead="5 Dock Road\nHull")
    order = written(supplier=supplier, notes="Deliver to gate 2.", status="sent")
    first, second = order.items.select_related("variation__product")
    ProductSupplier.objects.create(
        product=first.variation.product, supplier=supplier, supplier_product_code="AB-77"
    )

    text = text_of(purchase_order_pdf(order.pk))

    assert order.total_amount == Decimal("4146.05")
    for words in (
        "Our Company Ltd", "5 Dock Road", "Hull", f"Purchase order {order.order_number}",
        "Acme Bolts", "Ann Lee", "1 Mill Lane", "LS1 4AP Leeds", "GB", "Tax id GB123",
        order.warehouse.name, "2 March 2026", "17 March 2026", supplier.code, "EUR",
        f"{first.variation.sku_code} · your code AB-77", second.variation.sku_code,
        "Deliver to gate 2.", "Payment within 45 days.",
        f"{order.created_by.username} ({order.created_by.email})",
        f"1 {first.variation.product.name}", "1,250 kg 2.50 3,125.00", "3.5 kg 2.50 8.75",
        "Goods 3,133.75", "Tax 12.30", "Shipping 1,000.00", "Total 4,146.05 EUR", "Page 1 of 1",
    ):  # fmt: skip
        assert words in text, (words, text)


@pytest.mark.parametrize(
    ("status", "words"),
    [("draft", "this is not an order yet"), ("cancelled", "do not deliver"), ("sent", "")],
)
def test_what_is_no_order_says_so(status, words):
    text = text_of(purchase_order_pdf(make_order(status=status).pk))

    told = [one for one in ("this is not an order yet", "do not deliver") if one in text]
    assert told == [words] * bool(words)


def test_an_amended_order_says_so_and_one_that_waits_for_approval_too():
    order = make_order(4, status="sent")
    change_purchase_order(
        order=order, details={"shipping_cost": Decimal(9)}, acting_user=order.created_by
    )

    amended = text_of(purchase_order_pdf(order.pk))
    CompanySettings.objects.update_or_create(pk=1, defaults={"purchase_approval_limit": 20})
    change_purchase_order(
        order=order, details={"shipping_cost": Decimal(15)}, acting_user=order.created_by
    )
    waiting = text_of(purchase_order_pdf(order.pk))

    assert f"Purchase order {order.order_number}, amendment 1" in amended
    assert "do not deliver" not in amended
    assert f"Purchase order {order.order_number}, amendment 2 Not approved: do not" in waiting


def test_what_is_ordered_in_packs_is_printed_in_packs():
    order = make_order("60", "7")
    order.items.filter(position=1).update(
        packs=5, pack_size=12, pack_cost=Decimal("30.125"), unit_cost=Decimal("2.5104")
    )

    text = text_of(purchase_order_pdf(order.pk))

    assert "5 packs of 12 kg 30.125 150.63" in text
    assert "7 kg 2.50 17.50" in text


def test_an_order_without_tax_and_shipping_shows_its_total_alone():
    order = make_order(4)

    text = text_of(purchase_order_pdf(order.pk))

    assert "Total 10.00 USD" in text
    assert "Goods 10.00" not in text


def test_500_lines_keep_heading_and_order_over_their_pages():
    order = make_order(*range(1, 501))
    items = list(order.items.select_related("variation"))

    pages = pages_of(purchase_order_pdf(order.pk))

    assert len(pages) > 10
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in page
        assert order.order_number in page
    assert all("Unit cost" in page for page in pages[:-1])
    text = " ".join(" ".join(pages).split())
    places = [text.index(f"{item.variation.sku_code} {item.position} kg") for item in items]
    assert places == sorted(places)
    assert f"Total {sum(item.line_total for item in items):,.2f} USD" in text


@pytest.mark.parametrize("size", [5, 500])
def test_the_number_of_statements_does_not_depend_on_the_lines(size, django_assert_num_queries):
    order = make_order(*[1] * size)

    # The order with supplier and people, its lines, the supplier's codes, the letterhead.
    with django_assert_num_queries(4):
        purchase_order_pdf(order.pk)


@pytest.mark.parametrize("name", SCRIPTS.values(), ids=SCRIPTS)
def test_names_of_every_script_are_printed(name):
    supplier = SupplierFactory(company_name=name, primary_contact=name, city=name)
    CompanySettings.objects.create(pk=1, name=name, letterhead=f"{name}\n{name}")
    order = make_order(
        1,
        supplier=supplier,
        warehouse=WarehouseFactory(name=name),
        variations=[VariationFactory(product=ProductFactory(name=name))],
        notes=name,
    )

    text = text_of(purchase_order_pdf(order.pk))

    assert UNKNOWN not in text
    # Right-to-left text may come back in either order; its letters come back all.
    forms = {"".join(sorted(form.replace(" ", ""))) for form in (name, as_seen(name))}
    letters = "".join(sorted(set("".join(forms))))
    assert name in text or set(letters) & set(text) >= set(as_seen(name)) - {" "}


def test_what_people_write_is_no_markup():
    hostile = '<b>bold</b> & <img src="file:///etc/passwd"/> <para>{{ 7*7 }}'
    supplier = SupplierFactory(company_name=hostile, primary_contact=hostile)
    CompanySettings.objects.create(pk=1, name=hostile, letterhead=hostile)
    product = ProductFactory(name=hostile)
    order = make_order(
        1,
        supplier=supplier,
        warehouse=WarehouseFactory(name=hostile),
        variations=[VariationFactory(product=product, stock_unit="<i>kg</i>")],
        notes=f"{hostile} ]]> </para>",
        shipping_address={"name": hostile, "street": "<font size=900>"},
    )
    order.items.update(notes="<a href='javascript:alert(1)'>x</a>")

    pdf = purchase_order_pdf(order.pk)

    assert "".join(hostile.split()) in "".join(text_of(pdf).split())
    assert "<i>kg</i>" in text_of(pdf)
    assert "<font size=900>" in text_of(pdf)
    assert pictures_in(pdf) == 0
    assert b"/URI" not in pdf
    assert b"/JavaScript" not in pdf


def test_the_longest_texts_fit():
    words = "Wort " * 40
    supplier = SupplierFactory(
        company_name="W" * 200, primary_contact=words, street=words, city="c" * 100
    )
    CompanySettings.objects.create(pk=1, name="N" * 200, letterhead="\n" * 500 + "x" * 499)
    variation = VariationFactory(
        product=ProductFactory(name="P" * 200), sku_code="S" * 30, stock_unit="u" * 20
    )
    order = make_order("99999999.999", supplier=supplier, variations=[variation], notes="n" * 1000)
    order.items.update(notes="l" * 200, unit_cost=Decimal("99999999999.9999"))

    text = text_of(purchase_order_pdf(order.pk)).replace(" ", "")

    for one in ("W" * 200, "P" * 200, "S" * 30, "u" * 20, "n" * 1000, "l" * 200):
        assert one in text
    assert "99,999,999.999" in text


def test_the_logo_stands_at_the_head():
    file = BytesIO()
    Image.new("RGBA", (300, 100), (200, 30, 30, 128)).save(file, "WEBP")
    settings = CompanySettings.objects.create(pk=1, name="Acme")
    order = make_order(1)
    assert pictures_in(purchase_order_pdf(order.pk)) == 0

    CompanyLogo.objects.create(settings=settings, image=file.getvalue(), digest="d")

    assert pictures_in(purchase_order_pdf(order.pk)) == 1


def test_the_answer_is_a_pdf_under_the_orders_name(api):
    place = WarehouseFactory()
    order = make_order(1, warehouse=place, order_number="PO/A.7")
    viewer = api("viewer", place)

    for path in (f"{PATH}{order.order_number}/pdf/", f"/api/orders/purchase/{order.pk}/pdf/"):
        answer = viewer.get(path)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
        assert answer["Content-Disposition"] == 'inline; filename="PO-A.7.pdf"'
        assert "Purchase order PO/A.7" in text_of(answer.content)
    assert viewer.get(f"{PATH}{order.pk}/pdf/?format=pdf").status_code == 200


def test_what_is_no_pdf_is_json(api):
    place, elsewhere = WarehouseFactory(), WarehouseFactory()
    order = make_order(1, warehouse=place)
    foreign = make_order(1, warehouse=elsewhere)
    manager = api("manager", place)

    unknown = manager.get(f"{PATH}{order.order_number}/pdf/?format=csv")
    absent = [manager.get(f"{PATH}{one}/pdf/") for one in (foreign.order_number, "PO-1999-1")]
    refused = api("sales", place).get(f"{PATH}{order.order_number}/pdf/")

    assert (unknown.status_code, list(unknown.json()["details"])) == (400, ["format"])
    assert [one.status_code for one in absent] == [404, 404]
    assert [one["Content-Type"] for one in absent] == ["application/json"] * 2
    assert refused.status_code == 403
