"""How much more than ordered may come in: as the supplier's terms say, else the company's."""

from decimal import Decimal

import pytest

from common.models import CompanySettings
from purchasing.exceptions import OverReceipt
from purchasing.services.receipts import ReceiptLine, receive_purchase_order
from tests.factories.purchasing import facts, make_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db


def receive(order, *quantities):
    receive_purchase_order(
        order=order,
        lines=[
            ReceiptLine(item_id=item.pk, quantity_accepted=Decimal(quantity))
            for item, quantity in zip(order.items.all(), quantities, strict=True)
        ],
        acting_user=UserFactory(role="staff"),
    )


@pytest.mark.parametrize(
    ("company", "own", "most"),
    [(10, None, "11"), (10, 5, "10.5"), (10, 0, "10"), (0, 20, "12"), (0, None, "10")],
)
def test_the_suppliers_tolerance_comes_before_the_companys(company, own, most):
    CompanySettings.objects.update_or_create(
        pk=1, defaults={"over_receipt_tolerance_percent": company}
    )
    supplier = SupplierFactory(over_receipt_tolerance_percent=own)
    order = make_order(10, status="sent", supplier=supplier)
    before = facts(order)

    with pytest.raises(OverReceipt) as refusal:
        receive(order, Decimal(most) + Decimal("0.001"))
    assert refusal.value.details["lines"][0]["most_acceptable"] == Decimal(most)
    assert facts(order) == before

    receive(order, most)
    order.refresh_from_db()
    assert (order.status, order.items.get().quantity_received) == ("received", Decimal(most))


def test_the_tolerance_is_never_rounded_up():
    supplier = SupplierFactory(over_receipt_tolerance_percent="0.05")
    order = make_order("1.999", status="sent", supplier=supplier)  # 1.9999995

    with pytest.raises(OverReceipt):
        receive(order, "2")


@pytest.mark.parametrize("size", [5, 100])
def test_the_number_of_statements_does_not_depend_on_the_lines(size, django_assert_num_queries):
    CompanySettings.objects.update_or_create(pk=1, defaults={"over_receipt_tolerance_percent": 50})
    order = make_order(*[2] * size, status="sent")
    lines = [
        ReceiptLine(item_id=item.pk, quantity_accepted=Decimal(3)) for item in order.items.all()
    ]
    staff = UserFactory(role="staff")

    with django_assert_num_queries(15):
        receive_purchase_order(order=order, lines=lines, acting_user=staff)
