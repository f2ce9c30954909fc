from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts.models import Alert
from alerts.queries import stock_situations
from alerts.services import (
    acknowledge_alert,
    dismiss_alert,
    refresh_stock_alerts,
    resolve_alert,
    sweep_stock_alerts,
)
from alerts.tasks import check_low_stock
from inventory.models import Stock, StockMovement
from inventory.services.reversals import reverse_movement
from notifications.models import Notification, OutboxMessage
from notifications.services import deliver_due_messages
from tests.alerts.stocks import move, stock_of
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory

pytestmark = pytest.mark.django_db


def states(**filters):
    """The alerts as (type, status, resolution type), oldest first."""
    return list(
        Alert.objects.filter(**filters)
        .order_by("pk")
        .values_list("alert_type", "status", "resolution_type")
    )


def queued_mails():
    return OutboxMessage.objects.filter(channel="email")


def test_posting_that_runs_low_raises_one_alert_with_its_figures(warehouse, manager):
    stock = stock_of(30, warehouse=warehouse, name="Bolt", sku_code="BOLT-8")
    move(stock, -15)

    deliver_due_messages()

    alert = Alert.objects.get()
    assert (alert.alert_type, alert.status) == ("low_stock", "active")
    assert (alert.current_value, alert.threshold_value) == (15, 20)
    assert alert.title == "Low Stock Alert: Bolt"
    assert alert.message == (
        "Current stock (15) of BOLT-8 in WH-EAST is at or below the reorder threshold (20)."
        " At the pace of the last 28 days it lasts 28 days."
    )
    assert (alert.product, alert.variation) == (stock.variation.product, stock.variation)
    assert (alert.warehouse, alert.cause_key) == (warehouse, f"stock:{stock.pk}")
    assert alert.code == f"ALT-{timezone.now():%Y}-{alert.pk:03d}"
    assert (alert.auto_generated, alert.action_required) == (True, True)


@pytest.mark.parametrize(
    ("quantity", "kind"), [(21, None), (20, "low_stock"), (1, "low_stock"), (0, "out_of_stock")]
)
def test_available_at_or_below_the_reorder_point_is_low(quantity, kind):
    stock = stock_of(quantity)

    refresh_stock_alerts([stock.pk])

    assert states() == ([(kind, "active", "")] if kind else [])


def test_reserved_stock_is_not_available():
    stock = stock_of(30)
    Stock.objects.filter(pk=stock.pk).update(reserved=25)

    refresh_stock_alerts([stock.pk])

    assert Alert.objects.get().current_value == 5


def test_without_a_reorder_point_there_is_no_alert():
    stock = stock_of(0, reorder_level=None)

    assert refresh_stock_alerts([stock.pk]).raised == 0
    assert not Alert.objects.exists()


def test_repeat_updates_the_alert_and_tells_nobody_again(warehouse, manager):
    stock = stock_of(20, warehouse=warehouse)
    refresh_stock_alerts([stock.pk])
    acknowledge_alert(alert=Alert.objects.get(), acting_user=manager)
    move(stock, -12)

    changes = refresh_stock_alerts([stock.pk])
    unchanged = refresh_stock_alerts([stock.pk])

    alert = Alert.objects.get()
    assert (changes.raised, changes.updated, changes.closed) == (0, 1, 0)
    assert (unchanged.raised, unchanged.updated, unchanged.closed) == (0, 0, 0)
    assert (alert.status, alert.current_value, alert.severity) == ("acknowledged", 8, "low")
    assert alert.message.startswith("Current stock (8) of")
    assert queued_mails().count() == Notification.objects.count() == 1


def test_running_out_closes_the_low_one_as_escalated_and_tells_again(warehouse, manager):
    stock = stock_of(5, warehouse=warehouse)
    refresh_stock_alerts([stock.pk])
    move(stock, -5)

    refresh_stock_alerts([stock.pk])

    assert states() == [("low_stock", "resolved", "escalated"), ("out_of_stock", "active", "")]
    assert Alert.objects.open().get().severity == "critical"
    assert queued_mails().count() == 2


