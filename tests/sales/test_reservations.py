"""Until when orders hold goods; reserving again, and for the urgent first."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common.models import CompanySettings
from notifications.mail import write_mail
from notifications.models import Notification, OutboxMessage
from notifications.registry import CauseGone
from operations.ledger_verification import verify_ledger
from sales.models import SalesOrder
from sales.services.cancellation import cancel_sales_order
from sales.services.fulfilment import fulfil_sales_order
from sales.services.reservation_expiry import release_expired_reservations
from sales.services.reservations import allocate_stock, reserve_sales_order
from sales.services.tell import RESERVATION_EXPIRED, RESERVATION_TAKEN
from tests.factories.inventory import put_in_stock
from tests.factories.sales import figures, reserved, take_order
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory

pytestmark = pytest.mark.django_db
ORDERS = "/api/sales-orders/"
HOUR = timedelta(hours=1)


@pytest.fixture
def seller(stock):
    user = UserFactory(role="sales")
    MembershipFactory(user=user, warehouse=stock.warehouse)
    return user


def lapsed(stock, quantity=6, **fields):
    """Return an order whose reservation is over, and was not released yet."""
    order = take_order((stock.variation, quantity), warehouse=stock.warehouse, **fields)
    SalesOrder.objects.filter(pk=order.pk).update(reserved_until=timezone.now() - HOUR)
    return order


def path_of(order, action=""):
    return f"{ORDERS}{order.order_number}/{action}"


def test_without_a_setting_reservations_have_no_end(stock):
    assert take_order((stock.variation, 1), warehouse=stock.warehouse).reserved_until is None


def test_company_setting_gives_new_orders_their_end(manager, stock):
    CompanySettings.objects.create(pk=1, reservation_days=7)
    items = [{"sku": stock.variation.sku_code, "quantity": 1}]

    manager.post(ORDERS, {"items": items, "order_number": "BY-SETTING"})
    given = manager.post(ORDERS, {"items": items, "reserved_until": "2999-01-01T00:00:00Z"})

    order = SalesOrder.objects.get(order_number="BY-SETTING")
    ahead = order.reserved_until - timezone.now()
    assert timedelta(days=7) - HOUR < ahead <= timedelta(days=7)
    assert given.json()["reserved_until"] == "2999-01-01T00:00:00.000000Z"


def test_what_expired_is_released_to_who_waits_and_not_reserved_again(stock, seller):
    order = lapsed(stock, acting_user=seller)
    waiting = take_order((stock.variation, 9), warehouse=stock.warehouse)
    assert reserved(order, waiting) == [6, 4]

    assert release_expired_reservations() == 1

    assert reserved(order, waiting) == [0, 9]
    put_in_stock(stock.variation, stock.warehouse, 5)
    assert reserved(order, waiting) == [0, 9]
    assert figures(stock) == (15, 9)
    assert release_expired_reservations() == 0
    assert verify_ledger() == []


def test_expired_order_stays_open_and_says_so(manager, stock):
    order = lapsed(stock)

    release_expired_reservations()

    body = manager.get(path_of(order)).json()
    assert (body["status"], body["items"][0]["quantity_backordered"]) == ("pending", 6)
    assert body["reservation_expired_at"] is not None
    listed = manager.get(f"{ORDERS}?reservation_expired=true").json()["sales_orders"]
    assert [row["order_number"] for row in listed] == [order.order_number]
    assert manager.get(f"{ORDERS}?reservation_expired=false").json()["sales_orders"] == []


def test_its_creator_is_told_by_mail_and_in_the_app(stock, seller):
    order = lapsed(stock, acting_user=seller)

    release_expired_reservations()

    told = Notification.objects.get(topic=RESERVATION_EXPIRED)
    assert (told.recipient, told.reference) == (seller, order.order_number)
    assert told.title == f"The reservation of {order.order_number} expired"
    message = OutboxMessage.objects.get(topic=RESERVATION_EXPIRED)
    mail = write_mail(message)
    assert (mail.to, mail.subject) == ([seller.email], told.title)
    assert order.order_number in mail.body
    assert stock.warehouse.code in mail.body
    reserve_sales_order(order=order, acting_user=seller)
    with pytest.raises(CauseGone, match="waits for goods again"):
        write_mail(message)


def test_mail_goes_to_nobody_who_does_not_see_the_order_any_more(stock, seller):
    lapsed(stock, acting_user=seller)
    release_expired_reservations()
    seller.warehouse_memberships.all().delete()

    with pytest.raises(CauseGone, match="does not see this order"):
        write_mail(OutboxMessage.objects.get(topic=RESERVATION_EXPIRED))


def test_closed_orders_do_not_expire(stock):
    fulfilled, cancelled = lapsed(stock, 2), lapsed(stock, 2)
    fulfil_sales_order(order=fulfilled, acting_user=None)
    cancel_sales_order(order=cancelled, acting_user=None)

    assert release_expired_reservations() == 0
    assert set(SalesOrder.objects.values_list("reservation_expired_at", flat=True)) == {None}


def test_expired_order_is_delivered_out_of_what_is_available(stock):
    order = lapsed(stock)
    release_expired_reservations()

    fulfil_sales_order(order=order, acting_user=None)

    assert figures(stock) == (4, 0)


@pytest.mark.parametrize("orders", [1, 3])
def test_statements_of_a_batch_do_not_grow_but_for_what_is_told(stock, orders):
    for _ in range(orders):
        lapsed(stock, 1)

    with CaptureQueriesContext(connection) as queries:
        assert release_expired_reservations() == orders

    # Which orders, and that there are no more (2); a savepoint (2); lock, write, lines; the
    # posting (3) and who waits; whom to tell, one of each order.
    assert len(queries) == 11 + orders


def test_reserving_again_gets_what_there_is_in_turn(manager, stock):
    order = lapsed(stock)
    release_expired_reservations()
    take_order((stock.variation, 7), warehouse=stock.warehouse)

    answer = manager.post(path_of(order, "reserve/"), {"reserved_until": "2999-01-01T00:00:00Z"})

    assert answer.status_code == 200
    body = answer.json()
    assert (body["reserved_until"], body["reservation_expired_at"]) == (
        "2999-01-01T00:00:00.000000Z", None,
    )  # fmt: skip
    assert (body["items"][0]["quantity_reserved"], figures(stock)) == (3, (10, 10))
    put_in_stock(stock.variation, stock.warehouse, 5)
    assert reserved(order) == [6]
    assert verify_ledger() == []


def test_time_in_the_past_is_refused(manager, stock):
    order = lapsed(stock)
    release_expired_reservations()

    answer = manager.post(path_of(order, "reserve/"), {"reserved_until": "2020-01-01T00:00:00Z"})

    assert (answer.status_code, list(answer.json()["details"])) == (400, ["reserved_until"])
    assert reserved(order) == [0]


def test_end_changes_while_it_lies_ahead_and_a_whole_order_may_be_sent_back(manager, stock):
    order = take_order((stock.variation, 1), warehouse=stock.warehouse)
    ahead = manager.patch(path_of(order), {"reserved_until": "2999-01-01T00:00:00Z"})
    assert ahead.json()["reserved_until"] == "2999-01-01T00:00:00.000000Z"
    past = manager.patch(path_of(order), {"reserved_until": "2020-01-01T00:00:00Z"})
    assert list(past.json()["details"]) == ["reserved_until"]
    SalesOrder.objects.update(reserved_until=timezone.now() - HOUR)
    release_expired_reservations()

    late = manager.patch(path_of(order), {"reserved_until": "2999-01-01T00:00:00Z"})
    whole = manager.put(path_of(order), {**manager.get(path_of(order)).json(), "notes": "called"})

    assert (late.status_code, late.json()["code"]) == (409, "wrong_state")
    assert (whole.status_code, whole.json()["notes"]) == (200, "called")


def test_allocating_takes_from_the_least_urgent_and_newest_and_tells_them(manager, stock, seller):
    low = take_order((stock.variation, 2), warehouse=stock.warehouse, priority=1)
    older, newer = (
        take_order((stock.variation, 4), warehouse=stock.warehouse, acting_user=seller)
        for _ in range(2)
    )
    urgent = take_order((stock.variation, 5), warehouse=stock.warehouse, priority=4)
    assert reserved(low, older, newer, urgent) == [2, 4, 4, 0]

    answer = manager.post(path_of(urgent, "allocate/"))

    assert answer.status_code == 200
    assert answer.json()["taken_from"] == [
        {"order_number": low.order_number, "line": 1, "quantity": 2},
        {"order_number": newer.order_number, "line": 1, "quantity": 3},
    ]
    assert reserved(low, older, newer, urgent) == [0, 4, 1, 5]
    told = Notification.objects.get(topic=RESERVATION_TAKEN)
    assert (told.recipient, told.reference) == (seller, newer.order_number)
    mail = write_mail(OutboxMessage.objects.get(topic=RESERVATION_TAKEN))
    assert f"{newer.order_number} lost goods" in mail.subject
    put_in_stock(stock.variation, stock.warehouse, 4)
    assert reserved(low, older, newer) == [1, 4, 4]
    assert verify_ledger() == []


def test_allocating_takes_nothing_from_equals_and_first_what_is_free(stock):
    equal = take_order((stock.variation, 4), warehouse=stock.warehouse, priority=4)
    low = take_order((stock.variation, 4), warehouse=stock.warehouse, priority=1)
    urgent = take_order((stock.variation, 9), warehouse=stock.warehouse, priority=4)
    assert reserved(equal, low, urgent) == [4, 4, 2]

    done = allocate_stock(order=urgent, acting_user=None)
    again = allocate_stock(order=urgent, acting_user=None)

    assert [(one.order_number, one.quantity) for one in done.taken] == [(low.order_number, 4)]
    assert again.taken == []
    assert reserved(equal, low, urgent) == [4, 0, 6]
    assert verify_ledger() == []


def test_expired_order_takes_nothing(manager, stock):
    low = take_order((stock.variation, 10), warehouse=stock.warehouse, priority=1)
    urgent = lapsed(stock, priority=4)
    release_expired_reservations()

    answer = manager.post(path_of(urgent, "allocate/"))

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert reserved(low, urgent) == [10, 0]


@pytest.mark.parametrize("role", ["staff", "sales", "viewer"])
def test_only_managers_take_from_other_orders(api, stock, role):
    low = take_order((stock.variation, 10), warehouse=stock.warehouse, priority=1)
    urgent = take_order((stock.variation, 5), warehouse=stock.warehouse, priority=4)

    assert api(role, stock.warehouse).post(path_of(urgent, "allocate/")).status_code == 403
    assert reserved(low, urgent) == [10, 0]
