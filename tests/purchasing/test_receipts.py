from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.exceptions import InvalidInput, NotAllowed
from common.models import CompanySettings
from inventory.models import Stock, StockMovement
from purchasing.exceptions import OverReceipt
from purchasing.models import GoodsReceipt, GoodsReceiptLine
from purchasing.services.receipts import Delivery, ReceiptLine, receive_purchase_order
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.purchasing import (
    facts,
    incoming_of_balances,
    incoming_of_orders,
    make_order,
)
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db


def receive(order, *lines, user=None, **delivery):
    """Receive lines of (index, accepted[, rejected]); none: all that is outstanding."""
    items = list(order.items.all())
    receipt = receive_purchase_order(
        order=order,
        lines=[
            ReceiptLine(
                item_id=items[index].pk,
                quantity_accepted=Decimal(accepted),
                quantity_rejected=Decimal(rejected[0] if rejected else 0),
            )
            for index, accepted, *rejected in lines
        ]
        or None,
        delivery=Delivery(**delivery),
        acting_user=user or UserFactory(role="staff"),
    )
    order.refresh_from_db()
    return receipt


def quantities(order):
    return [
        (item.quantity_received, item.quantity_rejected, item.quantity_outstanding)
        for item in order.items.all()
    ]


def balances(order):
    return list(
        Stock.objects.filter(warehouse=order.warehouse)
        .order_by("pk")
        .values_list("on_hand", "incoming")
    )


def test_receiving_in_parts_ends_received():
    order = make_order(10, 4, status="sent")
    staff = UserFactory(role="staff")

    first = receive(order, (0, 3), user=staff, delivery_note="LS-1")
    assert order.status == "partially_received"
    assert order.actual_delivery_date is None
    assert quantities(order) == [(3, 0, 7), (0, 0, 4)]
    assert balances(order) == [(3, 7), (0, 4)]

    second = receive(order, user=staff)
    assert order.status == "received"
    assert order.actual_delivery_date == second.occurred_at
    assert order.received_by == staff
    assert balances(order) == [(10, 0), (4, 0)]
    assert (first.delivery_note, first.received_by) == ("LS-1", staff)
    assert list(
        GoodsReceiptLine.objects.order_by("pk").values_list("receipt", "quantity_accepted")
    ) == [(first.pk, 3), (second.pk, 7), (second.pk, 4)]
    assert incoming_of_balances() == incoming_of_orders() == []


def test_movements_carry_cost_lot_and_order_number():
    order = make_order(10, status="sent")
    item = order.items.get()
    put_in_stock(item.variation, order.warehouse, 30)  # at 4.00
    line = ReceiptLine(
        item_id=item.pk,
        quantity_accepted=Decimal(10),
        lot_number="L-7",
        expiration_date=timezone.now().date(),
    )

    receive_purchase_order(order=order, lines=[line], acting_user=UserFactory(role="staff"))

    movement = StockMovement.objects.get(reference_type="purchase_order")
    assert movement.movement_type == "inbound"
    assert movement.reference_code == order.order_number
    assert (movement.quantity, movement.unit_cost, movement.lot_number) == (10, 2.5, "L-7")
    assert movement.expiration_date == line.expiration_date
    stock = Stock.objects.get()
    assert (stock.on_hand, stock.average_cost) == (40, Decimal("3.6250"))


def test_two_lots_of_one_line_are_one_receipt():
    order = make_order(10, status="sent")

    receipt = receive(order, (0, 6), (0, 4))

    assert order.status == "received"
    assert receipt.lines.count() == 2
    assert list(StockMovement.objects.order_by("pk").values_list("quantity", flat=True)) == [6, 4]


def test_rejected_goods_do_not_enter_stock_and_stay_outstanding():
    order = make_order(10, status="sent")

    receive(order, (0, 8, 2))
    assert order.status == "partially_received"
    assert quantities(order) == [(8, 2, 2)]
    assert balances(order) == [(8, 2)]

    receive(order)
    assert order.status == "received"
    assert quantities(order) == [(10, 2, 0)]
    assert balances(order) == [(10, 0)]


def test_a_wholly_rejected_delivery_leaves_the_status():
    order = make_order(10, status="confirmed")

    receive(order, (0, 0, 10))

    assert order.status == "confirmed"
    assert balances(order) == [(0, 10)]
    assert not StockMovement.objects.exists()
    assert order.receipts.count() == 1