def test_back_from_out_to_low_is_not_told_again(warehouse, manager):
    stock = stock_of(0, warehouse=warehouse)
    refresh_stock_alerts([stock.pk])
    move(stock, 3)

    refresh_stock_alerts([stock.pk])

    assert states() == [("out_of_stock", "resolved", "eased"), ("low_stock", "active", "")]
    assert queued_mails().count() == Notification.objects.count() == 1


def test_recovery_resolves_and_says_so(warehouse, manager):
    stock = stock_of(5, warehouse=warehouse, sku_code="BOLT-8")
    refresh_stock_alerts([stock.pk])
    move(stock, 40)

    refresh_stock_alerts([stock.pk])

    alert = Alert.objects.get()
    assert states() == [("low_stock", "resolved", "stock_recovered")]
    assert alert.resolved_by is None
    assert alert.resolved_at is not None
    assert alert.resolution_notes == (
        "Resolved by itself: available stock of BOLT-8 in WH-EAST is 45,"
        " above the reorder point of 20."
    )

    move(stock, -30)
    refresh_stock_alerts([stock.pk])
    assert states() == [("low_stock", "resolved", "stock_recovered"), ("low_stock", "active", "")]
    assert queued_mails().count() == 2


def test_dismissed_cause_stays_quiet_until_it_has_gone(manager):
    stock = stock_of(5)
    refresh_stock_alerts([stock.pk])
    dismiss_alert(alert=Alert.objects.get(), acting_user=manager)

    move(stock, -1)
    refresh_stock_alerts([stock.pk])
    assert states() == [("low_stock", "dismissed", "")]

    move(stock, -4)
    refresh_stock_alerts([stock.pk])
    assert states() == [("low_stock", "dismissed", ""), ("out_of_stock", "active", "")]

    move(stock, 50)
    refresh_stock_alerts([stock.pk])
    move(stock, -40)
    refresh_stock_alerts([stock.pk])
    assert states() == [
        ("low_stock", "dismissed", ""),
        ("out_of_stock", "resolved", "stock_recovered"),
        ("low_stock", "active", ""),
    ]


def test_alert_resolved_by_hand_is_raised_anew_while_its_cause_shows(manager):
    stock = stock_of(5)
    refresh_stock_alerts([stock.pk])
    resolve_alert(alert=Alert.objects.get(), acting_user=manager)

    refresh_stock_alerts([stock.pk])

    assert states() == [("low_stock", "resolved", "manual"), ("low_stock", "active", "")]


def test_only_goods_issued_in_the_last_28_days_are_demand():
    stock = stock_of(100)
    move(stock, -70, occurred_at=timezone.now() - timedelta(days=29))
    refresh_stock_alerts([stock.pk])
    assert not Alert.objects.exists()

    move(stock, -14, occurred_at=timezone.now() - timedelta(days=27))
    refresh_stock_alerts([stock.pk])

    # 16 left at 14 in 28 days: 32 days
    assert Alert.objects.get().severity == "low"
    move(stock, -14)
    refresh_stock_alerts([stock.pk])
    assert (Alert.objects.get().current_value, Alert.objects.get().severity) == (2, "critical")


def test_managers_of_the_warehouse_are_told_as_they_prefer(warehouse, manager):
    head = UserFactory(username="head", role="staff")
    warehouse.manager = head
    warehouse.save()
    others = {
        "no_mail": UserFactory(role="manager", notify_by_email=False),
        "no_stock": UserFactory(role="manager", notify_low_stock=False),
        "no_app": UserFactory(role="manager", notify_in_app=False),
        "gone": UserFactory(role="manager", status="dismissed"),
        "staff": UserFactory(role="staff"),
        "admin": UserFactory(role="admin"),
    }
    for user in others.values():
        MembershipFactory(user=user, warehouse=warehouse)
    MembershipFactory(user=UserFactory(role="manager"), warehouse=WarehouseFactory())
    stock = stock_of(5, warehouse=warehouse)

    refresh_stock_alerts([stock.pk])

    mailed = {message.recipient for message in queued_mails()}
    told = {notification.recipient for notification in Notification.objects.all()}
    assert mailed == {manager, head, others["no_app"]}
    assert told == {manager, head, others["no_mail"]}


