"""An event server of its own, and who listens to it."""

from http.client import HTTPConnection

import pytest

from tests.factories.inventory import VariationFactory
from tests.factories.warehouses import WarehouseFactory
from tests.operations.event_streams import Listener, event_server


@pytest.fixture
def warehouse():
    return WarehouseFactory()


@pytest.fixture
def variation():
    return VariationFactory()


@pytest.fixture(scope="module")
def server_log(tmp_path_factory):
    return tmp_path_factory.mktemp("events") / "log"


@pytest.fixture(scope="module")
def server(django_db_setup, django_db_blocker, server_log):
    """One process for the tests that do not stop it."""
    with django_db_blocker.unblock(), event_server(server_log) as (port, _):
        yield port


@pytest.fixture
def http(request):
    """Return a function that gives a connection, which is closed after the test."""

    def connect(port):
        client = HTTPConnection("127.0.0.1", port, timeout=10)
        request.addfinalizer(client.close)
        return client

    return connect


@pytest.fixture(autouse=True)
def hang_up():
    """Close whatever a test has opened."""
    yield
    while Listener.opened:
        Listener.opened.pop().hang_up()
