"""Two people press the same button at the same moment."""

import pytest
from django.test import Client

from inventory.models import Stock, StockMovement
from operations.ledger_verification import verify_ledger
from purchasing.models import GoodsReceipt
from tests.admin.pages import filled, page_of, step_of
from tests.factories.purchasing import incoming_of_balances, incoming_of_orders, make_order
from tests.factories.sales import take_order
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def twins(office):
    """Return two clients of one person, as in two tabs."""
    first, second = office("manager"), Client()
    second.force_login(first.user)
    return first, second


def at_once(twins, address, body):
    answers = run_at_once(
        *[lambda client=client: client.post(address, body, follow=True) for client in twins]
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    return [answer.content.decode() for answer in answers]


def times(told, text):
    return sum(text in page for page in told)


def test_an_order_is_received_once(twins, place):
    order = make_order(3, warehouse=place.own, status="sent")
    movements = StockMovement.objects.count()

    told = at_once(twins, step_of(order, "receive"), {f"line_{order.items.get().pk}": "3"})

    assert times(told, "the goods are in stock") == 1
    assert times(told, "is received cannot become") == 1
    assert GoodsReceipt.objects.count() == 1
    assert StockMovement.objects.count() == movements + 1
    assert incoming_of_balances() == incoming_of_orders() == []
    assert verify_ledger() == []


def test_an_order_leaves_once(twins, place):
    order = take_order((place.variation, 4), warehouse=place.own)

    told = at_once(twins, step_of(order, "fulfil"), {f"line_{order.items.get().pk}": "4"})

    assert times(told, "have left stock") == 1
    assert times(told, "cannot become fulfilled") == 1
    assert Stock.objects.get(warehouse=place.own).on_hand == 6
    assert verify_ledger() == []


def test_of_two_edits_of_a_product_one_is_told(twins, place):
    product = place.variation.product
    body = filled(twins[0], page_of(product), name="Renamed")

    told = at_once(twins, page_of(product), body)

    assert times(told, "Somebody else changed this") == 1
    assert times(told, "was changed successfully") == 1


def test_an_edit_and_a_step_of_a_draft_leave_it_whole(twins, place):
    order = make_order(3, warehouse=place.own)
    body = filled(twins[0], page_of(order))
    body["items-0-quantity_ordered"] = "8"

    answers = run_at_once(
        lambda: twins[0].post(page_of(order), body, follow=True),
        lambda: twins[1].post(step_of(order, "send"), follow=True),
    )

    assert [answer.status_code for answer in answers] == [200, 200]
    assert incoming_of_balances() == incoming_of_orders()
    assert verify_ledger() == []
