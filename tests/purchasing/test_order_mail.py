"""An order goes to its supplier by mail, with the PDF, through the outbox."""

from decimal import Decimal

import pytest

from common.models import CompanySettings
from notifications.models import OutboxMessage
from notifications.services import deliver_due_messages
from purchasing.models import PurchaseOrder
from purchasing.services.dispatch import send_purchase_order_again
from purchasing.services.order_lines import OrderLine
from purchasing.services.orders import change_purchase_order, create_purchase_order
from purchasing.services.receipts import receive_purchase_order
from purchasing.services.transitions import cancel_purchase_order, send_purchase_order
from tests.factories.inventory import ProductFactory, VariationFactory
from tests.factories.purchasing import facts, make_order
from tests.factories.suppliers import SupplierFactory
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory
from tests.mail_server import running_mail_server
from tests.pdf_pages import text_of

pytestmark = pytest.mark.django_db
PATH = "/api/purchase-orders/"
EVIL = "Acme\r\nBcc: thief@example.com\r\n\r\n<script>alert(1)</script>"


@pytest.fixture
def mail_server(settings):
    """A running SMTP server that the product sends through."""
    with running_mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture
def buyer(place):
    user = UserFactory(role="manager", first_name="Ada", last_name="Łukasz")
    MembershipFactory(user=user, warehouse=place)
    return user


def order_mails():
    return OutboxMessage.objects.filter(topic="purchasing.order_sent").order_by("pk")


def body(mail, kind):
    return mail.get_body(kind).get_content()


def test_a_sent_order_reaches_the_supplier_with_its_pdf(mail_server, place, buyer):
    CompanySettings.objects.create(pk=1, name="Our Company")
    supplier = SupplierFactory(email="sales@acme.example", primary_contact="Ann Lee")
    order = make_order(12, 3, supplier=supplier, warehouse=place, tax_amount=Decimal("1.25"))

    send_purchase_order(order=order, acting_user=buyer)
    queued = order_mails().get()
    assert queued.payload == {"order_id": order.pk, "buyer_id": buyer.pk}
    deliver_due_messages()

    [mail] = mail_server.mails
    assert mail["To"] == "sales@acme.example"
    assert mail["Subject"] == f"Purchase order {order.order_number} from Our Company"
    assert mail["Reply-To"] == f"Ada Łukasz <{buyer.email}>"
    for kind in ("plain", "html"):
        for words in (order.order_number, "Dear Ann Lee,", "Our Company", "38.75 USD", place.name):
            assert words in body(mail, kind), (kind, words)
    [file] = mail.iter_attachments()
    assert file.get_content_type() == "application/pdf"
    assert file.get_filename() == f"{order.order_number}.pdf"
    text = text_of(file.get_content())
    assert f"Purchase order {order.order_number}" in text
    assert "Total 38.75 USD" in text
    kept = order_mails().get()
    assert (kept.status, kept.subject) == ("sent", mail["Subject"])
    assert "38.75 USD" in kept.body


def test_the_pdf_shows_the_order_as_it_is_when_the_mail_is_sent(mail_server, place, buyer):
    order = make_order(12, warehouse=place)
    send_purchase_order(order=order, acting_user=buyer)
    PurchaseOrder.objects.filter(pk=order.pk).update(notes="Ring twice.")

    deliver_due_messages()

    [file] = mail_server.mails[0].iter_attachments()
    assert "Ring twice." in text_of(file.get_content())


