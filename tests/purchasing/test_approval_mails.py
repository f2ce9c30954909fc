"""Who hears that an order awaits approval, and what was decided."""

from decimal import Decimal

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.db import transaction

from common.models import CompanySettings
from notifications.models import Notification, OutboxMessage
from notifications.services import deliver_due_messages
from purchasing.models import PurchaseOrder
from purchasing.services.charges import ChargeLine
from purchasing.services.decisions import approve_purchase_order, reject_purchase_order
from purchasing.services.orders import change_purchase_order
from purchasing.services.tell import tell_order_decided, tell_order_waits
from purchasing.services.transitions import cancel_purchase_order, send_purchase_order
from tests.factories.purchasing import limit, make_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)
WAITS, DECIDED = "purchasing.order_waits", "purchasing.order_decided"


def person(role, *places, **fields):
    user = UserFactory(role=role, **fields)
    for place in places:
        MembershipFactory(user=user, warehouse=place)
    return user


@pytest.fixture
def place():
    limit(20)
    return WarehouseFactory()


@pytest.fixture
def buyer(place):
    return person("manager", place)


@pytest.fixture
def other(place):
    return person("manager", place)


def ordered(place, buyer, **wanted):
    wanted.setdefault("supplier", SupplierFactory(email=""))
    return make_order(10, warehouse=place, acting_user=buyer, **wanted)  # 10 at 2.50


def change(order, acting_user, **details):
    return change_purchase_order(order=order, details=details, acting_user=acting_user)


def delivered():
    """Deliver what is due; return (to whom, subject) of the mails."""
    mail.outbox.clear()
    deliver_due_messages()
    return sorted((one.to[0], one.subject) for one in mail.outbox)


def told(topic=WAITS):
    """Return who was told in the app, as often as that was."""
    messages = Notification.objects.filter(topic=topic).order_by("pk")
    return [message.recipient for message in messages.select_related("recipient")]


def test_those_who_may_approve_in_the_warehouse_hear_of_an_order_above_the_limit(
    place, buyer, other
):
    boss = person("admin")
    person("manager", WarehouseFactory())
    person("staff", place)
    person("viewer", place)
    person("manager", place, status=User.Status.INACTIVE)
    person("manager", place, account_locked=True)
    person("admin", place, status=User.Status.INACTIVE)
    boss_here = person("admin", place)

    order = ordered(place, buyer, notes="<b>Fair</b>")

    subject = f"Purchase order {order.order_number} awaits approval"
    assert delivered() == sorted((one.email, subject) for one in (other, boss, boss_here))
    assert told() == sorted([other, boss, boss_here], key=lambda one: one.pk)
    message = Notification.objects.filter(recipient=other).get()
    assert (message.reference, message.title) == (
        order.order_number,
        f"Purchase order {order.order_number} of 25.00 USD awaits approval",
    )
    sent = mail.outbox[0]
    assert f"/admin/purchasing/purchaseorder/{order.pk}/change/" in sent.body
    assert "Total: 25.00 USD" in sent.body
    assert "&lt;b&gt;Fair" in sent.alternatives[0][0]


def test_the_mail_names_charges_that_carry_an_order_above_the_limit(place, buyer, other):
    limit(25)
    charge = ChargeLine(kind="duty", amount=Decimal("0.5"))

    order = ordered(place, buyer, charges=[charge])

    subject = f"Purchase order {order.order_number} awaits approval"
    assert delivered() == [(other.email, subject)]
    assert "Total: 25.00 USD\nCharges: 0.50 USD\n" in mail.outbox[0].body
    assert Notification.objects.get().title == (
        f"Purchase order {order.order_number} of 25.50 USD awaits approval"
    )


def test_nobody_hears_of_an_order_within_the_limit(place, buyer, other):
    limit(25)

    order = ordered(place, buyer)
    send_purchase_order(order=order, acting_user=buyer)

    assert delivered() == []
    assert Notification.objects.count() == 0
    assert OutboxMessage.objects.filter(topic__in=[WAITS, DECIDED]).count() == 0


