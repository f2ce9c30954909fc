"""What waits today, and the steps on alerts and messages."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from alerts.models import Alert
from inventory.services.adjustments import Correction, request_adjustment
from inventory.services.counts.closing import submit_count
from inventory.services.counts.entering import Entry, enter_counted
from inventory.services.counts.opening import open_count
from inventory.services.thresholds import create_threshold
from notifications.models import OutboxMessage
from purchasing.models import PurchaseOrder
from tests.admin.pages import errors_of, list_of, page_of, step_of
from tests.factories.alerts import AlertFactory
from tests.factories.goods_requests import make_goods_request
from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.notifications import MailFactory, NotificationFactory
from tests.factories.purchasing import make_order
from tests.factories.sales import take_order
from tests.factories.transfers import make_transfer
from tests.factories.users import UserFactory
from warehouses.services import hand_over_tasks

pytestmark = pytest.mark.django_db
HOME = "/admin/"


def waiting(client):
    return {card.title: card.number for card in client.get(HOME).context["waiting"]}


def fill(place, warehouse):
    """Let one of each kind wait in a warehouse: 1 low, 1 empty, an overdue and a ready order."""
    for quantity in (2, 5):
        variation = VariationFactory()
        put_in_stock(variation, warehouse, 5)
        create_threshold(variation=variation, warehouse=warehouse, threshold=4)
        take_order((variation, quantity), warehouse=warehouse)
    take_order((VariationFactory(), 3), warehouse=warehouse)
    late = make_order(warehouse=warehouse, status="sent")
    past = timezone.now() - timedelta(days=3)
    PurchaseOrder.objects.filter(pk=late.pk).update(expected_delivery_date=past)
    make_order(warehouse=warehouse, status="sent")
    AlertFactory(variation=place.variation, warehouse=warehouse)
    make_goods_request(warehouse=warehouse)
    make_transfer(source=warehouse)
    make_transfer(source=warehouse, status="approved")
    make_transfer(to=warehouse, status="in_transit")
    clerk, variation = UserFactory(role="staff"), put_in_stock(warehouse=warehouse).variation
    correction = Correction(variation=variation, quantity=Decimal(2000), reason_code="found")
    request_adjustment(warehouse=warehouse, corrections=[correction], acting_user=clerk)
    count = open_count(warehouse=warehouse, acting_user=clerk)
    entry = Entry(line=count.lines.first(), quantity=count.lines.first().expected)
    enter_counted(count=count, entries=[entry], acting_user=clerk)
    submit_count(count=count, uncounted="left_out", acting_user=clerk)
    put_in_stock(warehouse=warehouse)
    open_count(warehouse=warehouse, acting_user=clerk)


@pytest.fixture
def busy(place):
    """Work waits in the own warehouse and in the foreign one, and a mail is dead."""
    fill(place, place.own)
    fill(place, place.foreign)
    MailFactory(status="dead")


ONE_PLACE = {
    "Out of stock": 1,
    "Low stock": 2,
    "Late purchase orders": 1,
    "Ready to fulfil": 2,
    "Open alerts": 1,
    "Transfers to ship": 1,
    "Transfers to receive": 1,
    "Purchase requests to decide": 1,
    "Counts going on": 1,
}
PEOPLE = {"Asking to be let in": 0}
TO_DECIDE = {"Adjustments to decide": 1, "Counts to decide": 1}
EVERYWHERE = {title: 2 * number for title, number in (ONE_PLACE | TO_DECIDE).items()}
# The other ends of these transfers are warehouses of their own.
EVERYWHERE["Transfers to decide"] = 2


@pytest.mark.parametrize(
    ("role", "numbers"),
    [
        ("staff", ONE_PLACE),
        ("manager", ONE_PLACE | TO_DECIDE | PEOPLE),
        ("admin", EVERYWHERE | PEOPLE | {"Promotions to decide": 0, "Undeliverable messages": 1}),
    ],
)
def test_the_first_page_tells_what_waits_in_own_warehouses(office, busy, role, numbers):
    assert waiting(office(role)) == numbers


def test_every_number_leads_to_as_many_rows(office, busy):
    client = office("admin")

    for card in client.get(HOME).context["waiting"]:
        rows = client.get(card.link).context["cl"].queryset
        assert rows.count() == card.number, card.title


@pytest.mark.parametrize(("role", "queries"), [("staff", 11), ("manager", 14), ("admin", 17)])
def test_the_first_page_takes_few_queries(
    office, busy, place, django_assert_num_queries, role, queries
):
    """Session and user, then one a kind of work, however much of it there is."""
    client = office(role)
    with django_assert_num_queries(queries):
        client.get(HOME)
    fill(place, place.own)

    with django_assert_num_queries(queries):
        client.get(HOME)


@pytest.mark.parametrize("number", [1, 9])
def test_what_was_handed_over_takes_two_queries(office, place, django_assert_num_queries, number):
    """Who handed over what is one, and the tasks of a kind are another, of which few are shown."""
    client, boss = office("staff"), UserFactory(role="admin")
    for giver in UserFactory.create_batch(number):
        order = take_order((place.variation, 1), warehouse=place.own, acting_user=giver)
        hand_over_tasks(
            user=giver, to=client.user, tasks=[("sales_order", order.order_number)],
            acting_user=boss,
        )  # fmt: skip

    with django_assert_num_queries(12):
        card = client.get(HOME).context["waiting"][-1]
    page = client.get(card.link).context["taken"]

    assert (card.title, card.number) == ("Handed over to you", number)
    assert len(card.rows) == min(number, 6)
    assert [row.link for row in card.rows] == [link for link, _ in page][:6]
    assert len(page) == number
    assert len(client.get(page[0][0]).context["cl"].queryset) == 1


def test_an_idle_company_has_nothing_waiting(office, place):
    assert set(waiting(office("admin")).values()) == {0}


@pytest.mark.parametrize("role", ["admin", "manager", "staff"])
def test_the_sidebar_leads_only_where_the_role_may_go(office, place, role):
    client = office(role)
    groups = client.get(HOME).context["sidebar_navigation"]
    items = [item for group in groups for item in group["items"] if item["has_permission"]]

    assert {client.get(str(item["link"])).status_code for item in items} == {200}
    hidden = [item for group in groups for item in group["items"] if not item["has_permission"]]
    assert {client.get(str(item["link"])).status_code for item in hidden} <= {403}


def test_nothing_is_loaded_from_elsewhere(office, place):
    client = office("admin")

    for address in (HOME, page_of(place.variation.product), "/admin/login/"):
        page = client.get(address, follow=True).content.decode()
        loaded = re.findall(r"<(?:script|link|img)[^>]*?(?:src|href)=\"([^\"]+)\"", page)
        assert loaded
        assert [one for one in loaded if not one.startswith("/")] == []
    assert "InventoryPulse" in page


def test_searching_the_pages(office, place):
    client = office("staff")

    assert "Purchase orders" in client.get("/admin/search/?s=purchase").content.decode()
    assert client.get("/admin/search/?s=purchase&page=abc").status_code == 200
    assert client.get("/admin/search/").content == b""


def test_alert_steps(office, place):
    staff, alert = office("staff"), AlertFactory(variation=place.variation, warehouse=place.own)

    staff.post(step_of(alert, "acknowledge"), {"notes": "On it."})
    alert.refresh_from_db()
    assert (alert.status, alert.acknowledged_by, alert.notes) == (
        "acknowledged", staff.user, "On it.",
    )  # fmt: skip

    again = staff.post(step_of(alert, "acknowledge"), follow=True)
    assert "can be acknowledged" in errors_of(again)
    too_long = staff.post(step_of(alert, "resolve"), {"notes": "x" * 501})
    assert "at most 500 characters" in too_long.content.decode()
    staff.post(step_of(alert, "resolve"), {"notes": "Moved some."})

    alert.refresh_from_db()
    assert (alert.status, alert.resolution_notes) == ("resolved", "Moved some.")


def test_chosen_alerts_are_acted_on_and_refusals_are_named(office, place):
    client = office("manager")
    alerts = [AlertFactory(variation=place.variation, warehouse=place.own) for _ in range(3)]
    foreign = AlertFactory(variation=place.variation, warehouse=place.foreign)
    Alert.objects.filter(pk=alerts[0].pk).update(status="resolved")
    chosen = [alert.pk for alert in [*alerts, foreign]]

    answer = client.post(
        list_of(Alert), {"action": "dismiss_chosen", "_selected_action": chosen}, follow=True
    )

    told = errors_of(answer)
    assert "2 alerts dismissed." in told
    assert f"{alerts[0].code} is resolved" in told
    assert list(Alert.objects.order_by("pk").values_list("status", flat=True)) == [
        "resolved", "dismissed", "dismissed", "active",
    ]  # fmt: skip


def test_foreign_alerts_take_no_step(office, place):
    alert = AlertFactory(variation=place.variation, warehouse=place.foreign)

    assert office("manager").post(step_of(alert, "dismiss")).status_code == 302

    alert.refresh_from_db()
    assert alert.status == "active"


def test_a_dead_message_is_delivered_again_once(office):
    client, mail = office("admin"), MailFactory(status="dead")

    assert "will be delivered again" in errors_of(
        client.post(step_of(mail, "deliver"), follow=True)
    )
    again = client.post(step_of(mail, "deliver"), follow=True)

    assert "not dead any more" in errors_of(again)
    assert OutboxMessage.objects.get().status == "pending"
    assert office("manager").post(step_of(mail, "deliver")).status_code == 403


def test_only_the_recipient_reads_a_message(office):
    staff = office("staff")
    note = NotificationFactory(recipient=staff.user)

    office("admin").post(step_of(note, "read"))
    note.refresh_from_db()
    assert note.read_at is None
    staff.post(step_of(note, "read"))

    note.refresh_from_db()
    assert note.read_at is not None