def test_names_can_neither_add_headers_nor_markup(mail_server, place):
    CompanySettings.objects.create(pk=1, name=EVIL, letterhead=EVIL)
    buyer = UserFactory(role="manager")
    type(buyer).objects.filter(pk=buyer.pk).update(
        first_name="A\r\nBcc: b@c.de", last_name="X\r\nCc: a@b.c"
    )
    buyer.refresh_from_db()
    supplier = SupplierFactory(company_name=EVIL, primary_contact=EVIL, email="s@acme.example")
    variation = VariationFactory(product=ProductFactory(name=EVIL))
    order = make_order(
        1, supplier=supplier, warehouse=place, variations=[variation], notes=EVIL,
        shipping_address={"name": EVIL},
    )  # fmt: skip

    send_purchase_order(order=order, acting_user=buyer)
    deliver_due_messages()

    [mail] = mail_server.mails
    assert (mail["Bcc"], mail["Cc"], mail["To"]) == (None, None, "s@acme.example")
    assert mail["Subject"].startswith(f"Purchase order {order.order_number} from Acme Bcc: thief")
    assert mail["Reply-To"].addresses[0].addr_spec == buyer.email
    assert len(mail["Reply-To"].addresses) == 1
    assert "<script>" not in body(mail, "html")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in body(mail, "html")
    [file] = mail.iter_attachments()
    assert file.get_filename() == f"{order.order_number}.pdf"
    assert "<script>alert(1)</script>" in text_of(file.get_content())


def test_an_address_with_a_line_end_is_never_sent_to(mail_server, place, buyer):
    order = make_order(1, warehouse=place)
    send_purchase_order(order=order, acting_user=buyer)
    order_mails().update(address="a@acme.example\r\nBcc: thief@example.com")

    deliver_due_messages()

    assert mail_server.mails == []
    assert "Invalid address" in order_mails().get().last_error


def cancel(order, buyer):
    cancel_purchase_order(order=order, acting_user=buyer)


def receive(order, buyer):
    receive_purchase_order(order=order, acting_user=buyer)


def drop(order, buyer):
    order.items.all().delete()
    order.delete()


@pytest.mark.parametrize(
    ("change", "note"),
    [(cancel, "is cancelled"), (receive, "is received"), (drop, "does not exist any more")],
)
def test_an_order_that_is_over_is_not_mailed(mail_server, place, buyer, change, note):
    order = make_order(1, warehouse=place)
    send_purchase_order(order=order, acting_user=buyer)
    change(order, buyer)

    deliver_due_messages()

    message = order_mails().get()
    assert (mail_server.mails, message.status) == ([], "closed")
    assert note in message.note


def test_every_way_of_sending_mails_and_receiving_a_draft_does_not(api, place):
    supplier = SupplierFactory()
    manager = api("manager", place)
    variation = VariationFactory()
    lines = {"items": [{"sku": variation.sku_code, "quantity_ordered": 2}]}
    head = {"supplier_id": supplier.code, "warehouse": place.code}

    manager.post(PATH, {**head, **lines, "status": "sent"})
    assert order_mails().count() == 1
    by_patch = make_order(1, warehouse=place)
    manager.patch(f"{PATH}{by_patch.order_number}/", {"status": "Submitted"})
    assert order_mails().count() == 2
    manager.patch(f"{PATH}{by_patch.order_number}/", {"status": "sent", "notes": "Again"})
    manager.post(PATH, {**head, **lines, "status": "received"})
    manager.post(f"{PATH}{make_order(1, warehouse=place).order_number}/receive/")
    assert order_mails().count() == 2


def test_quiet_sending_mails_nothing(place, buyer):
    order = make_order(1, warehouse=place)

    send_purchase_order(order=order, quiet=True, acting_user=buyer)

    assert order_mails().count() == 0


def test_sending_again_mails_the_order_once_more(api, mail_server, place):
    order = make_order(1, warehouse=place)
    manager = api("manager", place)
    path = f"{PATH}{order.order_number}/send/"

    first = manager.post(path)
    before = facts(order)
    again = manager.post(path, {"again": True}, headers={"Idempotency-Key": "k"})
    repeated = manager.post(path, {"again": True}, headers={"Idempotency-Key": "k"})
    deliver_due_messages()

    assert [one.status_code for one in (first, again, repeated)] == [200, 200, 200]
    assert first.json()["mailed_to"] == again.json()["mailed_to"] == order.supplier.email
    assert first.json()["message"] == "Purchase order sent successfully"
    assert facts(order) == before
    assert len(mail_server.mails) == len(set(mail_server.message_ids)) == 2


