"""Who hears that a document waits, and what was decided."""

from decimal import Decimal

import pytest
from django.core import mail

from inventory.services.adjustments import (
    Correction,
    approve_adjustment,
    reject_adjustment,
    request_adjustment,
)
from inventory.services.counts.closing import (
    approve_count,
    order_recount,
    reject_count,
    submit_count,
)
from inventory.services.counts.entering import Entry, enter_counted
from inventory.services.counts.opening import open_count
from inventory.services.transfers.receiving import Arrival, close_transfer, receive_transfer
from inventory.services.transfers.requests import approve_transfer, reject_transfer
from inventory.services.transfers.shipping import ship_transfer
from notifications.models import Notification, OutboxMessage
from notifications.services import deliver_due_messages
from operations.models import StreamEvent
from tests.factories.inventory import put_in_stock
from tests.factories.transfers import make_transfer
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place():
    return WarehouseFactory()


def person(role, *places):
    user = UserFactory(role=role)
    for place in places:
        MembershipFactory(user=user, warehouse=place)
    return user


def delivered():
    """Deliver what is due; return (to whom, subject) of the mails."""
    mail.outbox.clear()
    deliver_due_messages()
    return sorted((one.to[0], one.subject) for one in mail.outbox)


def test_a_transfer_is_told_to_who_decides_and_to_who_asked(place):
    boss, there = person("admin"), WarehouseFactory()
    asker = person("manager", place, there)
    person("manager", place)
    transfer = make_transfer(source=place, to=there, asked_by=asker, notes="<b>Sale</b>")

    assert delivered() == [(boss.email, f"Transfer {transfer.code} waits for a decision")]
    assert "&lt;b&gt;Sale" in mail.outbox[0].alternatives[0][0]
    told = Notification.objects.get(recipient=boss)
    assert (told.reference, told.topic) == (transfer.code, "inventory.document_waits")

    approve_transfer(transfer=transfer, note="Go", acting_user=boss)

    assert delivered() == [(asker.email, f"Transfer {transfer.code} is in transit")]
    assert Notification.objects.get(recipient=asker).reference == transfer.code


def test_people_of_the_destination_are_told_of_goods_on_their_way(place):
    boss, there = person("admin"), WarehouseFactory()
    clerk, keen, asker = person("staff", there), person("staff", there), person("manager", there)
    person("viewer", there)
    person("staff", place)
    keen.notify_by_email = False
    keen.save()
    transfer = make_transfer(source=place, to=there, asked_by=asker)
    delivered()

    approve_transfer(transfer=transfer, acting_user=boss)

    subject = f"Transfer {transfer.code} is on its way to {there.code}"
    assert delivered() == sorted(
        [(clerk.email, subject), (asker.email, f"Transfer {transfer.code} is in transit")]
    )
    text = next(one for one in mail.outbox if one.subject == subject).body
    assert "shipped 10" in text
    told = Notification.objects.filter(topic="inventory.transfer_shipped")
    assert {(one.recipient, one.title) for one in told} == {(clerk, subject), (keen, subject)}
    assert [str(line) for line in stream_of(clerk)] == [subject]


def stream_of(user):
    """Return the titles that somebody's event stream tells."""
    topics = StreamEvent.objects.filter(topic="notifications", recipient_id=user.pk)
    return Notification.objects.filter(pk__in=topics.values("object_id")).values_list(
        "title", flat=True
    )


def test_the_mail_of_a_shipment_does_not_leave_once_the_goods_are_there(place):
    there = WarehouseFactory()
    clerk = person("staff", there)
    transfer = make_transfer(source=place, to=there, status="approved")
    ship_transfer(transfer=transfer, acting_user=person("admin"))
    receive_transfer(transfer=transfer, acting_user=clerk)

    delivered()

    closed = OutboxMessage.objects.get(topic="inventory.transfer_shipped", recipient=clerk)
    assert (closed.status, closed.note) == ("closed", f"{transfer.code} is received.")


def test_who_asked_and_who_sent_hear_what_was_wrong_with_an_arrival(place):
    there = WarehouseFactory()
    asker, sender, clerk = person("manager", place), person("staff", place), person("staff", there)
    transfer = make_transfer(source=place, to=there, asked_by=asker, status="approved")
    ship_transfer(transfer=transfer, acting_user=sender)
    line = transfer.lines.get()
    well, wet = (
        Arrival(line_id=line.pk, received=Decimal(1)),
        Arrival(line_id=line.pk, damaged=Decimal(2), discrepancy="Wet"),
    )

    receive_transfer(transfer=transfer, arrivals=[well], acting_user=clerk)
    assert not Notification.objects.filter(topic="inventory.transfer_discrepancy").exists()
    receive_transfer(transfer=transfer, arrivals=[wet], acting_user=clerk)
    close_transfer(transfer=transfer, is_lost=True, note="Fell off", acting_user=person("admin"))

    told = Notification.objects.filter(topic="inventory.transfer_discrepancy").order_by("pk")
    code = transfer.code
    expected = [
        f"Transfer {code}: 2 arrived damaged",
        f"Transfer {code}: the rest is lost: Fell off",
    ]
    assert list(told.values_list("title", flat=True)) == [expected[0]] * 2 + [expected[1]] * 2
    assert {one.recipient for one in told} == {asker, sender}
    delivered()
    body = next(one.body for one in mail.outbox if "did not arrive" in one.subject)
    assert "damaged 2" in body
    assert "lost 7" in body