def test_without_a_manager_the_administrators_are_told(warehouse):
    admin = UserFactory(role="admin")
    UserFactory(role="admin", status="inactive")
    MembershipFactory(user=UserFactory(role="manager", status="suspended"), warehouse=warehouse)

    refresh_stock_alerts([stock_of(5, warehouse=warehouse).pk])

    assert [message.recipient for message in queued_mails()] == [admin]


def test_without_notify_nobody_is_told(warehouse, manager):
    refresh_stock_alerts([stock_of(5, warehouse=warehouse).pk], notify=False)

    assert Alert.objects.count() == 1
    assert queued_mails().count() == Notification.objects.count() == 0


def test_one_alert_per_cause_is_held_by_the_database(manager):
    stock = stock_of(5)
    refresh_stock_alerts([stock.pk])
    row = Alert.objects.values().get()
    row.pop("id")

    inserted = Alert.objects.bulk_create([Alert(**row)], ignore_conflicts=True)

    assert len(inserted) == 1
    assert Alert.objects.count() == 1


@pytest.mark.parametrize("stock_count", [1, 3, 40])
def test_refresh_takes_the_same_statements_for_any_number(warehouse, manager, stock_count):
    stocks = [stock_of(5, warehouse=warehouse) for _ in range(stock_count)]
    for stock in stocks:
        Stock.objects.filter(pk=stock.pk).update(on_hand=Decimal(6))

    with CaptureQueriesContext(
        connection,
    ) as raising:
        refresh_stock_alerts([stock.pk for stock in stocks])
    Stock.objects.update(on_hand=Decimal(60))
    with CaptureQueriesContext(connection) as closing:
        refresh_stock_alerts([stock.pk for stock in stocks])

    def work(queries):
        return [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]

    # locks, balances, alerts, insert, read back, memberships, heads, people, mails, in-app
    assert len(work(raising)) == 10
    # locks, balances, alerts, update
    assert len(work(closing)) == 4
    assert Alert.objects.filter(status="resolved").count() == stock_count


def test_sweep_raises_what_was_missed_and_closes_what_is_gone(warehouse, manager, monkeypatch):
    monkeypatch.setattr("alerts.services.stock.CHUNK", 2)
    recovered = stock_of(5, warehouse=warehouse)
    refresh_stock_alerts([recovered.pk])
    move(recovered, 50)
    missed = [stock_of(quantity, warehouse=warehouse) for quantity in (0, 4, 9)]
    stock_of(500, warehouse=warehouse)

    changes = sweep_stock_alerts()
    again = sweep_stock_alerts()

    assert (changes.raised, changes.updated, changes.closed) == (3, 0, 1)
    assert (again.raised, again.updated, again.closed) == (0, 0, 0)
    open_causes = {alert.cause_key for alert in Alert.objects.open()}
    assert open_causes == {f"stock:{stock.pk}" for stock in missed}
    assert queued_mails().count() == 4


def test_sweep_runs_as_task_and_as_command(warehouse, manager, capsys):
    stock_of(5, warehouse=warehouse)

    call_command("check_low_stock", "--quiet")
    assert capsys.readouterr().out == "1 alerts raised, 0 updated, 0 closed\n"
    assert queued_mails().count() == 0

    stock_of(5, warehouse=warehouse)
    assert check_low_stock() == 1
    assert queued_mails().count() == 1
    assert check_low_stock.name == "alerts.check_low_stock"


def test_an_issue_that_was_reversed_is_no_demand():
    stock = stock_of(100)
    move(stock, -50)
    wrong = StockMovement.objects.get(stock=stock, quantity=-50)
    reverse_movement(movement=wrong, reason="Never left", acting_user=UserFactory(role="admin"))
    move(stock, -70, occurred_at=timezone.now() - timedelta(days=29))
    move(stock, -14)

    [found] = stock_situations([stock.pk])

    assert (found["available_now"], found["issued"]) == (16, -14)
