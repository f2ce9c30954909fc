"""Sales orders in the admin site: the same services, the same refusals."""

from decimal import Decimal

import pytest

from inventory.models import Stock, StockMovement
from sales.models import SalesOrder
from sales.services.cancellation import cancel_sales_order
from sales.services.fulfilment import fulfil_sales_order
from tests.admin.pages import add_to, buttons, errors_of, filled, lines, page_of, step_of
from tests.factories.inventory import VariationFactory
from tests.factories.sales import take_order
from tests.pdf_pages import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_orders")]


def new_sale(place, *rows, **fields):
    return {
        "warehouse": place.own.pk,
        "order_date_0": "2026-01-05",
        "order_date_1": "10:00",
        "priority": "2",
        **fields,
        **lines("items", *rows),
    }


def test_a_sales_order_from_taking_to_leaving(manager, place):
    answer = manager.post(
        add_to(SalesOrder),
        new_sale(place, {"variation": place.variation.pk, "quantity": "4"}, channel="shop"),
    )
    order = SalesOrder.objects.get()
    assert answer.status_code == 302, errors_of(answer)
    assert (order.created_by, order.total_amount, order.currency) == (
        manager.user, Decimal("39.96"), "USD",
    )  # fmt: skip
    assert Stock.objects.get(warehouse=place.own).reserved == 4

    body = filled(manager, page_of(order), channel="web")
    body["items-0-quantity"] = "6"
    assert manager.post(page_of(order), body).status_code == 302
    assert Stock.objects.get(warehouse=place.own).reserved == 6

    manager.post(step_of(order, "fulfil"), {f"line_{order.items.get().pk}": "2"})
    assert SalesOrder.objects.get().status == "partially_fulfilled"
    answer = manager.post(
        step_of(order, "fulfil"), {f"line_{order.items.get().pk}": "4"}, follow=True
    )

    assert SalesOrder.objects.get().status == "fulfilled"
    assert "have left stock" in errors_of(answer)
    assert Stock.objects.get(warehouse=place.own).on_hand == 4
    assert buttons(manager, order) == {"pick_list", "packing_slip", "return", "copy"}


def test_a_short_order_is_refused_naming_every_short_line(manager, place):
    missing = VariationFactory()
    order = take_order((place.variation, 12), (missing, 3), warehouse=place.own)
    movements = StockMovement.objects.count()
    body = {f"line_{item.pk}": item.quantity for item in order.items.all()}

    answer = manager.post(step_of(order, "fulfil"), body, follow=True)

    told = errors_of(answer)
    assert "Less is available than asked for" in told
    assert f"Line 1 ({place.variation.sku_code}): 12 wanted, 10 available." in told
    assert f"Line 2 ({missing.sku_code}): 3 wanted, 0 available." in told
    order.refresh_from_db()
    assert (order.status, StockMovement.objects.count()) == ("pending", movements)


def test_cancelling_releases_once(manager, place):
    order = take_order((place.variation, 4), warehouse=place.own)

    manager.post(step_of(order, "cancel"))
    again = manager.post(step_of(order, "cancel"), follow=True)

    assert Stock.objects.get(warehouse=place.own).reserved == 0
    assert "is cancelled and cannot become cancelled" in errors_of(again)


def test_a_sales_page_opened_before_somebody_cancelled_is_stale(manager, place):
    order = take_order((place.variation, 4), warehouse=place.own)
    body = filled(manager, page_of(order))
    body["items-0-quantity"] = "5"
    cancel_sales_order(order=order, acting_user=manager.user)

    answer = manager.post(page_of(order), body)

    assert "Somebody else changed this" in errors_of(answer)
    assert order.items.get().quantity == 4
    assert Stock.objects.get(warehouse=place.own).reserved == 0


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"quantity": "0"}, "greater than or equal to 0.001"),
        ({"quantity": "100000000"}, "less than or equal to 99999999.999"),
        ({"quantity": "1", "sale_price_per_unit": "1000000001"}, "less than or equal to"),
        ({"quantity": "1", "variation": "99999"}, "Select a valid choice"),
    ],
)
def test_bad_sales_lines_are_named(manager, place, row, text):
    answer = manager.post(
        add_to(SalesOrder), new_sale(place, {"variation": place.variation.pk, **row})
    )

    assert text in errors_of(answer)
    assert not SalesOrder.objects.exists()


def test_what_is_not_sold_any_more_is_refused(manager, place):
    idle = VariationFactory(is_active=False)

    answer = manager.post(
        add_to(SalesOrder), new_sale(place, {"variation": idle.pk, "quantity": "1"})
    )

    assert "is not sold" in errors_of(answer)
    assert not SalesOrder.objects.exists()


