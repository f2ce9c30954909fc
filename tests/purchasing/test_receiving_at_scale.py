"""Five lines or five hundred, once or eight times at once: as many statements, each unit once."""

from decimal import Decimal
from functools import partial
from threading import Barrier

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.exceptions import WrongState
from common.models import CompanySettings
from inventory.models import Stock, StockMovement
from operations.ledger_verification import verify_ledger
from purchasing.models import GoodsReceipt
from purchasing.services import receipts
from purchasing.services.receipts import receive_purchase_order
from tests.factories.purchasing import incoming_of_balances, incoming_of_orders, make_order
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db
LINES = [5, 500]


@pytest.mark.parametrize("size", LINES)
def test_the_service_needs_thirteen_statements(size, django_assert_num_queries):
    order = make_order(*[2] * size, status="sent")
    staff = UserFactory(role="staff")

    with django_assert_num_queries(13):
        receive_purchase_order(order=order, acting_user=staff)

    assert Stock.objects.filter(on_hand=2).count() == size


@pytest.mark.parametrize("size", LINES)
def test_through_http_there_are_three_more(api, size, django_assert_num_queries):
    """The order of the path, thirteen of the service, and two of the whole answer."""
    place = WarehouseFactory()
    order = make_order(*[2] * size, warehouse=place, status="sent")
    client = api("staff", place)

    with django_assert_num_queries(16):
        answer = client.post(f"/api/purchase-orders/{order.order_number}/receive/")

    assert answer.status_code == 200
    assert len(answer.json()["receipts"][0]["lines"]) == size
    assert Stock.objects.filter(on_hand=2).count() == size


@pytest.mark.parametrize("size", LINES)
def test_named_lines_and_a_note_need_two_more(api, size):
    place = WarehouseFactory()
    order = make_order(*[2] * size, warehouse=place, status="sent")
    client = api("staff", place)
    items = [{"id": item.pk, "quantity_accepted": 1} for item in order.items.all()]

    with CaptureQueriesContext(connection) as sent:
        answer = client.post(
            f"/api/purchase-orders/{order.order_number}/receive/",
            {"items": items, "delivery_note": "LS-1"},
        )

    assert answer.status_code == 200
    assert len(sent) == 18  # the lines to name, and the delivery note to look for
    assert Stock.objects.filter(on_hand=1, incoming=1).count() == size


@pytest.mark.django_db(transaction=True)
def test_eight_workers_receive_each_unit_once():
    staff = UserFactory(role="staff")
    CompanySettings.current()
    order = make_order(*range(1, 21), status="sent", shipping_cost=Decimal("9.99"))

    outcomes = run_at_once(*[partial(receive_purchase_order, order=order, acting_user=staff)] * 8)

    assert sum(isinstance(outcome, GoodsReceipt) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, WrongState) for outcome in outcomes) == 7
    received = Stock.objects.filter(warehouse=order.warehouse).order_by("pk")
    assert [stock.on_hand for stock in received] == list(range(1, 21))
    assert StockMovement.objects.count() == 20
    assert sum(line.charges_amount for line in GoodsReceipt.objects.get().lines.all()) == Decimal(
        "9.99"
    )
    assert incoming_of_balances() == incoming_of_orders() == []
    assert verify_ledger() == []


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_units_come_in_more_than_once(monkeypatch):
    """The control: all have read the order before the first of them writes."""
    staff = UserFactory(role="staff")
    order = make_order(10, status="sent")
    make_order(90, variations=[order.items.get().variation], warehouse=order.warehouse,
               status="sent")  # fmt: skip
    all_read, check = Barrier(8), receipts.require_lines

    def check_when_all_have_read(*args):
        all_read.wait(timeout=30)
        check(*args)

    monkeypatch.setattr(receipts, "lock_purchase_order", lambda order: order)
    monkeypatch.setattr(receipts, "require_lines", check_when_all_have_read)

    run_at_once(*[partial(receive_purchase_order, order=order, acting_user=staff)] * 8)

    assert Stock.objects.get().on_hand == 80