def test_preferences_are_respected(place, buyer):
    quiet = person("manager", place, notify_by_email=False)
    blind = person("manager", place, notify_in_app=False)
    User.objects.filter(pk=buyer.pk).update(notify_by_email=False, notify_in_app=False)

    order = ordered(place, buyer)

    assert [to for to, _ in delivered()] == [blind.email]
    assert told() == [quiet]
    reject_purchase_order(order=order, note="No.", acting_user=quiet)
    assert delivered() == []
    assert told(DECIDED) == []


def test_each_is_told_once_of_a_total(place, buyer, other):
    order = ordered(place, buyer)

    change(order, buyer, notes="Gate 2")
    change(order, buyer, tax_amount=Decimal(0))
    assert told() == [other]

    change(order, buyer, tax_amount=Decimal(1))
    change(order, buyer, shipping_cost=Decimal(1), tax_amount=Decimal(0))
    assert told() == [other, other]

    change(order, buyer, shipping_cost=Decimal(0))  # back at the total of before
    assert told() == [other, other]
    assert OutboxMessage.objects.filter(topic=WAITS).count() == 2


def test_whoever_raised_the_total_is_not_told_either(place, buyer, other):
    third = person("manager", place)
    order = ordered(place, buyer)

    change(order, other, tax_amount=Decimal(1))

    assert sorted(one.pk for one in told()) == sorted([other.pk, third.pk, third.pk])


def test_another_warehouse_has_deciders_of_its_own(place, buyer, other):
    elsewhere = WarehouseFactory()
    there = person("manager", elsewhere)
    order = ordered(place, buyer)

    change(order, buyer, warehouse=elsewhere)

    assert told() == [other, there]


def test_an_amendment_beyond_what_was_approved_is_told_of(place, buyer, other):
    order = ordered(place, buyer)
    approve_purchase_order(order=order, acting_user=other)
    send_purchase_order(order=order, acting_user=buyer)
    change(order, buyer, tax_amount=Decimal(0))
    assert told() == [other]

    change(order, buyer, shipping_cost=Decimal(5))

    assert told() == [other, other]
    assert Notification.objects.filter(topic=WAITS).latest("pk").title == (
        f"Purchase order {order.order_number} of 30.00 USD awaits approval"
    )


def test_a_rejected_order_is_told_of_anew_once_it_was_changed(place, buyer, other):
    order = ordered(place, buyer)
    reject_purchase_order(order=order, note="Another supplier.", acting_user=other)
    change(order, buyer, notes="Asked around")
    assert told() == [other]

    change(order, buyer, supplier=SupplierFactory(email=""))  # at the same total
    change(order, buyer, tax_amount=Decimal(0))

    assert told() == [other, other]
    assert delivered() == [
        (other.email, f"Purchase order {order.order_number} awaits approval")
    ] * 2  # fmt: skip


def test_the_author_hears_of_the_approval(place, buyer, other):
    order = ordered(place, buyer)
    delivered()

    approve_purchase_order(order=order, note="Fine <i>so</i>", acting_user=other)

    subject = f"Purchase order {order.order_number} is approved"
    assert delivered() == [(buyer.email, subject)]
    assert "Decision: Fine <i>so</i>" in mail.outbox[0].body
    assert "Fine &lt;i&gt;so" in mail.outbox[0].alternatives[0][0]
    assert told(DECIDED) == [buyer]
    assert Notification.objects.get(topic=DECIDED).title == f"{subject}: Fine <i>so</i>"


def test_the_author_hears_of_the_rejection_with_its_reason(place, buyer, other):
    order = ordered(place, buyer)
    delivered()

    reject_purchase_order(order=order, note="Too much\ntea.", acting_user=other)

    subject = f"Purchase order {order.order_number} is rejected"
    assert delivered() == [(buyer.email, subject)]
    assert "Decision: Too much\ntea." in mail.outbox[0].body
    assert told(DECIDED) == [buyer]
    assert Notification.objects.get(topic=DECIDED).title == f"{subject}: Too much tea."

    approve_purchase_order(order=order, acting_user=other)
    assert told(DECIDED) == [buyer, buyer]


