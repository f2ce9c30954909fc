import pytest
from django.db import IntegrityError, transaction

from common.exceptions import WrongState
from inventory.models import Stock, StockMovement
from purchasing.exceptions import SupplierNotActive
from purchasing.models import PurchaseOrder
from purchasing.services.receipts import receive_purchase_order
from purchasing.services.transitions import (
    cancel_purchase_order,
    confirm_purchase_order,
    send_purchase_order,
    ship_purchase_order,
)
from tests.factories.purchasing import (
    facts,
    incoming_of_balances,
    incoming_of_orders,
    make_order,
)
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db

STEPS = {
    "sent": send_purchase_order,
    "confirmed": confirm_purchase_order,
    "shipped": ship_purchase_order,
    "received": receive_purchase_order,
    "cancelled": cancel_purchase_order,
}
LAWFUL = {
    "draft": {"sent", "received", "cancelled"},
    "sent": {"confirmed", "shipped", "received", "cancelled"},
    "confirmed": {"shipped", "received", "cancelled"},
    "shipped": {"received", "cancelled"},
    "partially_received": {"received"},
    "received": set(),
    "cancelled": set(),
}
CASES = [(state, step) for state in LAWFUL for step in STEPS]


@pytest.mark.parametrize(("state", "step"), CASES)
def test_every_step_from_every_state(state, step):
    order = make_order(10, 4, status=state)
    before = facts(order)
    act = {"order": order, "acting_user": UserFactory(role="manager")}

    if step in LAWFUL[state]:
        STEPS[step](**act)
        order.refresh_from_db()
        assert order.status == step
    else:
        with pytest.raises(WrongState) as refusal:
            STEPS[step](**act)
        assert refusal.value.details["allowed_transitions"] == order.allowed_transitions
        assert facts(order) == before
    assert incoming_of_balances() == incoming_of_orders()


def test_the_orders_own_table_is_the_one_tested_here():
    by_receiving = {"partially_received"}

    assert {
        str(state): {str(step) for step in steps} - by_receiving
        for state, steps in PurchaseOrder.TRANSITIONS.items()
    } == LAWFUL


def test_sending_makes_the_goods_incoming_and_cancelling_takes_them_off():
    order = make_order(10)
    variation = order.items.get().variation
    manager = UserFactory(role="manager")

    assert not Stock.objects.exists()
    send_purchase_order(order=order, acting_user=manager)
    stock = Stock.objects.get(variation=variation, warehouse=order.warehouse)
    assert (stock.incoming, stock.on_hand) == (10, 0)
    order.refresh_from_db()
    assert order.approved_by == manager

    cancel_purchase_order(order=order, acting_user=manager)
    stock.refresh_from_db()
    assert (stock.incoming, stock.on_hand) == (0, 0)
    assert not StockMovement.objects.exists()


def test_nothing_is_sent_to_a_supplier_that_is_not_active():
    order = make_order(10)
    order.supplier.status = "inactive"
    order.supplier.save()

    with pytest.raises(SupplierNotActive):
        send_purchase_order(order=order, acting_user=UserFactory(role="manager"))

    order.refresh_from_db()
    assert order.status == "draft"
    assert not Stock.objects.exists()


@pytest.mark.parametrize(
    ("rows", "changes"),
    [
        ("order", {"status": "lost"}),
        ("order", {"status": "received"}),
        ("order", {"tax_amount": -1}),
        ("items", {"quantity_ordered": 0}),
        ("items", {"quantity_received": -1}),
        ("items", {"unit_cost": -1}),
    ],
)
def test_the_database_refuses_what_no_rule_permits(rows, changes):
    order = make_order(10)
    queryset = PurchaseOrder.objects.all() if rows == "order" else order.items.all()
    before = list(queryset.values())

    with pytest.raises(IntegrityError), transaction.atomic():
        queryset.update(**changes)

    assert list(queryset.values()) == before
