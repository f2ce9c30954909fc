"""Orders whose goods are late: raised by the daily job, closed when their cause is gone."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.utils import timezone

from alerts.models import Alert
from alerts.services import dismiss_alert, refresh_late_deliveries, sweep_late_deliveries
from alerts.services import late_deliveries as service
from alerts.tasks import check_late_deliveries
from notifications.models import Notification, OutboxMessage
from notifications.services import deliver_due_messages
from purchasing.models import PurchaseOrder
from purchasing.services.orders import change_purchase_order
from purchasing.services.receipts import ReceiptLine, receive_purchase_order
from purchasing.services.tell import ORDER_SENT
from purchasing.services.transitions import cancel_purchase_order
from tests.factories.purchasing import make_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.threads import run_at_once

pytestmark = pytest.mark.django_db


def late_order(*quantities, days=1, status="sent", **wanted):
    """Make an order that should have come so many days ago; its mail to the supplier has left."""
    expected = timezone.now() - timedelta(days=days)
    order = make_order(
        *quantities,
        status=status,
        order_date=expected - timedelta(days=5),
        expected_delivery_date=expected,
        **wanted,
    )
    OutboxMessage.objects.filter(topic=ORDER_SENT).delete()
    return order


def states():
    return list(Alert.objects.order_by("pk").values_list("cause_key", "status", "resolution_type"))


@pytest.mark.parametrize(
    ("status", "days", "late"),
    [
        ("draft", 3, False), ("sent", 0, False), ("sent", -1, False), ("sent", 1, True),
        ("confirmed", 1, True), ("shipped", 1, True), ("partially_received", 1, True),
        ("received", 1, False), ("cancelled", 1, False),
    ],
)  # fmt: skip
def test_late_is_what_should_have_come_on_a_day_before(status, days, late):
    order = late_order(days=days, status=status)

    assert order.is_late == late
    assert order.days_late == (days if late else 0)
    assert list(PurchaseOrder.objects.late()) == [order] * late
    assert sweep_late_deliveries().raised == late
    assert Alert.objects.count() == late


@pytest.mark.parametrize(
    ("days", "severity"),
    [(1, "low"), (2, "low"), (3, "medium"), (6, "medium"), (7, "high"), (13, "high"),
     (14, "critical"), (90, "critical")],
)  # fmt: skip
def test_how_bad_it_is_goes_by_the_days(days, severity):
    order = late_order(10, 4, days=days)

    assert check_late_deliveries() == 1

    alert = Alert.objects.get()
    assert (alert.alert_type, alert.severity, alert.current_value) == (
        "late_delivery", severity, days,
    )  # fmt: skip
    assert (alert.warehouse, alert.supplier, alert.product) == (
        order.warehouse, order.supplier, None,
    )  # fmt: skip
    assert alert.title == f"Late Delivery: {order.order_number} from {order.supplier.company_name}"
    assert f"{days} day{'' if days == 1 else 's'} ago; 2 of 2 lines" in alert.message


def test_a_repeat_updates_the_one_alert_and_tells_nobody_again(warehouse, manager):
    order = late_order(10, 4, warehouse=warehouse)
    sweep_late_deliveries()
    item = order.items.first()
    receive_purchase_order(
        order=order,
        lines=[ReceiptLine(item_id=item.pk, quantity_accepted=Decimal(10))],
        acting_user=UserFactory(role="staff"),
    )

    changes = sweep_late_deliveries()

    assert (changes.raised, changes.updated, changes.closed) == (0, 1, 0)
    assert "1 of 2 lines" in Alert.objects.get().message
    assert sweep_late_deliveries().updated == 0
    assert OutboxMessage.objects.filter(channel="email").count() == 1
    assert Notification.objects.filter(recipient=manager).count() == 1


def received(order):
    receive_purchase_order(order=order, acting_user=UserFactory(role="manager"))


def cancelled(order):
    cancel_purchase_order(order=order, acting_user=UserFactory(role="manager"))


def rescheduled(order):
    later = timezone.now() + timedelta(days=2)
    change_purchase_order(
        order=order,
        details={"expected_delivery_date": later},
        acting_user=UserFactory(role="manager"),
    )


@pytest.mark.parametrize("end", [received, cancelled, rescheduled])
def test_it_resolves_by_itself_within_seconds(end):
    order = late_order()
    sweep_late_deliveries()

    end(order)
    assert Alert.objects.get().status == "active"
    deliver_due_messages()  # the event that the step left

    alert = Alert.objects.get()
    assert (alert.status, alert.resolution_type, alert.reference_id) == (
        "resolved", end.__name__, order.order_number,
    )  # fmt: skip
    assert sweep_late_deliveries().raised == 0


def test_the_sweep_closes_what_no_event_told_of():
    order = late_order()
    sweep_late_deliveries()
    PurchaseOrder.objects.filter(pk=order.pk).update(
        expected_delivery_date=timezone.now() + timedelta(days=1)
    )

    assert sweep_late_deliveries().closed == 1
    assert states() == [(f"purchase_order:{order.pk}", "resolved", "rescheduled")]


def test_late_again_is_a_new_alert():
    order = late_order()
    sweep_late_deliveries()
    rescheduled(order)
    deliver_due_messages()
    PurchaseOrder.objects.filter(pk=order.pk).update(
        expected_delivery_date=timezone.now() - timedelta(days=1)
    )

    assert sweep_late_deliveries().raised == 1
    assert [status for _, status, _ in states()] == ["resolved", "active"]


def test_a_dismissed_alert_stays_quiet_until_its_cause_is_gone():
    order = late_order()
    sweep_late_deliveries()
    dismiss_alert(alert=Alert.objects.get(), acting_user=UserFactory(role="staff"))

    assert sweep_late_deliveries().raised == 0
    received(order)
    deliver_due_messages()

    alert = Alert.objects.get()
    assert (alert.status, alert.cause_ended_at is not None) == ("dismissed", True)


def test_orders_in_time_leave_no_event():
    order = make_order(10, status="sent")

    received(order)

    assert not OutboxMessage.objects.filter(topic="purchasing.late_orders_changed").exists()


def test_the_managers_get_one_mail(mail_server, warehouse, manager):
    supplier = SupplierFactory(company_name="Acme <b>\r\nBcc: thief@example.com")
    order = late_order(days=8, warehouse=warehouse, supplier=supplier)
    manager.notify_low_stock = False  # of low stock alone
    manager.save()
    sweep_late_deliveries()
    sweep_late_deliveries()

    deliver_due_messages()

    [mail] = mail_server.mails
    assert (mail["To"], mail["Bcc"]) == (manager.email, None)
    assert mail["Subject"].startswith(f"[high] Late Delivery: {order.order_number} from Acme <b>")
    html = mail.get_body("html").get_content()
    assert "<b>" not in html.replace("<b></b>", "")
    assert f"/admin/purchasing/purchaseorder/{order.pk}/change/" in html
    assert "8 days ago" in mail.get_body("plain").get_content()


@pytest.mark.parametrize(
    ("end", "reason"), [(received, "late any more"), (None, "does not want mails about this")]
)
def test_no_mail_leaves_once_it_is_not_wanted(mail_server, warehouse, manager, end, reason):
    order = late_order(warehouse=warehouse)
    sweep_late_deliveries()
    if end:
        end(order)
        OutboxMessage.objects.filter(topic="purchasing.late_orders_changed").delete()
    else:
        manager.notify_by_email = False
        manager.save()

    deliver_due_messages()

    assert mail_server.mails == []
    assert reason in OutboxMessage.objects.get(channel="email").note


def test_lists_and_details_tell_and_filter_it(api):
    place = WarehouseFactory()
    late, timely = late_order(warehouse=place), make_order(warehouse=place, status="sent")
    viewer = api("viewer", place)

    def numbers(query):
        answer = viewer.get(f"/api/purchase-orders/?{query}").json()
        return [(row["order_number"], row["is_late"]) for row in answer["purchase_orders"]]

    assert numbers("late=true") == [(late.order_number, True)]
    assert numbers("late=false") == [(timely.order_number, False)]
    assert viewer.get(f"/api/purchase-orders/{late.order_number}/").json()["is_late"] is True
    assert viewer.get("/api/purchase-orders/?late=maybe").status_code == 400
    sweep_late_deliveries()
    (alert,) = viewer.get("/api/alerts/?alert_type=late_delivery").json()["alerts"]
    assert (alert["supplier_id"], alert["current_value"]) == (late.supplier.code, 1)


@pytest.mark.parametrize("size", [1, 3])
def test_the_number_of_statements_does_not_depend_on_the_orders(size, django_assert_num_queries):
    warehouse = WarehouseFactory()
    keys = [late_order(warehouse=warehouse).pk for _ in range(size)]

    with django_assert_num_queries(10):
        refresh_late_deliveries(keys)

    assert Alert.objects.count() == size


@pytest.mark.django_db(transaction=True)
def test_eight_sweeps_at_once_raise_one_alert():
    late_order()

    outcomes = run_at_once(*[sweep_late_deliveries] * 8)

    assert sum(outcome.raised for outcome in outcomes) == 1
    assert Alert.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_one_key_a_cause_each_sweep_would_raise_its_own(monkeypatch):
    """The control: each names the cause otherwise, so that no constraint holds."""
    order = late_order()
    keys = iter(range(8))
    monkeypatch.setattr(service, "order_cause", lambda order_id: f"purchase_order:{next(keys)}")

    run_at_once(*[partial(refresh_late_deliveries, [order.pk])] * 2)

    assert Alert.objects.count() == 2
