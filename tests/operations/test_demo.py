"""One small demo company, made once and only read by these tests."""

from collections import Counter
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import F, Q
from django.test import override_settings
from django.utils import timezone

from alerts.models import Alert
from common.documents.letterhead import company_letterhead
from inventory.lot_queries import visible_lots
from inventory.models import (
    AdjustmentRequest,
    Product,
    ProductVariation,
    Stock,
    StockCount,
    StockMovement,
    TransferLine,
    TransferRequest,
)
from notifications.models import OutboxMessage
from operations.demo.company import Wish, plan
from operations.demo.today import Today
from operations.ledger_verification import verify_ledger
from purchasing.models import GoodsReceipt, PurchaseOrder
from sales.models import SalesOrder, SalesOrderItem, SalesPrice
from suppliers.models import Supplier
from users.models import User
from warehouses.models import Membership, PromotionRequest, Registration, Warehouse

# Without the mark no test database is made where this file runs alone.
pytestmark = pytest.mark.django_db
TRACKED = Q(variation__product__lot_tracking=True)
WISH = Wish(days=30, orders_per_day=12, seed=1)


@pytest.fixture(scope="module")
def company(django_db_setup, django_db_blocker):
    """Make the company in a transaction that ends with this module; return what was said."""
    said = StringIO()
    with django_db_blocker.unblock(), override_settings(DEMO=True), transaction.atomic():
        call_command("seed_demo", "--days", "30", stdout=said)
        yield said.getvalue().splitlines()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def lived():
    """Return the same company's simulation, lived through in memory, and its days."""
    now = timezone.now()
    last_day = now.date() - timedelta(days=1)
    first_day = last_day - timedelta(days=WISH.days - 1)
    simulation = plan(WISH, first_day, last_day)
    return simulation, [*simulation.run(first_day, last_day), *Today(simulation, now).live()]


def test_demo_says_what_it_does_in_a_few_lines(company):
    assert len(company) == 5
    assert company[1] == "  9 people, 3 warehouses, 6 suppliers, 140 products."


def test_demo_documents_have_a_letterhead(company):
    letterhead = company_letterhead()
    assert letterhead.name == "Hearth & Field Home Goods"
    assert "Columbus" in letterhead.text


def test_demo_people_sign_in_and_belong_to_their_warehouses(company):
    people = {user.username: user for user in User.objects.all()}
    belongs = Membership.objects.order_by("-is_default", "warehouse__code")
    for role in ("admin", "manager", "staff", "sales", "viewer"):
        user = people[role]
        codes = ["WH001", "WH002"] if role == "manager" else ["WH001"]
        assert user.role == role
        assert user.check_password(f"{role}123")
        assert user.email == f"{role}@example.com"
        assert [group.name for group in user.groups.all()] == [role]
        assert list(belongs.filter(user=user).values_list("warehouse__code", flat=True)) == codes
    assert people["admin"].is_superuser
    others = set(people) - {"admin", "manager", "staff", "sales", "viewer"}
    assert {name for name in others if people[name].has_usable_password()} == {"noor.visser"}
    assert not people["noor.visser"].is_active
    managers = Warehouse.objects.order_by("code").values_list("manager__username", flat=True)
    assert list(managers) == ["manager", "dana.whitfield", "omar.haddad"]


def test_demo_ledger_verifies(company):
    assert verify_ledger() == []


def floor_work():
    """Return what the transfers and counts of the last day changed: on hand, and incoming."""
    done = StockMovement.objects.filter(reference_type__in=["transfer", "stock_count"])
    moved = done.exclude(reference_code__startswith="TR-DEMO").values_list(
        "variation__sku_code", "warehouse__code", "quantity"
    )
    coming = TransferLine.objects.filter(transfer__status="in_transit").values_list(
        "variation__sku_code", "transfer__to_warehouse__code", "quantity_shipped"
    )
    assert len(moved) == 4
    assert len(coming) == 2
    return ({(sku, code): quantity for sku, code, quantity in rows} for rows in (moved, coming))


