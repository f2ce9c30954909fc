"""The same order again: what is taken over, and what is of today."""

from decimal import Decimal

import pytest

from common.exceptions import InvalidInput
from inventory.models import ProductSupplier, Stock
from purchasing.exceptions import SupplierNotActive
from purchasing.models import PurchaseOrder
from purchasing.services.charges import ChargeLine
from purchasing.services.copies import copy_purchase_order
from purchasing.services.order_lines import OrderLine
from purchasing.services.orders import create_purchase_order
from tests.admin.pages import errors_of, page_of, step_of
from tests.factories.inventory import VariationFactory
from tests.factories.purchasing import facts, make_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db


def test_the_same_goods_are_drafted_at_todays_costs():
    supplier, buyer = SupplierFactory(), UserFactory(role="manager")
    variation, other = VariationFactory(cost_price=7), VariationFactory(cost_price=9)
    order = make_order(
        10, 4, variations=[variation, other], supplier=supplier, status="received",
        tax_amount=Decimal(5), shipping_cost=Decimal(3), notes="Gate 2",
        charges=[ChargeLine(kind="duty", amount=Decimal(2))],
    )  # fmt: skip
    order.items.filter(position=2).update(notes="Blue ones")
    ProductSupplier.objects.create(
        product=variation.product, supplier=supplier, cost_per_unit=Decimal("3.25")
    )
    before = facts(order)

    copy = copy_purchase_order(order=order, acting_user=buyer)

    assert facts(order) == before
    assert (copy.status, copy.supplier, copy.warehouse) == ("draft", supplier, order.warehouse)
    assert (copy.created_by, copy.notes, copy.currency) == (buyer, "", order.currency)
    assert (copy.tax_amount, copy.shipping_cost, copy.charges_amount) == (0, 0, 0)
    assert copy.shipping_address == order.shipping_address
    assert copy.order_number != order.order_number
    assert copy.order_date > order.order_date
    lines = copy.items.values_list(
        "position", "variation", "quantity_ordered", "quantity_received", "unit_cost", "notes"
    )
    assert list(lines) == [
        (1, variation.pk, 10, 0, Decimal("3.25"), ""),
        (2, other.pk, 4, 0, 9, "Blue ones"),
    ]


def test_packs_are_those_of_the_order_in_todays_size():
    supplier, variation = SupplierFactory(), VariationFactory()
    terms = ProductSupplier.objects.create(
        product=variation.product, supplier=supplier, pack_size=12, cost_per_unit=1
    )
    order = create_purchase_order(
        supplier=supplier,
        warehouse=WarehouseFactory(),
        lines=[OrderLine(variation=variation, packs=2)],
        acting_user=None,
    )
    terms.pack_size = Decimal(10)
    terms.save()

    line = copy_purchase_order(order=order, acting_user=None).items.get()

    assert (line.packs, line.pack_size, line.pack_cost, line.quantity_ordered) == (2, 10, 10, 20)


def test_what_is_not_bought_any_more_is_named_and_nothing_is_drafted():
    order = make_order(1, 2, 3, status="received")
    for item in order.items.all()[1:]:
        item.variation.is_active = False
        item.variation.save()

    with pytest.raises(InvalidInput) as refusal:
        copy_purchase_order(order=order, acting_user=None)
    assert list(refusal.value.details) == ["items.1.product_id", "items.2.product_id"]

    idle = make_order(1)
    idle.supplier.status = "inactive"
    idle.supplier.save()
    with pytest.raises(SupplierNotActive):
        copy_purchase_order(order=idle, acting_user=None)
    assert list(PurchaseOrder.objects.order_by("pk")) == [order, idle]


@pytest.mark.parametrize("status", PurchaseOrder.Status.values)
def test_an_order_is_copied_in_every_state(status):
    order = make_order(10, status=status)
    before = facts(order)

    assert copy_purchase_order(order=order, acting_user=None).status == "draft"

    assert facts(order) == before


def test_over_http_and_twice_with_one_key_once(api):
    place = WarehouseFactory()
    order, foreign = make_order(10, warehouse=place), make_order(10)
    manager, staff = api("manager", place), api("staff", place)
    path = f"/api/purchase-orders/{order.order_number}/copy/"
    key = {"Idempotency-Key": "again"}

    made = manager.post(path, headers=key)

    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["message"], body["status"]) == ("Purchase order drafted again", "draft")
    assert [item["quantity_ordered"] for item in body["items"]] == [10]
    assert manager.post(path, headers=key).json() == body
    assert staff.post(path).status_code == 403
    assert manager.post(f"/api/purchase-orders/{foreign.pk}/copy/").status_code == 404
    assert PurchaseOrder.objects.count() == 3
    assert not Stock.objects.filter(incoming__gt=0).exists()


def test_a_button_leads_to_the_new_draft(admin_client):
    order = make_order(10, status="received")

    told = admin_client.post(step_of(order, "copy"), follow=True)

    copy = PurchaseOrder.objects.exclude(pk=order.pk).get()
    assert f'href="{page_of(copy)}">{copy}</a>.' in errors_of(told)
    assert f'href="{page_of(copy)}">{copy}</a>.' in told.content.decode()
