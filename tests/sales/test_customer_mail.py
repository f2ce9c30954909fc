"""Customers hear that goods left, where the company wants it: by mail, through the outbox."""

from decimal import Decimal

import pytest

from common.models import CompanySettings
from notifications.models import OutboxMessage
from notifications.services import deliver_due_messages
from sales.services.fulfilment import fulfil_sales_order
from sales.services.line_choice import LineRequest
from tests.factories.inventory import ProductFactory, VariationFactory, put_in_stock
from tests.factories.sales import take_order
from tests.factories.users import UserFactory
from tests.factories.warehouses import WarehouseFactory
from tests.mail_server import running_mail_server

pytestmark = pytest.mark.django_db
EVIL = "Bolt\r\nBcc: thief@example.com\r\n\r\n<script>alert(1)</script>"


@pytest.fixture
def mail_server(settings):
    """A running SMTP server that the product sends through."""
    with running_mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture
def wanted():
    return CompanySettings.objects.create(pk=1, name="Our Shop", mail_customers=True)


@pytest.fixture
def seller():
    return UserFactory(role="sales", first_name="Sam", last_name="Sales")


def order_of(seller, *quantities, name="Bolt M8", email="ann@example.com", **fields):
    place = WarehouseFactory()
    goods = [VariationFactory(product=ProductFactory(name=name)) for _ in quantities]
    for variation in goods:
        put_in_stock(variation, place, 100)
    return take_order(
        *zip(goods, quantities, strict=True), warehouse=place, acting_user=seller,
        customer_email=email, **fields,
    )  # fmt: skip


def ship(order, *quantities, **options):
    lines = [LineRequest("line", str(n), Decimal(q)) for n, q in enumerate(quantities, 1)]
    return fulfil_sales_order(order=order, lines=lines, acting_user=UserFactory(), **options)


def mails():
    return OutboxMessage.objects.filter(topic="sales.goods_left").order_by("pk")


def body(mail, kind):
    return mail.get_body(kind).get_content()


def test_a_customer_hears_what_left_and_what_is_still_to_come(mail_server, wanted, seller):
    order = order_of(seller, 5, 2, customer_id="C-7")
    first, second = [item.variation.sku_code for item in order.items.all()]

    fulfilment = ship(order, 3, 2)
    assert mails().get().payload == {"fulfilment_id": fulfilment.pk}
    deliver_due_messages()

    [mail] = mail_server.mails
    assert mail["To"] == "ann@example.com"
    assert mail["Reply-To"] == f"Sam Sales <{seller.email}>"
    assert mail["Subject"] == (
        f"Goods of your order {order.order_number} are on their way (Our Shop)"
    )
    text, html = body(mail, "plain"), body(mail, "html")
    assert f"Bolt M8 ({first}): 3 kg in this delivery, 2 kg still to come" in text
    assert f"Bolt M8 ({second}): 2 kg in this delivery, 0 kg still to come" in text
    for words in (order.order_number, fulfilment.code, "C-7", "The rest follows.", "Sam Sales"):
        assert words in text
        assert words in html
    for words in (f"Bolt M8 ({first})", ">3 kg<", ">2 kg<", "Our Shop"):
        assert words in html
    assert "9.99" not in text + html
    assert mails().get().status == "sent"


def test_each_delivery_is_told_once_and_the_last_says_that_all_is_there(
    mail_server, wanted, seller
):
    order = order_of(seller, 5)
    ship(order, 3)
    ship(order, 2)

    deliver_due_messages()
    deliver_due_messages()

    first, second = [body(mail, "plain") for mail in mail_server.mails]
    assert "3 kg in this delivery, 2 kg still to come" in first
    assert "2 kg in this delivery, 0 kg still to come" in second
    assert "All that was still to come of your order has left us." in second


def test_nobody_is_mailed_unless_the_company_wants_it(seller):
    ship(order_of(seller, 1), 1)
    assert mails().count() == 0
    CompanySettings.current()
    ship(order_of(seller, 1), 1)

    assert mails().count() == 0


def test_an_order_without_address_and_a_quiet_delivery_mail_nothing(wanted, seller):
    ship(order_of(seller, 1, email=""), 1)
    ship(order_of(seller, 1), 1, quiet=True)

    assert mails().count() == 0


def test_what_does_not_leave_is_not_told(wanted, seller):
    order = order_of(seller, 500)

    with pytest.raises(Exception, match="Too little|stock"):
        ship(order, 500)

    assert mails().count() == 0


def test_a_company_that_changed_its_mind_mails_nothing(mail_server, wanted, seller):
    ship(order_of(seller, 1), 1)
    CompanySettings.objects.update(mail_customers=False)

    deliver_due_messages()

    assert (mail_server.mails, mails().get().status) == ([], "closed")


def test_names_can_neither_add_headers_nor_markup(mail_server, wanted, seller):
    CompanySettings.objects.update(name=EVIL)
    order = order_of(seller, 1, name=EVIL, customer_id=EVIL)
    type(seller).objects.filter(pk=seller.pk).update(first_name="A\r\nBcc: b@c.de")

    ship(order, 1)
    deliver_due_messages()

    [mail] = mail_server.mails
    assert (mail["Bcc"], mail["To"]) == (None, "ann@example.com")
    assert "<script>" not in body(mail, "html")
    assert "&lt;script&gt;" in body(mail, "html")
    assert mail["Reply-To"].addresses[0].addr_spec == seller.email


def test_a_long_delivery_names_its_first_lines(mail_server, wanted, seller):
    order = order_of(seller, *[1] * 103)

    ship(order, *[1] * 103)
    deliver_due_messages()

    text = body(mail_server.mails[0], "plain")
    assert text.count("in this delivery") == 100
    assert "3 further lines stand on the packing slip." in text


@pytest.mark.parametrize("size", [1, 5])
def test_mailing_costs_two_statements(wanted, seller, size, django_assert_num_queries):
    quiet, told = order_of(seller, *[1] * size), order_of(seller, *[1] * size)
    with django_assert_num_queries(9):
        fulfil_sales_order(order=quiet, quiet=True, acting_user=seller)
    with django_assert_num_queries(11):
        fulfil_sales_order(order=told, acting_user=seller)
