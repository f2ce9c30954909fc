"""Goods are taken back on the page of their order, which shows all that happened to it."""

from decimal import Decimal

import pytest

from inventory.models import Stock
from purchasing.services.receipts import Delivery, ReceiptLine, receive_purchase_order
from purchasing.services.returns import ReturnLine, return_to_supplier
from sales.models import SalesOrder, SalesReturn
from sales.services.fulfilment import fulfil_sales_order
from tests.admin.pages import buttons, errors_of, page_of, step_of
from tests.factories.purchasing import make_order
from tests.factories.sales import take_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_orders")]


@pytest.fixture
def delivered(place):
    """An order of which 4 left."""
    order = take_order((place.variation, 4), warehouse=place.own)
    fulfil_sales_order(order=order, acting_user=None)
    return SalesOrder.objects.get(pk=order.pk)


def test_staff_take_goods_back_with_reason_fee_and_place(office, place, delivered):
    staff, item = office("staff"), delivered.items.get()
    staff.user.warehouse_memberships.create(warehouse=place.foreign)
    page = staff.get(step_of(delivered, "return")).content.decode()
    assert "4 left and may come back" in page

    told = staff.post(
        step_of(delivered, "return"),
        {
            f"line_{item.pk}": "3", f"reason_{item.pk}": "late", f"to_{item.pk}": "",
            f"lot_{item.pk}": "", "warehouse": place.foreign.pk, "restocking_fee_percent": "10",
            "notes": "Box was open",
        },
        follow=True,
    )  # fmt: skip

    returned = SalesReturn.objects.get()
    assert f"Taken back as {returned}; 26.97 USD are to be credited." in errors_of(told)
    line = returned.items.get()
    assert (line.quantity, line.reason, line.disposition) == (3, "late", "stock")
    assert (returned.warehouse, returned.notes, returned.created_by) == (
        place.foreign, "Box was open", staff.user,
    )  # fmt: skip
    assert Stock.objects.get(warehouse=place.foreign).on_hand == 13
    shown = staff.get(page_of(delivered)).content.decode()
    fulfilment = delivered.fulfilments.get()
    assert fulfilment.code in shown
    assert f"4 × {place.variation.sku_code} from {place.own.code}" in shown
    assert f"3 × {place.variation.sku_code}, late, to stock" in shown
    assert "26.97" in shown
    assert "12.99" in shown  # 39.96 less what is credited


def test_more_than_left_is_refused_with_the_line(manager, place, delivered):
    item = delivered.items.get()
    field = f"line_{item.pk}"

    told = manager.post(step_of(delivered, "return"), {field: "5"})
    nothing = manager.post(step_of(delivered, "return"), {field: ""})
    elsewhere = manager.post(
        step_of(delivered, "return"), {field: "1", "warehouse": place.foreign.pk}
    )

    assert "4 of line 1 can come back. Send at most that." in told.content.decode()
    assert "Enter what came back of at least one line." in nothing.content.decode()
    assert "Select a valid choice" in elsewhere.content.decode()
    assert not SalesReturn.objects.exists()
    assert Stock.objects.get(warehouse=place.own).on_hand == 6


def test_an_order_of_which_nothing_left_takes_nothing_back(manager, place):
    order = take_order((place.variation, 4), warehouse=place.own)

    assert "return" not in buttons(manager, order)
    entered = {f"line_{order.items.get().pk}": "1"}
    told = manager.post(step_of(order, "return"), entered, follow=True)
    assert "cannot do that in its present state" in errors_of(told)
    assert not SalesReturn.objects.exists()


def test_a_purchase_order_shows_its_deliveries_and_what_went_back(office, place):
    manager = office("manager")
    order = make_order(10, variations=[place.variation], warehouse=place.own, status="sent")
    item = order.items.get()
    assert "What came in" not in manager.get(page_of(order)).content.decode()
    line = ReceiptLine(item_id=item.pk, quantity_accepted=Decimal(6), quantity_rejected=Decimal(1))
    receipt = receive_purchase_order(
        order=order, lines=[line], delivery=Delivery(delivery_note="DN-<7>"),
        acting_user=manager.user,
    )  # fmt: skip
    back = ReturnLine(item_id=item.pk, quantity=Decimal(2), reason="damaged")
    returned = return_to_supplier(order=order, lines=[back], acting_user=manager.user)

    page = manager.get(page_of(order)).content.decode()

    sku = place.variation.sku_code
    for text in (
        receipt.code, "DN-&lt;7&gt;", f"6 × {sku}, 1 rejected", "15.00",
        returned.return_number, f"2 × {sku}, damaged",
    ):  # fmt: skip
        assert text in page, text
    assert office("viewer").get(page_of(order)).status_code in (302, 403)


def test_a_sales_order_shows_the_customers_other_orders_in_own_warehouses(manager, place):
    mine = take_order((place.variation, 1), warehouse=place.own, customer_id="C-7", channel="web")
    other = take_order((place.variation, 2), warehouse=place.own, customer_id="C-7")
    take_order((place.variation, 1), warehouse=place.foreign, customer_id="C-7")
    take_order((place.variation, 1), warehouse=place.own, customer_id="C-8")
    nobody = take_order((place.variation, 1), warehouse=place.own)

    (table,) = manager.get(page_of(mine)).context["page_tables"]

    assert (table.title, len(table.rows)) == ("Other orders of C-7", 1)
    assert page_of(other) in table.rows[0][0]
    assert list(table.rows[0][2:]) == ["Pending", 1, "19.98 USD", ""]
    assert "?q=C-7" in table.more
    assert manager.get(page_of(nobody)).context["page_tables"] == []


def test_customers_without_a_number_are_known_by_their_address(manager, place):
    address = {"customer_email": "<b>ann</b>@example.com"}
    mine = take_order((place.variation, 1), warehouse=place.own, **address)
    address["customer_email"] = address["customer_email"].upper()
    other = take_order((place.variation, 1), warehouse=place.own, **address)

    page = manager.get(page_of(mine))

    assert [page_of(other) in row[0] for row in page.context["page_tables"][0].rows] == [True]
    assert "<b>ann" not in page.content.decode()


def test_lots_are_asked_for_where_the_order_came_in_lots(manager, place):
    order = make_order(10, variations=[place.variation], warehouse=place.own, status="sent")
    item = order.items.get()
    lots = [
        ReceiptLine(item_id=item.pk, quantity_accepted=Decimal(3), lot_number=lot)
        for lot in ("A", "B")
    ]
    receive_purchase_order(order=order, lines=lots, acting_user=manager.user)
    assert [*manager.get(step_of(order, "return")).context["form"].columns] == [
        "Quantity", "Reason", "Lot",
    ]  # fmt: skip
    entered = {f"line_{item.pk}": "1", f"reason_{item.pk}": "excess"}

    refused = manager.post(step_of(order, "return"), entered)
    manager.post(step_of(order, "return"), {**entered, f"lot_{item.pk}": "B"})

    assert "Name a lot that came with the order: A, B." in refused.content.decode()
    returned = order.supplier_returns.get().items.values_list("lot_number", "quantity")
    assert list(returned) == [("B", 1)]