def test_nobody_is_told_of_their_own_decision_nor_an_author_who_left(place, buyer, other):
    CompanySettings.objects.update(second_person_rule=False)
    own, left = ordered(place, buyer), ordered(place, buyer)
    approve_purchase_order(order=own, acting_user=buyer)
    User.objects.filter(pk=buyer.pk).update(status=User.Status.INACTIVE)

    approve_purchase_order(order=left, acting_user=other)

    assert told(DECIDED) == []
    assert OutboxMessage.objects.filter(topic=DECIDED).count() == 0


@pytest.mark.parametrize("end", ["cancelled", "approved", "rejected"])
def test_what_waits_no_more_before_the_mail_left_is_not_mailed(place, buyer, other, end):
    order = ordered(place, buyer)
    if end == "cancelled":
        cancel_purchase_order(order=order, acting_user=buyer)
    elif end == "approved":
        approve_purchase_order(order=order, acting_user=other)
    else:
        reject_purchase_order(order=order, note="No.", acting_user=other)

    deliver_due_messages()

    closed = OutboxMessage.objects.get(topic=WAITS)
    assert (closed.status, closed.note) == (
        "closed", f"{order.order_number} awaits approval no more.",
    )  # fmt: skip


def test_a_decision_that_a_change_ended_is_not_mailed(place, buyer, other):
    order = ordered(place, buyer)
    approve_purchase_order(order=order, acting_user=other)
    change(order, buyer, tax_amount=Decimal(1))

    deliver_due_messages()

    closed = OutboxMessage.objects.get(topic=DECIDED)
    assert (closed.status, closed.note) == (
        "closed", f"{order.order_number} is approved no more.",
    )  # fmt: skip


def test_who_sees_the_order_no_more_gets_no_mail(place, buyer, other):
    ordered(place, buyer)
    other.warehouse_memberships.all().delete()

    assert delivered() == []
    assert OutboxMessage.objects.get(topic=WAITS).status == "closed"


def test_no_text_gets_into_the_headers(place, buyer, other):
    evil = "No\r\nBcc: thief@example.com\r\n\r\n<script>alert(1)</script>"
    supplier = SupplierFactory(company_name=evil, email="")
    order = ordered(place, buyer, supplier=supplier, notes=evil)
    number = "PO-1\r\nBcc: thief@example.com"
    PurchaseOrder.objects.filter(pk=order.pk).update(order_number=number)
    plain = "Purchase order PO-1 Bcc: thief@example.com"

    assert delivered() == [(other.email, f"{plain} awaits approval")]
    waits = mail.outbox[0]
    reject_purchase_order(order=order, note=evil, acting_user=other)
    assert delivered() == [(buyer.email, f"{plain} is rejected")]

    for sent in (waits, mail.outbox[0]):
        assert isinstance(sent, EmailMessage)
        head = sent.message()
        assert (head["Bcc"], sent.bcc, len(sent.to)) == (None, [], 1)
        assert "<script>" not in sent.alternatives[0][0]


def test_a_quiet_order_is_told_to_nobody(place, buyer, other):
    order = ordered(place, buyer, quiet=True)

    assert order.approval_status == "pending"
    assert OutboxMessage.objects.count() == 0
    assert Notification.objects.count() == 0


@pytest.mark.parametrize("number", [1, 6])
def test_telling_takes_as_many_statements_for_more_people(
    place, buyer, number, django_assert_num_queries
):
    deciders = [person("manager", place) for _ in range(number)]
    order = ordered(place, buyer, quiet=True)
    assert order.awaits_approval  # the limit is read

    with transaction.atomic(), django_assert_num_queries(3):  # people, mails, messages
        tell_order_waits(order)
    assert told() == deciders

    order = approve_purchase_order(order=order, acting_user=deciders[0])
    order.save()  # decided at another moment
    with transaction.atomic(), django_assert_num_queries(3):
        tell_order_decided(order, deciders[0])
    assert told(DECIDED) == [buyer, buyer]
