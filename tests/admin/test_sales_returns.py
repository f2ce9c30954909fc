"""Returned goods are inspected in the admin site."""

from decimal import Decimal

import pytest

from inventory.models import Stock
from sales.models import SalesReturn
from sales.services.fulfilment import fulfil_sales_order
from sales.services.line_choice import LineRequest
from sales.services.returns import return_goods
from tests.admin.pages import buttons, errors_of, list_of, step_of
from tests.factories.sales import take_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_orders")]


def test_returned_goods_in_quarantine_are_inspected(manager, place):
    order = take_order((place.variation, 4), warehouse=place.own)
    fulfil_sales_order(order=order, acting_user=None)
    line = LineRequest("line", "1", Decimal(3), "defective", "quarantine")
    returned = return_goods(order=order, lines=[line], acting_user=None)
    key = returned.items.get().pk
    waiting = manager.get(list_of(SalesReturn), {"quarantine": "waiting"}).context["cl"].queryset
    assert list(waiting) == [returned]

    manager.post(step_of(returned, "inspect"), {f"stock_{key}": "2"})
    refused = manager.post(step_of(returned, "inspect"), {f"scrap_{key}": "2"}, follow=True)

    assert "More should be decided about than is in quarantine" in errors_of(refused)
    assert Stock.objects.get(warehouse=place.own).on_hand == 8
    manager.post(step_of(returned, "inspect"), {f"scrap_{key}": "1"})
    assert "inspect" not in buttons(manager, returned)
