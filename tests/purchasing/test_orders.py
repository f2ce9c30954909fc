from decimal import Decimal

import pytest

from common.exceptions import InvalidInput, WrongState
from common.models import CompanySettings
from inventory.models import Stock
from purchasing.models import PurchaseOrder
from purchasing.services.order_lines import OrderLine
from purchasing.services.orders import change_purchase_order, create_purchase_order
from purchasing.services.transitions import send_purchase_order
from tests.factories.inventory import VariationFactory
from tests.factories.purchasing import facts, make_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db


def lines_of(*quantities):
    return [
        OrderLine(variation=VariationFactory(), quantity_ordered=Decimal(quantity))
        for quantity in quantities
    ]


@pytest.mark.parametrize("size", [5, 500])
def test_the_number_of_statements_does_not_depend_on_the_lines(size, django_assert_num_queries):
    CompanySettings.current()
    wanted = {
        "supplier": SupplierFactory(),
        "warehouse": WarehouseFactory(),
        "lines": lines_of(*range(1, size + 1)),
        "acting_user": UserFactory(role="manager"),
    }

    # Number, exclusive suppliers, costs, order, items, the limit, and four for two savepoints.
    with django_assert_num_queries(10):
        order = create_purchase_order(**wanted)
    # Order (to lock, to write), the limit, supplier, items, two for the savepoint, five of the
    # ledger and its mail.
    with django_assert_num_queries(11):
        send_purchase_order(order=order, acting_user=wanted["acting_user"])

    assert Stock.objects.filter(incoming__gt=0).count() == size


def test_each_line_is_rounded_to_cents_before_the_sum():
    variation = VariationFactory()
    line = OrderLine(
        variation=variation, quantity_ordered=Decimal("0.5"), unit_cost=Decimal("0.0300")
    )

    order = create_purchase_order(
        supplier=SupplierFactory(),
        warehouse=WarehouseFactory(),
        lines=[line] * 3,
        tax_amount=Decimal("1.10"),
        acting_user=None,
    )

    order.refresh_from_db()
    assert [item.line_total for item in order.items.all()] == [Decimal("0.02")] * 3
    assert (order.subtotal, order.total_amount) == (Decimal("0.06"), Decimal("1.16"))


def test_a_made_number_passes_over_one_that_is_taken():
    first = make_order(10)
    stem, _, number = first.order_number.rpartition("-")
    taken = f"{stem}-{int(number) + 1:03d}"
    make_order(10, order_number=taken)

    assert make_order(10).order_number == f"{stem}-{int(number) + 2:03d}"


def test_an_order_without_lines_is_refused():
    with pytest.raises(InvalidInput) as refusal:
        create_purchase_order(
            supplier=SupplierFactory(), warehouse=WarehouseFactory(), lines=[], acting_user=None
        )

    assert list(refusal.value.details) == ["items"]
    assert not PurchaseOrder.objects.exists()


def test_lines_change_until_all_is_received():
    draft, received = make_order(10), make_order(10, status="received")
    before = facts(received)

    changed = change_purchase_order(order=draft, lines=lines_of(2, 3), acting_user=None)
    with pytest.raises(WrongState):
        change_purchase_order(order=received, lines=lines_of(2), acting_user=None)

    assert changed.subtotal == changed.total_amount == 20
    assert [item.quantity_ordered for item in draft.items.all()] == [2, 3]
    assert facts(received) == before
