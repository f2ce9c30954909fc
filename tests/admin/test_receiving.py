"""Receiving purchase orders in the admin site: by line, with rejects and lots."""

from datetime import date
from decimal import Decimal

import pytest

from inventory.models import Stock
from purchasing.services.receipts import receive_purchase_order
from purchasing.services.transitions import cancel_purchase_order
from tests.admin.pages import errors_of, filled, page_of, step_of
from tests.factories.purchasing import facts, make_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("sound_orders")]


def test_staff_receive_but_do_not_send(office, place):
    staff, order = office("staff"), make_order(2, warehouse=place.own, status="sent")
    draft = make_order(warehouse=place.own)

    assert staff.post(step_of(draft, "send")).status_code == 403
    staff.post(step_of(order, "receive"), {f"line_{order.items.get().pk}": "2"})

    order.refresh_from_db()
    draft.refresh_from_db()
    assert (order.status, draft.status) == ("received", "draft")


@pytest.mark.parametrize(
    ("quantity", "text"),
    [
        ("", "at least one line"),
        ("0", "at least one line"),
        ("-1", "greater than or equal to 0"),
        ("1e9", "Ensure"),
        ("x", "Enter a number"),
        ("NaN", "Enter a number"),
    ],
)
def test_bad_quantities_are_named_where_they_were_entered(manager, place, quantity, text):
    order = make_order(2, warehouse=place.own, status="sent")
    before = facts(order)

    answer = manager.post(step_of(order, "receive"), {f"line_{order.items.get().pk}": quantity})

    assert text in answer.content.decode()
    assert facts(order) == before


def test_more_than_ordered_is_refused_by_line(manager, place):
    order = make_order(2, warehouse=place.own, status="sent")
    item = order.items.get()
    before = facts(order)

    answer = manager.post(step_of(order, "receive"), {f"line_{item.pk}": "3"}, follow=True)

    told = errors_of(answer)
    assert "More arrived than was ordered" in told
    assert f"Line 1, {item.variation.sku_code}: 3 accepted, at most 2" in told
    assert facts(order) == before


def test_what_was_accepted_rejected_and_its_lot_are_kept_by_line(manager, place):
    order = make_order(10, 4, warehouse=place.own, status="sent")
    first, second = order.items.order_by("position")
    body = {
        f"line_{first.pk}": "7", f"rejected_{first.pk}": "3",
        f"lot_{first.pk}": "L-7", f"expiry_{first.pk}": "2031-05-01",
        f"line_{second.pk}": "", f"rejected_{second.pk}": "1.5",
        "delivery_note": "D-9", "notes": "Three are dented.",
    }  # fmt: skip

    answer = manager.post(step_of(order, "receive"), body, follow=True)

    receipt = order.receipts.get()
    assert f"Received as {receipt.code}" in errors_of(answer)
    assert (receipt.delivery_note, receipt.notes) == ("D-9", "Three are dented.")
    assert list(
        receipt.lines.order_by("pk").values_list(
            "item_id", "quantity_accepted", "quantity_rejected", "lot_number", "expiration_date"
        )
    ) == [(first.pk, 7, 3, "L-7", date(2031, 5, 1)), (second.pk, 0, Decimal("1.5"), "", None)]
    order.refresh_from_db()
    first.refresh_from_db()
    assert order.status == "partially_received"
    assert (first.quantity_received, first.quantity_outstanding) == (7, 3)
    stock = Stock.objects.get(variation=first.variation, warehouse=place.own)
    assert (stock.on_hand, stock.incoming) == (7, 3)


def test_what_was_only_rejected_is_noted_and_enters_no_stock(manager, place):
    order = make_order(2, warehouse=place.own, status="sent")
    item = order.items.get()

    answer = manager.post(
        step_of(order, "receive"), {f"rejected_{item.pk}": "2", f"line_{item.pk}": ""}, follow=True
    )

    assert "all of it was rejected" in errors_of(answer)
    item.refresh_from_db()
    assert (item.quantity_received, item.quantity_rejected) == (0, 2)
    assert Stock.objects.get(variation=item.variation, warehouse=place.own).on_hand == 0


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("rejected", "-1", "greater than or equal to 0"),
        ("rejected", "1.2345", "no more than 3 decimal places"),
        ("lot", "x" * 51, "at most 50"),
        ("lot", "x\x00y", "Null characters"),
        ("expiry", "2031-02-30", "Enter a valid date"),
    ],
)
def test_a_bad_value_of_a_line_is_named_and_nothing_entered_is_lost(
    manager, place, name, value, text
):
    order = make_order(2, warehouse=place.own, status="sent")
    item = order.items.get()
    before = facts(order)
    body = {f"line_{item.pk}": "1", "notes": "Kept.", f"{name}_{item.pk}": value}

    answer = manager.post(step_of(order, "receive"), body)

    form = answer.context["form"]
    assert list(form.errors) == [f"{name}_{item.pk}"]
    assert text in answer.content.decode()
    assert (form["notes"].value(), form[f"{name}_{item.pk}"].value()) == ("Kept.", value)
    assert facts(order) == before


def test_a_refused_receipt_keeps_what_was_entered(manager, place):
    order = make_order(2, warehouse=place.own, status="sent")
    item = order.items.get()
    body = {f"line_{item.pk}": "3", f"lot_{item.pk}": "L-1", "delivery_note": "D-1"}

    answer = manager.post(step_of(order, "receive"), body)

    assert answer.status_code == 200
    assert "More arrived than was ordered" in errors_of(answer)
    form = answer.context["form"]
    assert {name: form[name].value() for name in body} == body


def test_an_item_of_another_order_is_not_received(manager, place):
    order = make_order(2, warehouse=place.own, status="sent")
    other = make_order(2, warehouse=place.own, status="sent")
    before = facts(other)

    answer = manager.post(step_of(order, "receive"), {f"line_{other.items.get().pk}": "2"})

    assert "at least one line" in answer.content.decode()
    assert facts(other) == before


def test_a_second_receipt_from_a_stale_page_says_so(manager, place):
    order = make_order(2, warehouse=place.own, status="sent")
    body = {f"line_{order.items.get().pk}": "2"}
    receive_purchase_order(order=order, acting_user=manager.user)
    before = facts(order)

    answer = manager.post(step_of(order, "receive"), body, follow=True)

    assert "is received cannot become" in errors_of(answer)
    assert facts(order) == before


def test_a_page_opened_before_somebody_cancelled_is_stale(manager, place):
    order = make_order(2, warehouse=place.own)
    body = filled(manager, page_of(order), notes="Mine.")
    cancel_purchase_order(order=order, acting_user=manager.user)
    before = facts(order)

    answer = manager.post(page_of(order), body)

    assert "Somebody else changed this" in errors_of(answer)
    assert answer.context["adminform"].form["notes"].value() == "Mine."
    assert facts(order) == before
