"""Who hears that somebody asks for goods, and what was decided."""

from datetime import date
from decimal import Decimal

import pytest
from django.core import mail

from notifications.models import Notification, OutboxMessage
from notifications.services import deliver_due_messages
from purchasing.services.requests import (
    approve_goods_request,
    cancel_goods_request,
    reject_goods_request,
)
from tests.factories.goods_requests import make_goods_request
from tests.factories.inventory import VariationFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from warehouses.open_tasks import open_tasks_of

pytestmark = pytest.mark.django_db(transaction=True)


def person(role, *places, **fields):
    user = UserFactory(role=role, **fields)
    for place in places:
        MembershipFactory(user=user, warehouse=place)
    return user


def delivered():
    """Deliver what is due; return (to whom, subject) of the mails."""
    mail.outbox.clear()
    deliver_due_messages()
    return sorted((one.to[0], one.subject) for one in mail.outbox)


def test_deciders_of_the_warehouse_hear_of_a_request_and_who_asked_of_the_decision(place):
    manager, clerk = person("manager", place), person("staff", place)
    asker = person("viewer", place)
    person("admin")
    person("staff", WarehouseFactory())
    person("sales", place)

    request = make_goods_request(
        warehouse=place, asked_by=asker, reason="<b>Fair</b>", needed_by=date(2099, 1, 31)
    )

    subject = f"Purchase request {request.code} waits for a decision"
    assert delivered() == sorted([(manager.email, subject), (clerk.email, subject)])
    assert "&lt;b&gt;Fair" in mail.outbox[0].alternatives[0][0]
    page = f"/admin/purchasing/purchaserequest/{request.pk}/change/"
    assert page in mail.outbox[0].body
    goods = request.lines.get().variation
    named = f"{goods.product.name} ({goods.sku_code})"
    assert f"Warehouse: {place}\n" in mail.outbox[0].body
    assert "Reason: <b>Fair</b>\nNeeded by: 31 January 2099\n" in mail.outbox[0].body
    assert f"- {named}: 10 {goods.stock_unit}\n" in mail.outbox[0].body
    assert named in mail.outbox[0].alternatives[0][0]
    told = Notification.objects.get(recipient=clerk)
    assert (told.reference, told.topic) == (request.code, "inventory.document_waits")

    given = {request.lines.get().pk: Decimal(4)}
    approve_goods_request(request=request, quantities=given, note="Here", acting_user=clerk)

    assert delivered() == [(asker.email, f"Purchase request {request.code} is approved")]
    assert f"Decided by: {clerk}\nDecision: Here\n" in mail.outbox[0].body
    assert f"- {named}: 10 {goods.stock_unit}, given 4 {goods.stock_unit}\n" in mail.outbox[0].body
    assert page not in mail.outbox[0].body  # a viewer has no back office
    told = Notification.objects.get(recipient=asker)
    assert (told.reference, told.title) == (
        request.code, f"Purchase request {request.code} is approved: Here",
    )  # fmt: skip


def test_a_mail_about_many_goods_names_the_first_hundred(place):
    person("staff", place)
    variations = VariationFactory.create_batch(101)

    make_goods_request(*[1] * 101, warehouse=place, variations=variations)

    delivered()
    body = mail.outbox[0].body
    assert body.count("\n- ") == 100
    assert "1 further lines stand in the document." in body


def test_preferences_are_respected(place):
    quiet = person("staff", place, notify_by_email=False)
    blind = person("manager", place, notify_in_app=False)
    asker = person("viewer", place, notify_by_email=False, notify_in_app=False)

    request = make_goods_request(warehouse=place, asked_by=asker)

    assert [to for to, _ in delivered()] == [blind.email]
    assert [one.recipient for one in Notification.objects.all()] == [quiet]
    reject_goods_request(request=request, note="No.", acting_user=quiet)
    assert delivered() == []
    assert Notification.objects.filter(recipient=asker).count() == 0


def test_where_nobody_else_decides_administrators_hear_of_it(place):
    boss, only = person("admin"), person("staff", place)

    request = make_goods_request(warehouse=place, asked_by=only)

    assert delivered() == [(boss.email, f"Purchase request {request.code} waits for a decision")]


def test_what_was_taken_back_before_the_mail_left_waits_no_more(place):
    person("staff", place)
    asker = person("viewer", place)
    request = make_goods_request(warehouse=place, asked_by=asker)

    cancel_goods_request(request=request, acting_user=asker)

    assert delivered() == []
    closed = OutboxMessage.objects.get(topic="inventory.document_waits")
    assert (closed.status, closed.note) == ("closed", f"{request.code} is cancelled.")


def test_open_requests_are_named_when_somebody_leaves(place):
    asker, boss = person("viewer", place), person("admin")
    request = make_goods_request(warehouse=place, asked_by=asker)
    make_goods_request(warehouse=place, asked_by=asker, status="rejected")

    tasks = open_tasks_of(asker, seen_by=boss)

    assert [(task.kind, task.code, task.warehouse) for task in tasks] == [
        ("purchase_request", request.code, place.code)
    ]
