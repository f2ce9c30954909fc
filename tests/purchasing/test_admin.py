from decimal import Decimal

import pytest
from django.test import Client

from tests.factories.purchasing import facts, make_order
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    client = Client()
    client.force_login(UserFactory(role="admin"))
    return client


def form_of(item, **values):
    prefix = {"items-TOTAL_FORMS": 1, "items-INITIAL_FORMS": 1, "notes": "seen"}
    line = {
        "id": item.pk, "order": item.order_id, "position": 1, "variation": item.variation_id,
        "quantity_ordered": 10, "unit_cost": "2.5", "notes": "",
    }  # fmt: skip
    return prefix | {f"items-0-{name}": value for name, value in (line | values).items()}


def test_a_drafts_lines_change_and_the_totals_follow(client):
    order = make_order(10)

    response = client.post(
        f"/admin/purchasing/purchaseorder/{order.pk}/change/",
        form_of(order.items.get(), quantity_ordered=12, unit_cost="3"),
    )

    assert response.status_code == 302
    order.refresh_from_db()
    assert (order.notes, order.subtotal, order.total_amount) == ("seen", 36, 36)
    assert order.items.get().line_total == Decimal(36)


def test_a_sent_orders_lines_do_not_change(client):
    order = make_order(10, status="sent")
    before = facts(order)[1:]

    response = client.post(
        f"/admin/purchasing/purchaseorder/{order.pk}/change/",
        form_of(order.items.get(), quantity_ordered=12),
    )

    assert response.status_code == 302
    assert facts(order)[1:] == before


@pytest.mark.parametrize("name", ["purchaseorder", "goodsreceipt"])
def test_lists_and_pages_open(client, name):
    order = make_order(10, status="partially_received")
    row = order if name == "purchaseorder" else order.receipts.get()
    path = f"/admin/purchasing/{name}/"

    assert order.order_number in client.get(path).content.decode()
    assert client.get(f"{path}{row.pk}/change/").status_code == 200
    assert client.get(f"{path}add/").status_code == 403
    assert client.post(f"{path}{row.pk}/delete/").status_code == 403
