"""Lots that expire soon or have expired: warned of, kept up to date, closed by what ends it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts.models import Alert
from alerts.receivers import judge_changed_stock
from alerts.services import (
    dismiss_alert,
    refresh_expiry_alerts,
    resolve_alert,
    sweep_expiry_alerts,
)
from alerts.services import expiry as expiry_alerts
from alerts.tasks import check_expiry
from common.models import CompanySettings
from inventory.models import Lot, LotBalance, Stock
from inventory.services.lots import act_on_expiry, correct_expiry, set_quarantine
from inventory.signals import STOCK_LEVELS_CHANGED
from notifications.models import Notification, OutboxMessage
from notifications.services import deliver_due_messages
from tests.alerts.stocks import post
from tests.factories.inventory import ProductFactory, VariationFactory
from tests.factories.warehouses import WarehouseFactory

pytestmark = pytest.mark.django_db
TODAY = date(2030, 3, 1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(noon(TODAY), tick=False) as traveller:
        yield traveller


def noon(day):
    return datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=12)


def milk_in(warehouse, days, quantity=10, lot_number="L-7", variation=None, cost=2):
    """Put a lot in stock that expires in so many days, without a word to anybody."""
    variation = variation or VariationFactory(
        product=ProductFactory(name="Milk", lot_tracking=True), stock_unit="litres"
    )
    expires = None if days is None else TODAY + timedelta(days=days)
    post(
        variation.pk, warehouse.pk, quantity, quiet=True, unit_cost=Decimal(cost),
        lot_number=lot_number, expiration_date=expires, may_be_unavailable=True,
    )  # fmt: skip
    return Stock.objects.get(variation=variation, warehouse=warehouse)


def refresh(stock):
    return refresh_expiry_alerts([stock.pk])


def events():
    found = OutboxMessage.objects.filter(topic=STOCK_LEVELS_CHANGED)
    return [message.payload["stock_ids"] for message in found.order_by("pk")]


def test_a_lot_that_expires_soon_is_told_with_its_value(warehouse, manager):
    stock = milk_in(warehouse, 5)

    changes = refresh(stock)

    assert (changes.raised, changes.updated, changes.closed) == (1, 0, 0)
    alert = Alert.objects.get()
    assert (alert.alert_type, alert.severity, alert.status) == ("expiry_warning", "high", "active")
    assert alert.cause_key == f"expiring:{LotBalance.objects.get().pk}"
    assert (alert.product, alert.variation) == (stock.variation.product, stock.variation)
    assert alert.title == "Expires Soon: Milk"
    assert alert.message == (
        f"Lot L-7 of {stock.variation.sku_code} in WH-EAST expires on 2030-03-06, in 5 days: "
        "10 litres, worth 20."
    )
    assert (alert.current_value, alert.threshold_value) == (5, 30)
    assert Notification.objects.get(recipient=manager).topic == "alerts.expiry_alert"
    assert OutboxMessage.objects.filter(topic="alerts.expiry_alert").count() == 1
    again = refresh(stock)
    assert (again.raised, again.updated, again.closed) == (0, 0, 0)


@pytest.mark.parametrize(
    ("days", "quantity", "severity"),
    [
        (-1, 10, "high"), (0, 10, "high"), (7, 10, "high"), (8, 10, "medium"), (14, 10, "medium"),
        (15, 10, "low"), (30, 10, "low"), (15, 500, "medium"), (8, 500, "high"),
        (0, 500, "critical"), (-3, 500, "critical"), (15, 499, "low"),
    ],
)  # fmt: skip
def test_severity_goes_by_days_and_by_value(warehouse, days, quantity, severity):
    refresh(milk_in(warehouse, days, quantity))  # at 2 each; the limit is 1000

    assert Alert.objects.get().severity == severity


def test_without_a_limit_the_value_does_not_matter(warehouse):
    CompanySettings.objects.update_or_create(pk=1, defaults={"adjustment_limit_value": None})
    refresh(milk_in(warehouse, 15, 90_000))

    assert Alert.objects.get().severity == "low"


@pytest.mark.parametrize("days", [31, None])
def test_what_expires_later_or_never_is_not_told(warehouse, days):
    assert refresh(milk_in(warehouse, days)).raised == 0
    assert not Alert.objects.exists()


def test_the_company_says_how_long_before(warehouse):
    stock = milk_in(warehouse, 45)
    CompanySettings.objects.update_or_create(pk=1, defaults={"expiry_warning_days": 60})
    assert refresh(stock).raised == 1

    CompanySettings.objects.update(expiry_warning_days=10)

    assert refresh(stock).closed == 1
    assert Alert.objects.get().resolution_type == "date_corrected"


def test_a_lot_that_expires_is_told_anew(warehouse, manager, clock):
    stock = milk_in(warehouse, 2)
    refresh(stock)
    clock.move_to(noon(TODAY + timedelta(days=1)))
    assert refresh(stock).updated == 1
    assert "tomorrow" in Alert.objects.get().message

    clock.move_to(noon(TODAY + timedelta(days=3)))
    changes = refresh(stock)

    assert (changes.raised, changes.closed) == (1, 1)
    warned, expired = Alert.objects.order_by("pk")
    assert (warned.status, warned.resolution_type) == ("resolved", "expired")
    assert (expired.status, expired.cause_key) == (
        "active",
        f"expired:{LotBalance.objects.get().pk}",
    )
    assert (expired.current_value, expired.threshold_value) == (-1, 0)
    assert "expired on 2030-03-03: 10 litres, worth 20. It is not available" in expired.message
    assert Notification.objects.filter(recipient=manager).count() == 2


def test_it_resolves_by_itself_when_the_lot_is_sold(warehouse):
    stock = milk_in(warehouse, 5)
    refresh(stock)

    post(stock.variation_id, warehouse.pk, -10)

    [stock_ids] = events()
    judge_changed_stock({"stock_ids": stock_ids})
    alert = Alert.objects.get()
    assert (alert.status, alert.resolution_type) == ("resolved", "lot_gone")
    assert alert.resolution_notes.startswith("Resolved by itself: nothing is left of lot L-7")
    assert alert.cause_ended_at is not None


def test_it_resolves_by_itself_when_expired_goods_are_scrapped(warehouse):
    stock = milk_in(warehouse, -5)
    refresh(stock)

    post(
        stock.variation_id, warehouse.pk, -10, lot_number="L-7", may_be_unavailable=True,
        reason_code="expired",
    )  # fmt: skip

    [stock_ids] = events()
    judge_changed_stock({"stock_ids": stock_ids})
    assert Alert.objects.get().resolution_type == "lot_gone"


def test_it_resolves_by_itself_when_the_date_is_corrected(warehouse):
    stock = milk_in(warehouse, 5)
    refresh(stock)

    correct_expiry(
        lot=Lot.objects.get(), expiration_date=TODAY + timedelta(days=300), acting_user=None
    )

    assert events() == [[stock.pk]]
    judge_changed_stock({"stock_ids": [stock.pk]})
    alert = Alert.objects.get()
    assert (alert.status, alert.resolution_type) == ("resolved", "date_corrected")
    assert alert.resolution_notes.endswith("expires on 2030-12-26.")


def test_a_receipt_of_such_a_lot_is_told_within_seconds(warehouse):
    variation = milk_in(warehouse, 400, lot_number="OLD").variation

    post(variation.pk, warehouse.pk, 3, lot_number="NEW",
         expiration_date=TODAY + timedelta(days=9))  # fmt: skip
    [stock_ids] = events()
    judge_changed_stock({"stock_ids": stock_ids})

    assert "Lot NEW" in Alert.objects.get().message


def test_postings_that_change_nothing_of_it_say_nothing(warehouse):
    stock = milk_in(warehouse, 5)

    post(stock.variation_id, warehouse.pk, -1)
    post(stock.variation_id, warehouse.pk, 2, lot_number="L-7")
    set_quarantine(
        lot=Lot.objects.get(), warehouses=[warehouse], quarantined=True, reason="Smell",
        acting_user=None,
    )  # fmt: skip

    assert events() == []


def test_goods_that_are_set_aside_are_told_too(warehouse):
    stock = milk_in(warehouse, 5)
    set_quarantine(
        lot=Lot.objects.get(), warehouses=[warehouse], quarantined=True, reason="Smell",
        acting_user=None,
    )  # fmt: skip

    assert refresh(stock).raised == 1


def test_the_night_that_a_lot_expires_says_so(warehouse, clock):
    stock = milk_in(warehouse, 0)
    refresh(stock)
    clock.move_to(noon(TODAY + timedelta(days=1)))

    act_on_expiry()

    assert events() == [[stock.pk]]


def test_a_dismissed_warning_stays_quiet_until_the_lot_expires(warehouse, clock):
    stock = milk_in(warehouse, 5)
    refresh(stock)
    dismiss_alert(alert=Alert.objects.get(), acting_user=None)
    clock.move_to(noon(TODAY + timedelta(days=2)))
    assert refresh(stock).raised == 0

    clock.move_to(noon(TODAY + timedelta(days=6)))

    assert refresh(stock).raised == 1
    warned, expired = Alert.objects.order_by("pk")
    assert (warned.status, warned.cause_ended_at is not None) == ("dismissed", True)
    assert expired.status == "active"


def test_a_resolved_one_is_raised_anew_while_its_cause_shows(warehouse):
    stock = milk_in(warehouse, 5)
    refresh(stock)
    resolve_alert(alert=Alert.objects.get(), acting_user=None)

    assert refresh(stock).raised == 1
    assert Alert.objects.count() == 2


def test_each_lot_and_warehouse_has_its_own(warehouse):
    stock = milk_in(warehouse, 5)
    milk_in(warehouse, 6, lot_number="L-8", variation=stock.variation)
    elsewhere = milk_in(WarehouseFactory(), 5, variation=stock.variation)

    assert refresh(stock).raised == 2
    assert refresh(elsewhere).raised == 1
    assert refresh(stock).closed == 0


def test_the_sweep_raises_what_was_missed_and_closes_what_is_gone(monkeypatch, warehouse):
    monkeypatch.setattr(expiry_alerts, "CHUNK", 2)
    gone = milk_in(warehouse, 5)
    for days in (1, -1, 29, 200):
        milk_in(warehouse, days)
    refresh(gone)
    post(gone.variation_id, warehouse.pk, -10, quiet=True)

    changes = sweep_expiry_alerts()

    assert (changes.raised, changes.closed) == (3, 1)
    again = sweep_expiry_alerts()
    assert (again.raised, again.updated, again.closed) == (0, 0, 0)


def test_the_daily_job_sweeps(warehouse):
    milk_in(warehouse, 5)

    assert check_expiry() == 1
    assert check_expiry.name == "alerts.check_expiry"


@pytest.mark.parametrize("number", [1, 3])
def test_any_number_takes_the_same_statements(warehouse, manager, number):
    stocks = [milk_in(warehouse, 5) for _ in range(number)]
    CompanySettings.current()

    with CaptureQueriesContext(connection) as queries:
        refresh_expiry_alerts([stock.pk for stock in stocks])

    statements = [query["sql"] for query in queries if "SAVEPOINT" not in query["sql"]]
    assert len(statements) == 12, statements


def test_the_mail_says_what_the_alert_says(mail_server, warehouse, manager):
    stock = milk_in(warehouse, 5)
    refresh(stock)

    deliver_due_messages()

    [mail] = mail_server.mails
    alert = Alert.objects.get()
    assert mail["Subject"] == "[high] Expires Soon: Milk (WH-EAST)"
    text = mail.get_body("plain").get_content()
    for part in (alert.message, alert.code, stock.variation.sku_code, "WH-EAST East & Co"):
        assert part in text.replace("\r\n", "\n")
    assert f"/admin/alerts/alert/{alert.pk}/change/" in text


def test_no_mail_goes_out_once_the_lot_is_gone(mail_server, warehouse, manager):
    stock = milk_in(warehouse, 5)
    refresh(stock)
    post(stock.variation_id, warehouse.pk, -10)

    deliver_due_messages()

    assert mail_server.mails == []
    assert Alert.objects.get().status == "resolved"


def test_who_does_not_work_there_sees_none(api, warehouse):
    refresh(milk_in(warehouse, 5))

    shown = api("manager", warehouse).get("/api/alerts/?alert_type=expiry_warning").json()
    hidden = api("manager", WarehouseFactory()).get("/api/alerts/").json()

    assert [row["severity"] for row in shown["alerts"]] == ["high"]
    assert hidden["alerts"] == []