def test_nobody_is_told_of_goods_that_are_received_at_once(place):
    there = WarehouseFactory()
    person("staff", there)

    make_transfer(source=place, to=there, status="in_transit", auto_receive=True)

    assert not Notification.objects.filter(topic="inventory.transfer_shipped").exists()


def test_who_asked_is_not_told_that_their_own_request_waits():
    boss = person("admin")

    make_transfer(asked_by=boss)

    assert delivered() == []


def test_what_was_decided_before_the_mail_left_waits_no_more(place):
    boss, there = person("admin"), WarehouseFactory()
    asker = person("manager", place, there)
    transfer = make_transfer(source=place, to=there, asked_by=asker)
    approve_transfer(transfer=transfer, acting_user=boss)

    assert [to for to, _ in delivered()] == [asker.email]
    closed = OutboxMessage.objects.get(topic="inventory.document_waits")
    assert (closed.status, closed.note) == ("closed", f"{transfer.code} is in_transit.")


def test_adjustments_and_counts_are_told_to_the_managers_of_the_warehouse(place):
    manager, clerk = person("manager", place), person("staff", place)
    person("manager", WarehouseFactory())
    variation = put_in_stock(warehouse=place, quantity=500).variation
    correction = Correction(variation=variation, quantity=Decimal(-300), reason_code="theft")
    adjustment = request_adjustment(warehouse=place, corrections=[correction], acting_user=clerk)
    count = open_count(warehouse=place, acting_user=clerk)
    entry = Entry(line=count.lines.get(), quantity=Decimal(500))
    enter_counted(count=count, entries=[entry], acting_user=clerk)
    submit_count(count=count, acting_user=clerk)

    assert delivered() == [
        (manager.email, f"Adjustment {adjustment.code} waits for a decision"),
        (manager.email, f"Count {count.code} waits for a decision"),
    ]
    approve_count(count=count, acting_user=manager)
    assert delivered() == [(clerk.email, f"Count {count.code} is posted")]


def test_who_asked_is_told_of_every_other_decision_and_its_reason(place):
    boss, manager, clerk = person("admin"), person("manager", place), person("staff", place)
    variation = put_in_stock(warehouse=place, quantity=900).variation
    correction = Correction(variation=variation, quantity=Decimal(-300), reason_code="theft")
    transfer = make_transfer(source=place, asked_by=manager, variations=[variation])
    granted, refused = (
        request_adjustment(warehouse=place, corrections=[correction], acting_user=clerk)
        for _ in range(2)
    )
    count = open_count(warehouse=place, acting_user=clerk)
    entry = Entry(line=count.lines.get(), quantity=Decimal(600))

    reject_transfer(transfer=transfer, note="We need it.", acting_user=boss)
    approve_adjustment(adjustment=granted, acting_user=manager)
    reject_adjustment(adjustment=refused, note="Look again.", acting_user=manager)
    enter_counted(count=count, entries=[entry], acting_user=clerk)
    submit_count(count=count, acting_user=clerk)
    reject_count(count=count, note="Wrong aisle.", acting_user=manager)

    decided = [
        (manager.email, f"Transfer {transfer.code} is rejected", "We need it."),
        (clerk.email, f"Adjustment {granted.code} is posted", ""),
        (clerk.email, f"Adjustment {refused.code} is rejected", "Look again."),
        (clerk.email, f"Count {count.code} is rejected", "Wrong aisle."),
    ]
    told = Notification.objects.filter(topic="inventory.document_decided")
    assert sorted(told.values_list("recipient__email", "title")) == sorted(
        (email, f"{title}: {reason}" if reason else title) for email, title, reason in decided
    )
    assert delivered() == sorted((email, title) for email, title, _ in decided)


def test_who_submitted_a_count_is_told_to_count_again(place):
    manager, clerk = person("manager", place), person("staff", place)
    put_in_stock(warehouse=place)
    count = open_count(warehouse=place, acting_user=clerk)
    entry = Entry(line=count.lines.get(), quantity=Decimal(10))
    enter_counted(count=count, entries=[entry], acting_user=clerk)
    submit_count(count=count, acting_user=clerk)

    order_recount(count=count, note="Behind the door, too.", acting_user=manager)

    told = Notification.objects.get(recipient=clerk)
    assert told.title == f"Count {count.code} is counting: Behind the door, too."
    assert delivered() == [(clerk.email, f"Count {count.code} is counting")]


def test_administrators_hear_of_goods_for_a_place_where_nobody_receives(place):
    there = WarehouseFactory()
    person("viewer", there)
    transfer = make_transfer(source=place, to=there, asked_by=person("manager", place))
    boss, *others = User.objects.filter(role="admin").order_by("-pk")
    others = [person("admin"), *others]

    approve_transfer(transfer=transfer, acting_user=boss)

    told = Notification.objects.filter(topic="inventory.transfer_shipped")
    assert {one.recipient for one in told} == set(others)
    assert boss not in others
