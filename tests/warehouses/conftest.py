from collections.abc import Callable, Iterator

import pytest

from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from tests.mail_server import MailServer, running_mail_server
from users.models import User
from warehouses.models import Registration


@pytest.fixture
def place():
    return WarehouseFactory(code="WH-EAST", name="East & Co", is_default=True)


@pytest.fixture
def foreign():
    return WarehouseFactory(code="WH-WEST")


@pytest.fixture
def pending(place) -> Callable[..., User]:
    """Return a function that makes somebody who waits to be let into `place`."""

    def make(role: str = "staff", warehouse=place, **fields) -> User:
        user = UserFactory(status="pending", role=role, **fields)
        Registration.objects.create(
            user=user, username=user.username, warehouse=warehouse, role=role
        )
        return user

    return make


@pytest.fixture
def member(place) -> Callable[..., User]:
    """Return a function that makes somebody who works in `place`, or in other warehouses."""

    def make(role: str = "staff", *warehouses, **fields) -> User:
        user = UserFactory(role=role, **fields)
        for number, warehouse in enumerate(warehouses or (place,)):
            MembershipFactory(user=user, warehouse=warehouse, is_default=number == 0)
        return user

    return make


@pytest.fixture
def mail_server(settings) -> Iterator[MailServer]:
    """A running SMTP server that the product sends through."""
    with running_mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server
