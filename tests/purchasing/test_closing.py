"""An order of which the rest does not come is closed, and that counts against the supplier."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone

from common.exceptions import InvalidInput, WrongState
from inventory.models import Stock
from operations.ledger_verification import verify_ledger
from purchasing.measuring import figures_now
from purchasing.models import PurchaseOrder
from purchasing.services import closing
from purchasing.services.closing import close_purchase_order
from purchasing.services.receipts import receive_purchase_order
from tests.admin.pages import buttons, errors_of, step_of
from tests.factories.purchasing import (
    facts,
    incoming_of_balances,
    incoming_of_orders,
    make_order,
)
from tests.factories.users import UserFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db


def read(order):
    return PurchaseOrder.objects.get(pk=order.pk)


def test_what_does_not_come_is_incoming_no_more_and_stays_told():
    order, buyer = make_order(10, 4, status="partially_received"), UserFactory(role="manager")
    receipt = order.receipts.get()

    close_purchase_order(order=order, reason="Sold out", acting_user=buyer)

    order = read(order)
    assert (order.status, order.actual_delivery_date) == ("received", receipt.occurred_at)
    assert list(order.items.values_list("quantity_ordered", "quantity_received")) == [
        (10, 1), (4, 0),
    ]  # fmt: skip
    assert sorted(Stock.objects.values_list("on_hand", "incoming")) == [(0, 0), (1, 0)]
    assert incoming_of_balances() == incoming_of_orders() == []
    assert verify_ledger() == []
    amendment = order.amendments.get()
    assert (amendment.reason, amendment.amended_by) == ("Sold out", buyer)
    assert amendment.changes == [
        {"field": "status", "from": "partially_received", "to": "received"}
    ]


def test_it_counts_in_the_suppliers_fulfilment():
    now = timezone.now()
    order = make_order(
        10, status="partially_received", order_date=now - timedelta(days=9),
        expected_delivery_date=now - timedelta(days=2),
    )  # fmt: skip

    close_purchase_order(order=order, reason="Sold out", acting_user=None)

    figures = figures_now([order.supplier_id])[order.supplier_id]
    assert (figures.order_fulfillment_rate, figures.judged_lines) == (Decimal("10.00"), 1)


def test_without_a_reason_nothing_is_closed():
    order = make_order(10, status="partially_received")
    before = facts(order)

    with pytest.raises(InvalidInput) as refusal:
        close_purchase_order(order=order, reason=" ", acting_user=None)

    assert list(refusal.value.details) == ["reason"]
    assert facts(order) == before


def test_an_order_of_which_nothing_came_is_cancelled_instead():
    order = make_order(10, status="sent")
    before = facts(order)

    with pytest.raises(WrongState) as refusal:
        close_purchase_order(order=order, reason="Sold out", acting_user=None)

    assert "this one is sent. Cancel it instead." in refusal.value.message
    assert facts(order) == before


def test_a_button_closes_it(admin_client):
    order, sent = make_order(10, status="partially_received"), make_order(10, status="sent")
    assert "close" in buttons(admin_client, order)
    assert "close" not in buttons(admin_client, sent)

    told = admin_client.post(step_of(order, "close"), {"note": "Sold out"}, follow=True)

    assert "nothing more of it is incoming" in errors_of(told)
    assert read(order).status == "received"


@pytest.mark.django_db(transaction=True)
def test_closing_and_receiving_the_rest_at_once_do_one_of_the_two():
    staff = UserFactory(role="manager")
    for _ in range(5):
        order = make_order(10, status="partially_received")

        outcomes = run_at_once(
            partial(close_purchase_order, order=order, reason="Sold out", acting_user=staff),
            partial(receive_purchase_order, order=order, acting_user=staff),
        )

        assert sum(isinstance(outcome, WrongState) for outcome in outcomes) == 1
        came = order.items.get().quantity_received
        assert (came, order.amendments.count()) in [(10, 0), (1, 1)]
    assert incoming_of_balances() == incoming_of_orders() == []
    assert verify_ledger() == []


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_an_order_that_is_all_in_is_closed_too(monkeypatch):
    order = make_order(10, status="partially_received")
    receive_purchase_order(order=read(order), acting_user=UserFactory(role="staff"))
    monkeypatch.setattr(closing, "lock_purchase_order", lambda order: order)

    close_purchase_order(order=order, reason="Sold out", acting_user=None)

    assert (order.items.get().quantity_received, order.amendments.count()) == (10, 1)
