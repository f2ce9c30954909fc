import pytest
from django.test import Client

from notifications.models import OutboxMessage
from tests.factories.notifications import MailFactory
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin_site(settings):
    settings.SECURE_SSL_REDIRECT = False
    client = Client()
    client.force_login(User.objects.create_superuser("boss", "boss@example.com", "pass-word-93"))
    return client


def test_dead_messages_are_shown_and_delivered_again(admin_site):
    dead = MailFactory(status="dead", attempts=8, last_error="550 no such user")
    sent = MailFactory(status="sent", attempts=1)

    page = admin_site.get("/admin/notifications/outboxmessage/?status__exact=dead")
    answer = admin_site.post(
        "/admin/notifications/outboxmessage/",
        {"action": "deliver_again", "_selected_action": [dead.pk, sent.pk]},
        follow=True,
    )

    assert "550 no such user" in page.content.decode()
    assert "1 dead messages will be delivered again." in answer.content.decode()
    assert OutboxMessage.objects.get(pk=dead.pk).status == "pending"
    assert OutboxMessage.objects.get(pk=sent.pk).status == "sent"


def test_outbox_cannot_be_edited(admin_site):
    message = MailFactory()
    page = f"/admin/notifications/outboxmessage/{message.pk}/"

    assert admin_site.get(f"{page}change/").status_code == 200
    assert admin_site.post(f"{page}change/", {"topic": "x"}).status_code == 403
    assert admin_site.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    assert admin_site.get("/admin/notifications/outboxmessage/add/").status_code == 403
    assert OutboxMessage.objects.get().topic == message.topic
