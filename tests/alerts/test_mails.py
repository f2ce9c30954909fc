import pytest

from alerts.models import Alert
from alerts.services import dismiss_alert, refresh_stock_alerts
from inventory.models import Stock
from notifications.models import OutboxMessage
from notifications.services import deliver_due_messages
from tests.alerts.stocks import move, stock_of

pytestmark = pytest.mark.django_db


def mail_text(mail, kind):
    return mail.get_body(kind).get_content()


def test_alert_is_mailed_in_html_and_text_with_the_figures_of_the_moment(
    mail_server, warehouse, manager, settings
):
    settings.PUBLIC_URL = "https://stock.example.com"
    stock = stock_of(12, warehouse=warehouse, name="Nut", sku_code="NUT-4", reorder_quantity=150)
    refresh_stock_alerts([stock.pk])
    move(stock, -2)

    deliver_due_messages()

    [mail] = mail_server.mails
    alert = Alert.objects.get()
    assert mail["To"] == manager.email
    assert mail["Subject"] == "[low] Low Stock Alert: Nut (WH-EAST)"
    text, html = mail_text(mail, "plain"), mail_text(mail, "html")
    named = f"Nut ({stock.variation.product.code})"
    for part in (named, "NUT-4", "WH-EAST", "10 pieces", "20 pieces", "150 pieces", alert.code):
        assert part in text
    for part in (named, "NUT-4", "WH-EAST", "East &amp; Co", "150 pieces", alert.code):
        assert part in html
    assert ">10 <" in html
    assert ">20 <" in html
    assert "East & Co" in text
    assert "https://stock.example.com/" in text
    assert 'href="https://stock.example.com/"' in html
    kept = OutboxMessage.objects.get(channel="email")
    assert (kept.status, kept.subject) == ("sent", mail["Subject"])
    assert kept.body.strip() == text.strip().replace("\r\n", "\n")


def test_product_name_can_neither_add_headers_nor_markup(mail_server, warehouse, manager):
    name = "Bolt\r\nBcc: thief@example.com <script>alert(1)</script>"
    refresh_stock_alerts([stock_of(5, warehouse=warehouse, name=name).pk])

    deliver_due_messages()

    [mail] = mail_server.mails
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith(
        "[high] Low Stock Alert: Bolt Bcc: thief@example.com <script>"
    )
    assert "<script>" not in mail_text(mail, "html")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in mail_text(mail, "html")


@pytest.mark.parametrize(
    ("reorder_quantity", "max_stock_level", "incoming", "suggestion"),
    [
        (150, 500, 0, "order 150 pieces"),
        (None, 500, 0, "order 495 pieces"),
        (None, 500, 10, "order 485 pieces"),
        (None, None, 0, "order 35 pieces"),
        (150, 500, 15, "order 150 pieces"),
        (150, 500, 16, "enough is on its way"),
    ],
)
def test_mail_suggests_how_much_to_order(
    mail_server, warehouse, manager, reorder_quantity, max_stock_level, incoming, suggestion
):
    stock = stock_of(
        5, warehouse=warehouse, reorder_quantity=reorder_quantity, max_stock_level=max_stock_level
    )
    Stock.objects.filter(pk=stock.pk).update(incoming=incoming)
    refresh_stock_alerts([stock.pk])

    deliver_due_messages()

    assert suggestion in mail_text(mail_server.mails[0], "plain")


def recover(stock, alert, manager):
    Stock.objects.filter(pk=stock.pk).update(on_hand=100)


def dismiss(stock, alert, manager):
    dismiss_alert(alert=alert, acting_user=manager)


def leave_warehouse(stock, alert, manager):
    manager.warehouse_memberships.all().delete()


def want_no_mail(stock, alert, manager):
    manager.notify_low_stock = False
    manager.save()


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (recover, "The stock has recovered meanwhile."),
        (dismiss, "is dismissed"),
        (leave_warehouse, "The recipient is not told of this warehouse's alerts any more."),
        (want_no_mail, "The recipient does not want mails about this."),
    ],
)
def test_mail_whose_cause_is_gone_is_closed_unsent(mail_server, warehouse, manager, change, note):
    stock = stock_of(5, warehouse=warehouse)
    refresh_stock_alerts([stock.pk])
    OutboxMessage.objects.filter(channel="event").delete()
    change(stock, Alert.objects.get(), manager)

    deliver_due_messages()

    message = OutboxMessage.objects.get()
    assert mail_server.mails == []
    assert message.status == "closed"
    assert note in message.note
