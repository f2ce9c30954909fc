"""Duty and other charges count in the limit above which somebody else approves an order."""

from decimal import Decimal
from importlib import import_module

import pytest
from django.db import connection

from purchasing.exceptions import ApprovalNeeded
from purchasing.models import PurchaseOrder
from purchasing.services.charges import ChargeLine
from purchasing.services.decisions import approve_purchase_order
from purchasing.services.orders import change_purchase_order
from purchasing.services.receipts import receive_purchase_order
from purchasing.services.transitions import send_purchase_order
from tests.factories.purchasing import facts, limit, make_order
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db


def read(order):
    return PurchaseOrder.objects.get(pk=order.pk)


def duty(amount, **about):
    return ChargeLine(kind="duty", amount=Decimal(amount), **about)


@pytest.mark.parametrize(("amount", "waits"), [("4.99", False), (5, False), ("5.01", True)])
def test_charges_count_in_the_limit(buyer, amount, waits):
    limit(30)

    order = make_order(10, charges=[duty(amount)], acting_user=buyer)  # 10 at 2.50, and duty

    assert order.awaits_approval == waits
    assert list(PurchaseOrder.objects.awaiting_approval()) == [order] * waits
    if waits:
        before = facts(order)
        with pytest.raises(ApprovalNeeded) as refusal:
            send_purchase_order(order=order, acting_user=buyer)
        assert "The total of 30.01, 5.01 of it charges, is above the limit of 30.00" in (
            refusal.value.message
        )
        assert facts(order) == before


def test_a_charge_that_comes_later_waits_for_leave(buyer, other):
    limit(20)
    order = make_order(10, charges=[duty(5)], acting_user=buyer)
    approve_purchase_order(order=order, acting_user=other)
    assert read(order).approved_total == 30
    send_purchase_order(order=order, acting_user=buyer)
    charge = order.charges.get()

    change_purchase_order(
        order=order, charges=[duty(4, charge_id=charge.pk)], acting_user=UserFactory(role="manager")
    )
    assert (read(order).approval_status, read(order).approved_by) == ("approved", other)
    change_purchase_order(order=order, charges=[duty(6, charge_id=charge.pk)], acting_user=buyer)

    order = read(order)
    assert (order.approval_status, order.approved_by, order.terms_by) == ("pending", None, buyer)
    before = facts(order)
    with pytest.raises(ApprovalNeeded):
        receive_purchase_order(order=order, acting_user=buyer)
    assert facts(order) == before
    approve_purchase_order(order=order, acting_user=other)
    assert read(order).approved_total == 31


def test_what_was_approved_before_charges_counted_holds_with_the_charges_it_has(buyer):
    orders = [
        make_order(10, charges=[duty(5)], status="sent", acting_user=buyer),
        make_order(10, status="sent", acting_user=buyer),
        make_order(10, charges=[duty(5)], acting_user=buyer),
    ]
    PurchaseOrder.objects.filter(status="sent").update(approved_total=25)  # as it was kept then
    module = import_module("purchasing.migrations.0010_approvals_with_charges")

    with connection.cursor() as cursor:
        cursor.execute(module.WITH_CHARGES)

    limit(1)
    assert [read(order).approved_total for order in orders] == [30, 25, None]
    assert [read(order).awaits_approval for order in orders] == [False, False, True]
