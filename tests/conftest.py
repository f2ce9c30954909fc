"""Fixtures of all tests: real PostgreSQL, as the application's role."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import environ
import pytest
from django.conf import settings
from django.db import connection
from pytest_django.plugin import DjangoDbBlocker
from rest_framework.test import APIClient

from common.permissions import Role
from operations.ledger_verification import verify_ledger
from tests.counts import Count, add_option
from tests.database import database_of_this_process
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory
from warehouses.models import Warehouse

pytest_addoption = add_option


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say at the end what tests recorded of themselves, also where workers ran them."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, told in report.user_properties if report.when == "call" else ():
                terminalreporter.write_line(f"{name}: {told}")


@pytest.fixture(scope="session")
def count(request: pytest.FixtureRequest) -> Count:
    """Return a function that picks how often something is repeated: `count(3, full=20)`."""
    return Count(request.config.getoption("--full"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Create the test database as the owner, so that migrations and flushes may do their work."""
    if settings.DATABASE_OWNER_URL:
        owner = environ.Env().db_url_config(settings.DATABASE_OWNER_URL)
        for part in ("USER", "PASSWORD"):
            connection.settings_dict[part] = owner[part]


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None,
    django_db_blocker: DjangoDbBlocker,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """Then be the application's role, which cannot change history; only a flush is the owner's."""
    with ExitStack() as stack:
        with django_db_blocker.unblock():
            stack.enter_context(database_of_this_process())
            connection.settings_dict["OPTIONS"]["assume_role"] = settings.DATABASE_APP_ROLE
            connection.close()
        yield
        with django_db_blocker.unblock():
            connection.close()
            del connection.settings_dict["OPTIONS"]["assume_role"]
            stack.close()


@pytest.fixture(autouse=True, scope="session")
def flush_as_owner() -> Iterator[None]:
    """Let the flush after a transactional test empty the append-only tables too."""
    operations = type(connection.ops)
    execute = operations.execute_sql_flush

    def execute_as_owner(self: Any, statements: list[str]) -> None:
        execute(
            self,
            [
                "RESET ROLE",
                "SET inventorypulse.maintenance = 'on'",
                *statements,
                "RESET inventorypulse.maintenance",
                f"SET ROLE {connection.ops.quote_name(settings.DATABASE_APP_ROLE)}",
            ],
        )

    operations.execute_sql_flush = execute_as_owner
    yield
    operations.execute_sql_flush = execute


@pytest.fixture(autouse=True, scope="session")
def no_request_limits() -> None:
    """Let tests send as fast as they can; those of the limits set their own."""
    settings.ANONYMOUS_REQUESTS_PER_MINUTE = settings.USER_REQUESTS_PER_MINUTE = 0
    settings.REGISTRATIONS_PER_MINUTE = 0


@pytest.fixture(autouse=True, scope="module")
def turn_on_the_cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Let modules marked `quiet_cluster` run while no other test process has a transaction open.

    How far commits are known to be complete is told for the whole cluster: a transaction of another
    test, on another database, holds it back. Whoever waits for quiet keeps the door, so that the
    others do not go on passing by.
    """
    # What the processes of one run share; a run of one process shares nothing, least of all with
    # runs of other checkouts, whose servers are others.
    own = tmp_path_factory.getbasetemp()
    folder = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    wants_quiet = request.node.get_closest_marker("quiet_cluster") is not None
    with (folder / "door.lock").open("w") as door, (folder / "cluster.lock").open("w") as cluster:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(cluster, fcntl.LOCK_EX if wants_quiet else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield


@pytest.fixture
def api() -> Callable[..., APIClient]:
    """Return a function that gives an API client signed in with a role.

    `api("manager", warehouse)` belongs to the warehouses given; the user is `client.user`.
    """

    def sign_in(role: str, *warehouses: Warehouse) -> APIClient:
        client = APIClient()
        client.user = UserFactory(role=Role(role))
        for number, warehouse in enumerate(warehouses):
            MembershipFactory(user=client.user, warehouse=warehouse, is_default=number == 0)
        client.force_authenticate(client.user)
        return client

    return sign_in


@pytest.fixture
def sound_ledger() -> Iterator[None]:
    """Whatever a test does, the ledger is sound afterwards."""
    yield
    assert verify_ledger() == []
