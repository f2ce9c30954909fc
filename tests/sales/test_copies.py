"""The same order again, for the same customer at the prices of today."""

from decimal import Decimal

import pytest

from common.exceptions import InvalidInput
from sales.models import SalesOrder
from sales.services.cancellation import cancel_sales_order
from sales.services.copies import copy_sales_order
from sales.services.fulfilment import fulfil_sales_order
from tests.admin.pages import errors_of, page_of, step_of
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.sales import figures, list_price, reserved, take_order
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def stock():
    return put_in_stock(VariationFactory(selling_price=Decimal(20)), WarehouseFactory(), 10)


@pytest.mark.parametrize(("promoted", "discount"), [(False, 10), (True, 0)])
def test_the_same_goods_are_ordered_at_todays_prices(stock, promoted, discount):
    seller = UserFactory(role="sales")
    order = take_order(
        (stock.variation, 4), warehouse=stock.warehouse, customer_email="ann@example.com",
        customer_id="C-7", channel="shop", region="north", notes="Ring twice", priority=4,
        promotion_applied=promoted,
    )  # fmt: skip
    order.items.update(discount_percent=10)
    fulfil_sales_order(order=order, acting_user=None)
    list_price(stock.variation, "12.50")

    copy = copy_sales_order(order=order, acting_user=seller)

    order.refresh_from_db()
    assert order.status == "fulfilled"
    assert (copy.status, copy.warehouse, copy.created_by) == ("pending", stock.warehouse, seller)
    assert (copy.customer_email, copy.customer_id, copy.channel, copy.region) == (
        "ann@example.com", "C-7", "shop", "north",
    )  # fmt: skip
    assert (copy.priority, copy.notes, copy.promotion_applied) == (2, "", False)
    line = copy.items.get()
    assert (line.quantity, line.sale_price_per_unit, line.discount_percent) == (
        4, Decimal("12.50"), discount,
    )  # fmt: skip
    assert copy.total_amount == line.line_total
    assert (reserved(copy), figures(stock)) == ([4], (6, 4))


def test_what_was_cancelled_is_ordered_again_and_what_is_short_waits(stock):
    order = take_order((stock.variation, 12), warehouse=stock.warehouse)
    cancel_sales_order(order=order, acting_user=None)

    copy = copy_sales_order(order=order, acting_user=None)

    assert (copy.items.get().quantity, reserved(copy), figures(stock)) == (12, [10], (10, 10))


def test_what_is_not_sold_any_more_is_named_and_nothing_is_taken(stock):
    idle = VariationFactory()
    order = take_order((stock.variation, 1), (idle, 1), warehouse=stock.warehouse)
    cancel_sales_order(order=order, acting_user=None)
    idle.is_active = False
    idle.save()

    with pytest.raises(InvalidInput) as refusal:
        copy_sales_order(order=order, acting_user=None)

    assert list(refusal.value.details) == ["items.1.sku"]
    assert (list(SalesOrder.objects.all()), figures(stock)) == ([order], (10, 0))


def test_over_http(api, stock):
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)
    path = f"/api/sales-orders/{order.order_number}/copy/"
    seller = api("sales", stock.warehouse)

    made = seller.post(path)

    assert made.status_code == 201, made.content
    assert made.json()["message"] == "Sales order taken again"
    assert made.json()["order_number"] != order.order_number
    assert [item["quantity_reserved"] for item in made.json()["items"]] == [4]
    assert api("staff", stock.warehouse).post(path).status_code == 403
    assert api("manager", WarehouseFactory()).post(path).status_code == 404
    assert SalesOrder.objects.count() == 2


def test_a_button_leads_to_the_new_order(admin_client, stock):
    order = take_order((stock.variation, 4), warehouse=stock.warehouse)

    told = admin_client.post(step_of(order, "copy"), follow=True)

    copy = SalesOrder.objects.exclude(pk=order.pk).get()
    assert f'href="{page_of(copy)}">{copy}</a>; what is available' in errors_of(told)
