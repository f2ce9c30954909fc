from collections.abc import Iterator

import pytest

from notifications.models import Notification, OutboxMessage
from notifications.registry import CauseGone, Mail, register_event_handler, register_mail
from tests.factories.users import UserFactory
from tests.mail_server import MailServer, running_mail_server


@pytest.fixture
def mail_server(settings) -> Iterator[MailServer]:
    """A running SMTP server that the product sends through."""
    with running_mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@register_event_handler("tests.note")
def write_note(payload):
    """Leave a row for each time the handler's transaction was committed."""
    Notification.objects.create(
        recipient_id=payload.get("user") or UserFactory().pk,
        topic="tests.note",
        title=f"note {payload['number']}",
    )
    if payload.get("fails"):
        raise ValueError("the handler failed after it wrote")


@register_mail("tests.greeting")
def write_greeting(message: OutboxMessage) -> Mail:
    if message.payload.get("gone"):
        raise CauseGone("Nobody needs a greeting any more.")
    return Mail(
        subject=message.payload.get("subject", "Hello"),
        template="greeting",
        context={"text": message.payload["text"]} if "text" in message.payload else {},
    )


@pytest.fixture(autouse=True)
def greeting_templates(settings):
    """Add the templates of the test's own mails to the product's."""
    folder = settings.BASE_DIR / "tests" / "notifications" / "templates"
    settings.TEMPLATES = [
        {**settings.TEMPLATES[0], "DIRS": [*settings.TEMPLATES[0]["DIRS"], folder]}
    ]