def test_an_amended_order_that_is_sent_again_says_which_amendment(mail_server, place, buyer):
    order = make_order(1, warehouse=place, status="sent")
    deliver_due_messages()
    change_purchase_order(order=order, details={"notes": "Gate 2"}, acting_user=buyer)

    send_purchase_order_again(order=order, acting_user=buyer)
    deliver_due_messages()

    first, second = mail_server.mails
    assert first["Subject"] == f"Purchase order {order.order_number}"
    assert second["Subject"] == f"Purchase order {order.order_number}, amendment 1"
    assert "We changed this order." in body(second, "plain")
    [file] = second.iter_attachments()
    assert f"{order.order_number}, amendment 1" in text_of(file.get_content())


def test_what_waits_for_approval_is_neither_sent_again_nor_mailed(api, mail_server, place, buyer):
    order = make_order(4, warehouse=place, status="sent")
    CompanySettings.objects.update_or_create(pk=1, defaults={"purchase_approval_limit": 15})
    change_purchase_order(order=order, details={"shipping_cost": Decimal(9)}, acting_user=buyer)

    answer = api("manager", place).post(f"{PATH}{order.order_number}/send/", {"again": True})
    deliver_due_messages()

    assert (answer.status_code, answer.json()["code"]) == (409, "approval_needed")
    message = order_mails().get()
    assert (mail_server.mails, message.status) == ([], "closed")
    assert "waits for approval" in message.note


@pytest.mark.parametrize("status", ["draft", "received", "cancelled"])
def test_what_the_supplier_does_not_owe_is_not_sent_again(api, place, status):
    order = make_order(1, warehouse=place, status=status)
    before = facts(order), order_mails().count()

    answer = api("manager", place).post(f"{PATH}{order.order_number}/send/", {"again": True})

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert list(answer.json()["details"]) == ["again"]
    assert (facts(order), order_mails().count()) == before


def test_a_sent_order_is_not_sent_a_second_time_by_accident(api, place):
    order = make_order(1, warehouse=place, status="sent")

    answer = api("manager", place).post(f"{PATH}{order.order_number}/send/")

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert order_mails().count() == 1


def test_a_supplier_without_address_gets_no_mail_and_the_answer_says_so(api, place):
    order = make_order(1, warehouse=place, supplier=SupplierFactory(email=""))
    manager = api("manager", place)
    path = f"{PATH}{order.order_number}/send/"

    sent = manager.post(path)
    again = manager.post(path, {"again": True})

    assert (sent.status_code, sent.json()["mailed_to"], sent.json()["status"]) == (
        200,
        None,
        "sent",
    )
    assert "no e-mail address" in sent.json()["message"]
    assert (again.status_code, again.json()["code"]) == (409, "supplier_without_address")
    assert order_mails().count() == 0


@pytest.mark.parametrize("again", ["maybe", 7, None, []])
def test_a_body_that_makes_no_sense_is_named(api, place, again):
    order = make_order(1, warehouse=place, status="sent")

    answer = api("manager", place).post(f"{PATH}{order.order_number}/send/", {"again": again})

    assert (answer.status_code, list(answer.json()["details"])) == (400, ["again"])
    assert order_mails().count() == 1


def test_a_failed_transaction_leaves_no_mail(place, buyer):
    supplier = SupplierFactory(status="inactive")
    order = make_order(1, warehouse=place)
    PurchaseOrder.objects.filter(pk=order.pk).update(supplier=supplier)

    with pytest.raises(Exception, match="is inactive"):
        send_purchase_order(order=order, acting_user=buyer)

    assert order_mails().count() == 0


def test_a_new_order_that_is_sent_at_once_mails_in_its_transaction(place, buyer):
    variation = VariationFactory()
    create_purchase_order(
        supplier=SupplierFactory(),
        warehouse=place,
        lines=[OrderLine(variation=variation, quantity_ordered=Decimal(1))],
        status="sent",
        acting_user=buyer,
    )

    assert order_mails().get().payload["buyer_id"] == buyer.pk


def test_sending_again_asks_for_the_lock_of_the_order(place, buyer, django_assert_num_queries):
    order = make_order(1, warehouse=place, status="sent")

    # Two for the savepoint, the order, its supplier, how often before, the message, its savepoint.
    with django_assert_num_queries(6):
        send_purchase_order_again(order=order, acting_user=buyer)