def test_a_draft_is_sent_on_the_way():
    order = make_order(10)
    manager = UserFactory(role="manager")

    receive(order, (0, 4), user=manager)

    assert (order.status, order.approved_by) == ("partially_received", manager)
    assert balances(order) == [(4, 6)]


def test_over_receipt_names_every_line_and_changes_nothing():
    order = make_order(10, 4, 7, status="sent")
    receive(order, (0, 3))
    before = facts(order)

    with pytest.raises(OverReceipt) as refusal:
        receive(order, (0, 8), (1, 4), (2, 5), (2, 3))

    assert [
        (line["position"], line["quantity_accepted"], line["most_acceptable"])
        for line in refusal.value.details["lines"]
    ] == [(1, 8, 7), (3, 8, 7)]
    assert facts(order) == before


def test_within_the_tolerance_more_may_come():
    CompanySettings.objects.create(pk=1, over_receipt_tolerance_percent=10)
    order = make_order(10, status="sent")

    with pytest.raises(OverReceipt):
        receive(order, (0, "11.001"))
    receive(order, (0, 11))

    assert order.status == "received"
    assert quantities(order) == [(11, 0, 0)]
    assert balances(order) == [(11, 0)]


@pytest.mark.parametrize("line", [(0, -1), (0, 0), (0, 5, -1)])
def test_a_line_without_a_positive_quantity_is_refused(line):
    order = make_order(10, status="sent")
    before = facts(order)

    with pytest.raises(InvalidInput) as refusal:
        receive(order, line)

    assert list(refusal.value.details) == ["items.0.quantity_accepted"]
    assert facts(order) == before


def test_an_item_of_another_order_is_refused():
    order, other = make_order(10, status="sent"), make_order(10, status="sent")
    before = facts(order)
    line = ReceiptLine(item_id=other.items.get().pk, quantity_accepted=Decimal(1))

    with pytest.raises(InvalidInput) as refusal:
        receive_purchase_order(order=order, lines=[line], acting_user=UserFactory(role="staff"))

    assert list(refusal.value.details) == ["items.0.id"]
    assert facts(order) == before


def test_a_past_delivery_needs_the_right_to_it():
    past = timezone.now() - timedelta(days=3)
    order = make_order(10, status="sent", order_date=past - timedelta(days=5))
    before = facts(order)

    with pytest.raises(NotAllowed):
        receive(order, occurred_at=past)
    assert facts(order) == before

    receipt = receive(order, occurred_at=past, user=UserFactory(role="manager"))
    assert receipt.occurred_at == order.actual_delivery_date == past
    assert StockMovement.objects.get().occurred_at == past


@pytest.mark.parametrize("days", [-1, 1])
def test_a_delivery_before_the_order_or_in_the_future_is_refused(days):
    order = make_order(10, status="sent")
    before = facts(order)

    with pytest.raises(InvalidInput) as refusal:
        receive(
            order,
            occurred_at=timezone.now() + timedelta(days=days),
            user=UserFactory(role="manager"),
        )

    assert list(refusal.value.details) == ["occurred_at"]
    assert facts(order) == before


def test_a_quiet_delivery_tells_nobody():
    variation = VariationFactory(reorder_level=50)
    order = make_order(10, 5, variations=[variation, variation], status="sent")
    with CaptureQueriesContext(connection) as loud:
        receive(order, (0, 1))
    with CaptureQueriesContext(connection) as quiet:
        receive(order, (0, 1), quiet=True)

    assert any("notifications_outboxmessage" in query["sql"] for query in loud)
    assert not any("notifications_outboxmessage" in query["sql"] for query in quiet)


@pytest.mark.parametrize("size", [5, 500])
@pytest.mark.parametrize(("status", "statements"), [("sent", 13), ("draft", 20)])
def test_the_number_of_statements_does_not_depend_on_the_lines(
    size, status, statements, django_assert_num_queries
):
    order = make_order(*range(1, size + 1), status=status)
    CompanySettings.current()
    staff = UserFactory(role="staff")

    with django_assert_num_queries(statements):
        receive_purchase_order(order=order, acting_user=staff)

    assert Stock.objects.filter(on_hand__gt=0).count() == size


@pytest.mark.parametrize("sql", ["UPDATE {} SET id = id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
@pytest.mark.parametrize("model", [GoodsReceipt, GoodsReceiptLine])
def test_the_application_cannot_change_a_receipt(model, sql):
    order = make_order(10, status="received")

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format(model._meta.db_table))

    assert order.receipts.get().lines.count() == 1
