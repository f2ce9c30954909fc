from collections.abc import Iterator

import pytest

from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from tests.mail_server import MailServer, running_mail_server


@pytest.fixture
def mail_server(settings) -> Iterator[MailServer]:
    """A running SMTP server that the product sends through."""
    with running_mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture
def warehouse():
    return WarehouseFactory(code="WH-EAST", name="East & Co")


@pytest.fixture
def manager(warehouse):
    user = UserFactory(username="maria", role="manager")
    MembershipFactory(user=user, warehouse=warehouse)
    return user