def test_the_floor_has_one_of_each(company):
    assert sorted(TransferRequest.objects.values_list("status", flat=True)) == [
        "in_transit", "pending",
    ]  # fmt: skip
    done, going_on = StockCount.objects.order_by("pk")
    assert (done.status, done.lines_counted, done.lines_right) == ("posted", 8, 6)
    assert (going_on.status, going_on.lines.count()) == ("counting", 6)
    assert going_on.lines.uncounted().count() == 3
    asked = AdjustmentRequest.objects.get()
    assert (asked.status, asked.requested_by.username) == ("pending", "staff")
    assert asked.value >= 1500


def test_lots_are_fresh_soon_to_expire_expired_and_set_aside(company):
    found = {lot.lot_number: lot.status for lot in visible_lots(User.objects.get(username="admin"))}
    assert found == {
        "H2407": "available", "H2411": "available", "B0815": "expired", "B0907": "available",
        "OIL-77": "quarantined", "OIL-78": "available",
    }  # fmt: skip
    warnings = Alert.objects.filter(alert_type="expiry_warning").order_by("pk")
    assert [(row.severity, row.cause_key.partition(":")[0]) for row in warnings] == [
        ("medium", "expiring"), ("high", "expired"),
    ]  # fmt: skip


def test_goods_cost_less_in_bulk_and_for_now_and_have_prices_abroad(company):
    today = timezone.now().date()
    rows = SalesPrice.objects.select_related("variation__product").order_by("pk")
    bulk, abroad, offers = (
        list(rows.filter(**wanted))
        for wanted in (
            {"min_quantity": 10}, {"currency": "EUR"}, {"valid_until__gt": today},
        )
    )  # fmt: skip

    assert len(bulk) + len(abroad) + len(offers) == len(rows)
    assert len(bulk) == -(-ProductVariation.objects.count() // 5)
    assert min(len(abroad), len(offers)) > 3
    assert all(one.price < one.variation.selling_price for one in (*bulk, *offers))
    assert {one.currency for one in (*bulk, *offers)} == {"USD"}


def test_every_balance_says_where_it_lies(company):
    assert not Stock.objects.filter(bin_location="").exists()


def test_demo_history_is_what_was_simulated(company, lived):
    simulation, days = lived
    items = simulation.items
    skus = {(item.sku, place): (item.number, place) for item in items for place in range(3)}
    places = {"WH001": 0, "WH002": 1, "WH003": 2}
    rows = (
        Stock.objects.exclude(TRACKED)
        .annotate(free=F("on_hand") - F("reserved"))
        .values_list("variation__sku_code", "warehouse__code", "free", "incoming")
    )
    moved, coming = floor_work()
    keys = [
        (
            skus[sku, places[code]],
            free - moved.get((sku, code), 0),
            incoming - coming.get((sku, code), 0),
        )
        for sku, code, free, incoming in rows
    ]
    assert {key: free for key, free, _ in keys} == {
        key: items[key[0]].step * free for key, free in simulation.shelves.free.items()
    }
    assert {key: incoming for key, _, incoming in keys} == {
        key: items[key[0]].step * simulation.shelves.incoming[key]
        for key in simulation.shelves.free
    }
    orders = [order for day in days for order in day.delivered]
    orders += [waiting.order for day in days for waiting in day.waiting]
    assert SalesOrder.objects.count() == len(orders)
    assert SalesOrderItem.objects.count() == sum(len(order.lines) for order in orders)
    assert PurchaseOrder.objects.count() == sum(len(day.purchases) for day in days)


def test_demo_history_lies_in_the_past_and_is_recorded_now(company):
    now, earliest = timezone.now(), timezone.now() - timedelta(days=32)
    opening = StockMovement.objects.filter(reference_type="opening_stock")
    assert opening.count() == Stock.objects.exclude(TRACKED).count() > 350
    assert set(opening.values_list("occurred_at__date")) == {((now - timedelta(days=30)).date(),)}
    assert not StockMovement.objects.filter(occurred_at__gt=now).exists()
    assert not StockMovement.objects.filter(recorded_at__lt=now - timedelta(hours=1)).exists()
    assert not PurchaseOrder.objects.filter(order_date__lt=earliest).exists()


def test_demo_catalogue_is_complete(company):
    assert Product.objects.count() == 143
    assert ProductVariation.objects.filter(is_default=True).count() == 143
    assert ProductVariation.objects.count() == 179
    assert Supplier.objects.count() == 6
    assert not Product.objects.filter(sourcing__isnull=True).exists()
    for variation in ProductVariation.objects.all():
        digits = [int(digit) for digit in variation.barcode]
        assert len(digits) == 13
        assert (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0
        assert variation.selling_price > variation.cost_price > 0
        variation.full_clean()


def test_demo_has_something_low_today_with_its_alert(company):
    low = Stock.objects.low()
    assert low.filter(warehouse__code="WH001").count() >= 4
    alerts = Counter(Alert.objects.values_list("alert_type", flat=True))
    assert alerts["low_stock"] + alerts["out_of_stock"] == low.count()
    assert alerts["low_stock"] >= 3
    assert alerts["out_of_stock"] >= 1


def test_demo_leaves_decisions_about_people(company):
    asked = Registration.objects.get()
    assert (asked.user.status, asked.warehouse.code, asked.state) == ("pending", "WH001", "pending")
    promotion = PromotionRequest.objects.get()
    assert (promotion.user.username, promotion.state) == ("staff", "pending")


def test_demo_mails_tell_of_todays_alerts_and_decisions_only(company):
    messages = OutboxMessage.objects.exclude(channel="event")  # those are for other systems
    assert set(messages.values_list("channel", flat=True)) == {"email"}
    about_people = OutboxMessage.objects.filter(topic__startswith="people.")
    assert sorted(about_people.values_list("topic", "recipient__username")) == [
        ("people.promotion_requested", "admin"),
        ("people.registration_received", "noor.visser"),
        ("people.registration_waits", "manager"),
    ]
    of_documents = OutboxMessage.objects.filter(topic__startswith="inventory.document")
    assert {row.payload["kind"] for row in of_documents} == {"transfer", "count", "adjustment"}
    told = OutboxMessage.objects.filter(topic__startswith="alerts.").values_list(
        "channel", "payload__alert_id"
    )
    assert {alert for _, alert in told} == set(Alert.objects.values_list("pk", flat=True))


def test_demo_leaves_open_work(company):
    now = timezone.now()
    statuses = set(PurchaseOrder.objects.values_list("status", flat=True))
    assert {"draft", "sent", "received"} <= statuses
    open_orders = PurchaseOrder.objects.filter(status__in=PurchaseOrder.INCOMING)
    assert open_orders.filter(expected_delivery_date__lt=now).exists()
    items = SalesOrderItem.objects.with_reserved().filter(order__status__in=SalesOrder.OPEN)
    back_orders = items.filter(quantity_reserved__lt=F("quantity") - F("quantity_fulfilled"))
    assert SalesOrder.objects.filter(status="pending").exists()
    assert SalesOrder.objects.filter(status="partially_fulfilled").exists()
    assert back_orders.exists()


def test_seeding_again_says_so_and_makes_nothing(company):
    orders, said = SalesOrder.objects.count(), StringIO()
    call_command("seed_demo", stdout=said)
    assert said.getvalue() == "The demo company is there.\n"
    assert SalesOrder.objects.count() == orders


def test_each_delivery_of_an_order_has_a_note_of_its_own(company):
    notes = GoodsReceipt.objects.values_list("order", "delivery_note")
    orders = Counter(order for order, _ in notes)
    assert max(orders.values()) == 2
    assert len(set(notes)) == len(notes)