def test_staff_fulfil_but_neither_take_nor_cancel(office, place):
    staff, order = office("staff"), take_order((place.variation, 4), warehouse=place.own)

    assert buttons(staff, order) == {"pick_list", "fulfil"}
    assert buttons(office("manager"), order) == {
        "pick_list",
        "fulfil", "copy", "reserve", "allocate", "cancel_quantities", "cancel",
    }  # fmt: skip
    assert staff.post(step_of(order, "cancel")).status_code == 403
    staff.post(step_of(order, "fulfil"), {f"line_{order.items.get().pk}": "4"})

    order.refresh_from_db()
    assert order.status == "fulfilled"


def test_quantities_are_cancelled_and_the_order_closed_short(manager, place):
    order = take_order((place.variation, 4), warehouse=place.own)
    field = f"line_{order.items.get().pk}"
    manager.post(step_of(order, "fulfil"), {field: "1"})

    manager.post(step_of(order, "cancel_quantities"), {field: "3"})

    order.refresh_from_db()
    assert (order.status, order.total_amount) == ("fulfilled", Decimal("9.99"))
    assert Stock.objects.get(warehouse=place.own).reserved == 0
    assert buttons(manager, order) == {"pick_list", "packing_slip", "return", "copy"}


def test_priority_discount_and_end_of_the_reservation_are_entered(manager, place):
    row = {"variation": place.variation.pk, "quantity": "4", "discount_percent": "25"}
    until = {"reserved_until_0": "2999-01-01", "reserved_until_1": "00:00"}
    answer = manager.post(add_to(SalesOrder), new_sale(place, row, priority="4", **until))

    assert answer.status_code == 302, errors_of(answer)
    order = SalesOrder.objects.get()
    assert (order.priority, order.total_amount) == (4, Decimal("29.97"))
    assert order.reserved_until.year == 2999
    body = filled(manager, page_of(order), reserved_until_0="2020-01-01", reserved_until_1="00:00")
    assert "Lies in the past" in errors_of(manager.post(page_of(order), body))


def test_goods_leave_another_warehouse_of_the_users_alone(manager, place):
    order = take_order((place.variation, 4), warehouse=place.own)
    field = f"line_{order.items.get().pk}"

    elsewhere = {field: "4", field.replace("line_", "from_"): place.foreign.code}
    refused = manager.post(step_of(order, "fulfil"), elsewhere)
    assert "Select a valid choice" in refused.content.decode()
    assert Stock.objects.get(warehouse=place.foreign).on_hand == 10

    manager.user.warehouse_memberships.create(warehouse=place.foreign)
    manager.post(step_of(order, "fulfil"), elsewhere)

    assert Stock.objects.get(warehouse=place.foreign).on_hand == 6
    assert Stock.objects.get(warehouse=place.own).reserved == 0
    assert SalesOrder.objects.get().status == "fulfilled"


def test_reserving_and_allocating_are_buttons(manager, place):
    low = take_order((place.variation, 10), warehouse=place.own, priority=1)
    urgent = take_order((place.variation, 4), warehouse=place.own, priority=4)

    until = {"reserved_until_0": "2999-01-01", "reserved_until_1": "00:00"}
    assert manager.get(step_of(urgent, "reserve")).status_code == 200
    manager.post(step_of(urgent, "reserve"), until)
    told = errors_of(manager.post(step_of(urgent, "allocate"), follow=True))

    urgent.refresh_from_db()
    assert urgent.reserved_until.year == 2999
    assert f"Allocated: 4 from {low.order_number}, line 1." in told


def test_pick_list_and_packing_slip_open_from_the_pages(office, place):
    order = take_order((place.variation, 4), warehouse=place.own)
    foreign = take_order((place.variation, 4), warehouse=place.foreign)
    staff = office("staff")
    assert "pick_list" in buttons(staff, order)
    assert "packing_slip" not in buttons(staff, order)

    listed = staff.get(step_of(order, "pick_list"))
    none = staff.get(step_of(order, "packing_slip"), follow=True)
    fulfilment = fulfil_sales_order(order=order, acting_user=staff.user)
    slips = [staff.get(step_of(row, "packing_slip")) for row in (order, fulfilment)]

    assert f"Pick list {order.order_number}" in text_of(listed.content)
    assert "has left yet" in errors_of(none)
    for slip in slips:
        assert (slip.status_code, slip["Content-Type"]) == (200, "application/pdf")
        assert fulfilment.code in text_of(slip.content)
    assert buttons(staff, order) == {"pick_list", "packing_slip", "return"}
    assert staff.get(step_of(foreign, "pick_list")).status_code == 403
