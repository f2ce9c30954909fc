"""The page of a supplier: what it sells at which terms, and what is on order there."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from common.admin_columns import day
from inventory.models import ProductSupplier
from tests.admin.pages import page_of
from tests.factories.inventory import VariationFactory
from tests.factories.purchasing import make_order
from tests.factories.suppliers import SupplierFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def supplier():
    return SupplierFactory(currency="EUR", lead_time_days=9)


def tables(client, supplier):
    shown = client.get(page_of(supplier)).context["page_tables"]
    return {table.title: table for table in shown}


def sold_by(supplier, name, **terms):
    product = VariationFactory(product__name=name).product
    ProductSupplier.objects.create(product=product, supplier=supplier, **terms)
    return product


def test_goods_are_shown_with_their_terms(manager, supplier):
    zinc = sold_by(supplier, "Zinc", cost_per_unit=Decimal("2.5"), lead_time_days=3)
    sold_by(
        supplier, "<b>Ash</b>", supplier_product_code="A-1", pack_size=12, is_primary=True,
        min_order_quantity=24, is_exclusive=True,
    )  # fmt: skip
    gone = sold_by(supplier, "Gone")
    gone.status = "discontinued"
    gone.save()
    sold_by(SupplierFactory(), "Elsewhere")

    goods = tables(manager, supplier)["Goods"]

    assert [list(row[1:]) for row in goods.rows] == [
        ["A-1", "", "12", "24", "9 days", "primary, exclusive"],
        ["", "2.50 EUR", "", "", "3 days", ""],
    ]
    assert page_of(zinc) in goods.rows[1][0]
    assert "&lt;b&gt;Ash" in goods.rows[0][0]
    assert f"?q={supplier.code}" in goods.more


def test_many_goods_are_cut_off_and_the_title_says_so(manager, supplier):
    for number in range(51):
        sold_by(supplier, f"Thing {number:02}")

    goods = tables(manager, supplier)["Goods: the first 50"]

    assert len(goods.rows) == 50


def test_open_orders_of_own_warehouses_are_shown_the_latest_due_first(office, manager, place):
    supplier = SupplierFactory()
    now = timezone.now()
    wanted = {"warehouse": place.own, "supplier": supplier}
    draft = make_order(1, **wanted, expected_delivery_date=now + timedelta(days=9))
    late = make_order(
        10, 4, **wanted, status="partially_received", order_date=now - timedelta(days=9),
        expected_delivery_date=now - timedelta(days=2),
    )  # fmt: skip
    make_order(1, **wanted, status="received")
    make_order(1, **wanted, status="cancelled")
    make_order(1, supplier=supplier, warehouse=place.foreign, status="sent")
    make_order(1, warehouse=place.own, status="sent")

    orders = tables(manager, supplier)["Open orders"]

    due = f"{day(late.expected_delivery_date)}, 2 days late"
    assert [list(row[1:]) for row in orders.rows] == [
        [place.own.code, "Partially Received", due, 2, "35.00 USD"],
        [place.own.code, "Draft", day(draft.expected_delivery_date), 1, "2.50 USD"],
    ]
    assert [page_of(order) in row[0] for order, row in zip((late, draft), orders.rows, strict=True)]
    assert "Open orders" in tables(office("staff"), supplier)


@pytest.mark.parametrize("count", [1, 3])
def test_the_tables_take_a_fixed_number_of_queries(
    manager, place, supplier, count, django_assert_num_queries
):
    for number in range(count):
        sold_by(supplier, f"Thing {number}")
        make_order(1, 2, supplier=supplier, warehouse=place.own, status="sent")
    manager.get(page_of(supplier))

    with django_assert_num_queries(9):
        manager.get(page_of(supplier))
