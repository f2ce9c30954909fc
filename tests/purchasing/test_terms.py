"""What suppliers' terms forbid: other currencies, goods that another sells alone, notes twice."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from common.exceptions import InvalidInput, WrongState
from inventory.models import ProductSupplier, Stock
from purchasing.exceptions import DuplicateDelivery
from purchasing.models import GoodsReceipt, PurchaseOrder
from purchasing.services import receipts
from purchasing.services.order_lines import OrderLine
from purchasing.services.orders import change_purchase_order
from purchasing.services.receipts import Delivery, ReceiptLine, receive_purchase_order
from tests.factories.inventory import VariationFactory
from tests.factories.purchasing import facts, make_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db


def sold_by(supplier, **terms):
    variation = VariationFactory()
    ProductSupplier.objects.create(
        product=variation.product, supplier=supplier, is_exclusive=True, **terms
    )
    return variation


def test_goods_of_an_exclusive_supplier_are_ordered_there_alone():
    seller, other = SupplierFactory(), SupplierFactory()
    variation = sold_by(seller)

    with pytest.raises(InvalidInput) as refusal:
        make_order(1, 2, variations=[VariationFactory(), variation], supplier=other)

    assert list(refusal.value.details) == ["items.1.product_id"]
    assert seller.code in refusal.value.message
    assert not PurchaseOrder.objects.exists()
    assert make_order(1, variations=[variation], supplier=seller).items.count() == 1


def test_nobody_else_becomes_the_supplier_of_exclusive_goods():
    seller, other = SupplierFactory(), SupplierFactory()
    order = make_order(1, supplier=other, status="sent")
    kept, manager = order.items.get(), UserFactory(role="manager")
    ProductSupplier.objects.create(
        product=kept.variation.product, supplier=seller, is_exclusive=True
    )
    before = facts(order)
    stays = OrderLine(
        variation=kept.variation, item_id=kept.pk, quantity_ordered=Decimal(2), unit_cost=Decimal(1)
    )
    new = OrderLine(variation=sold_by(seller), quantity_ordered=Decimal(1))

    with pytest.raises(InvalidInput) as refusal:
        change_purchase_order(order=order, lines=[stays, new], acting_user=manager)
    assert list(refusal.value.details) == ["items.1.product_id"]
    assert facts(order) == before

    change_purchase_order(order=order, lines=[stays], acting_user=manager)  # was ordered before
    assert order.items.get().quantity_ordered == 2


def test_a_drafts_new_supplier_must_sell_its_goods():
    seller, other = SupplierFactory(), SupplierFactory()
    order = make_order(1, variations=[sold_by(seller)], supplier=seller)
    before = facts(order)

    with pytest.raises(InvalidInput) as refusal:
        change_purchase_order(
            order=order, details={"supplier": other}, acting_user=UserFactory(role="manager")
        )

    assert list(refusal.value.details) == ["items.0.product_id"]
    assert facts(order) == before


def test_a_product_has_one_exclusive_supplier():
    variation = sold_by(SupplierFactory())

    with pytest.raises(IntegrityError), transaction.atomic():
        ProductSupplier.objects.create(
            product=variation.product, supplier=SupplierFactory(), is_exclusive=True
        )


@pytest.mark.parametrize(
    ("changed", "status", "field"),
    [
        ({"currency": "EUR"}, 201, None),
        ({"currency": "USD"}, 400, "currency"),  # the company's is not accepted either
        ({"currency": "GBP"}, 400, "currency"),
        ({}, 201, None),
        ({"expected_delivery_date": "2020-01-01T00:00:00Z"}, 400, "expected_delivery_date"),
        ({"quantity": 0}, 400, "items.0.quantity_ordered"),
        ({"quantity": -1}, 400, "items.0.quantity_ordered"),
        ({"quantity": "NaN"}, 400, "items.0.quantity_ordered"),
    ],
)
def test_bad_orders_are_named(manager, place, changed, status, field):
    supplier = SupplierFactory(currency="EUR")
    item = {
        "sku": VariationFactory().sku_code,
        "quantity_ordered": changed.pop("quantity", 1),
        "unit_cost": 2,
    }
    body = {"supplier_id": supplier.code, "warehouse": place.code, "items": [item], **changed}

    answer = manager.post("/api/purchase-orders/", body)

    assert answer.status_code == status
    if field:
        assert list(answer.json()["details"]) == [field]
        assert not PurchaseOrder.objects.exists()
    else:
        assert answer.json()["currency"] == "EUR"


def test_with_another_supplier_comes_its_currency(manager, place):
    order = make_order(1, warehouse=place)
    path = f"/api/purchase-orders/{order.order_number}/"
    euro = SupplierFactory(currency="EUR")

    assert manager.patch(path, {"supplier_id": euro.code}).json()["currency"] == "EUR"
    assert manager.patch(path, {"currency": "USD"}).status_code == 400


def test_nothing_is_received_of_a_cancelled_order(manager, place):
    order = make_order(1, warehouse=place, status="cancelled")
    before = facts(order)

    answer = manager.post(f"/api/purchase-orders/{order.order_number}/receive/")

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert facts(order) == before
    with pytest.raises(WrongState):
        receive_purchase_order(order=order, acting_user=manager.user)


@pytest.mark.parametrize("note", ["LS-17", " ls-17 "])
def test_one_delivery_note_is_one_receipt(manager, place, note):
    order = make_order(10, warehouse=place, status="sent")
    path = f"/api/purchase-orders/{order.order_number}/receive/"
    item = {"id": order.items.get().pk, "quantity_accepted": 4}
    first = manager.post(path, {"items": [item], "delivery_note": "LS-17"})
    assert first.status_code == 200
    before = facts(order)

    again = manager.post(path, {"items": [item], "delivery_note": note})

    assert (again.status_code, again.json()["code"]) == (409, "duplicate_delivery")
    assert list(again.json()["details"]) == ["delivery_note"]
    assert facts(order) == before
    other = manager.post(path, {"items": [item], "delivery_note": "LS-18"})
    assert other.status_code == 200
    elsewhere = make_order(10, warehouse=place, status="sent")
    path = f"/api/purchase-orders/{elsewhere.order_number}/receive/"
    assert manager.post(path, {"delivery_note": "LS-17"}).status_code == 200


def test_one_key_is_one_receipt(manager, place):
    order = make_order(10, warehouse=place, status="sent")
    path = f"/api/purchase-orders/{order.order_number}/receive/"
    body = {"items": [{"id": order.items.get().pk, "quantity_accepted": 4}], "delivery_note": "A"}

    answers = [manager.post(path, body, headers={"Idempotency-Key": "k-1"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content == answers[1].content
    assert GoodsReceipt.objects.count() == 1
    other = manager.post(path, {**body, "notes": "x"}, headers={"Idempotency-Key": "k-1"})
    assert other.status_code == 422


def submit(order, user):
    line = ReceiptLine(item_id=order.items.get().pk, quantity_accepted=Decimal(1))
    return receive_purchase_order(
        order=order, lines=[line], delivery=Delivery(delivery_note="LS-17"), acting_user=user
    )


@pytest.mark.django_db(transaction=True)
def test_a_note_sent_eight_times_at_once_is_one_receipt():
    order, staff = make_order(10, status="sent"), UserFactory(role="staff")

    outcomes = run_at_once(*[partial(submit, order, staff)] * 8)

    assert sum(isinstance(outcome, GoodsReceipt) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, DuplicateDelivery) for outcome in outcomes) == 7
    assert Stock.objects.get().on_hand == 1


@pytest.mark.django_db(transaction=True)
def test_without_looking_for_the_note_there_are_eight(monkeypatch):
    order, staff = make_order(10, status="sent"), UserFactory(role="staff")
    monkeypatch.setattr(receipts, "require_new_note", lambda order, note: None)

    run_at_once(*[partial(submit, order, staff)] * 8)

    assert GoodsReceipt.objects.count() == 8


def test_the_expected_date_is_not_before_the_order():
    order = make_order(1)
    before = facts(order)

    with pytest.raises(InvalidInput) as refusal:
        change_purchase_order(
            order=order,
            details={"expected_delivery_date": timezone.now() - timedelta(days=2)},
            acting_user=UserFactory(role="manager"),
        )

    assert list(refusal.value.details) == ["expected_delivery_date"]
    assert facts(order) == before
