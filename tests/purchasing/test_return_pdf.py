"""The paper that goes with goods to their supplier: read back, the figures are the return's."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from inventory.models import ProductSupplier
from purchasing.documents.return_pdf import supplier_return_pdf
from purchasing.services.receipts import Delivery, receive_purchase_order
from purchasing.services.returns import ReturnLine, return_to_supplier
from tests.admin.pages import step_of
from tests.factories.inventory import VariationFactory
from tests.factories.purchasing import make_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.pdf_pages import text_of

pytestmark = pytest.mark.django_db


def sent_back(*quantities, **wanted):
    """Return a return of so much of each line of an order that came in."""
    order = make_order(*[10] * len(quantities), status="sent", **wanted)
    delivery = Delivery(delivery_note="DN-77")
    buyer = UserFactory(role="manager", first_name="Ann", last_name="Lee")
    receive_purchase_order(order=order, delivery=delivery, acting_user=buyer)
    lines = [
        ReturnLine(item_id=item.pk, quantity=Decimal(quantity), reason="wrong_item")
        for item, quantity in zip(order.items.all(), quantities, strict=True)
    ]
    return return_to_supplier(
        order=order, lines=lines, notes="RMA <17> & more", acting_user=buyer,
        occurred_at=None,
    )  # fmt: skip


def test_the_pdf_says_what_goes_back_why_and_what_is_to_be_credited():
    supplier = SupplierFactory(company_name="Acme & Söhne", street="1 Mill Lane", currency="EUR")
    returned = sent_back("4", "1.5", supplier=supplier)
    returned.occurred_at = datetime(2026, 3, 2, tzinfo=UTC)
    returned.save()
    first, second = (line.item for line in returned.items.all())
    ProductSupplier.objects.create(
        product=first.variation.product, supplier=supplier, supplier_product_code="AB-7"
    )

    text = text_of(supplier_return_pdf(returned.pk))

    order = returned.order
    for words in (
        f"Return {returned.return_number}",
        f"Goods of your delivery for our order {order.order_number}",
        "Acme & Söhne", "1 Mill Lane", order.warehouse.name, "2 March 2026", "DN-77", "Ann Lee",
        f"{first.variation.sku_code} · your code AB-7", second.variation.sku_code,
        "4 kg Wrong Item 10.00", "1.5 kg Wrong Item 3.75", "13.75 EUR", "RMA <17> & more",
        f"Name {returned.return_number} on the credit note.",
    ):  # fmt: skip
        assert words in text, words


@pytest.mark.parametrize("number", [1, 40])
def test_the_number_of_statements_does_not_depend_on_the_lines(number, django_assert_num_queries):
    variations = VariationFactory.create_batch(number)
    returned = sent_back(*[1] * number, variations=variations)

    with django_assert_num_queries(5):
        supplier_return_pdf(returned.pk)


def test_over_http_and_from_its_page(api, admin_client):
    returned = sent_back(1)
    viewer = api("viewer", returned.order.warehouse)
    path = f"/api/supplier-returns/{returned.return_number}/pdf/"

    answer, page = viewer.get(path), admin_client.get(step_of(returned, "pdf"))

    for document in (answer, page):
        assert (document.status_code, document["Content-Type"]) == (200, "application/pdf")
        assert f'{returned.return_number}.pdf"' in document["Content-Disposition"]
        assert returned.return_number in text_of(document.content)
    assert api("sales", returned.order.warehouse).get(path).status_code == 403
    assert api("manager").get(path).status_code == 404
