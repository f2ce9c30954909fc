"""While the database is away a request is told so, and to come again; it is no fault of ours."""

import pytest
from django.db import InterfaceError, OperationalError, connection, connections
from psycopg import errors
from rest_framework.test import APIClient

from common.api.exception_handler import is_away
from common.api.views import TRY_AGAIN
from inventory.models import StockMovement
from tests.reliability.writes import bearer, new_place

pytestmark = pytest.mark.django_db(transaction=True)


def caused_by(cause):
    error = OperationalError("trouble")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (OperationalError("connection refused"), True),
        (InterfaceError("connection already closed"), True),
        (caused_by(errors.AdminShutdown()), True),
        (caused_by(errors.CannotConnectNow()), True),
        (caused_by(errors.TooManyConnections()), True),
        (caused_by(errors.QueryCanceled()), True),
        (caused_by(errors.DeadlockDetected()), False),
        (caused_by(errors.DiskFull()), False),
        (ValueError("ours"), False),
    ],
)
def test_what_is_an_absent_database(error, away):
    assert is_away(error) is away


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", "/api/stocks/"),
        ("post", "/api/stock-movements/"),
        ("patch", "/api/suppliers/SUP001/"),
        ("get", "/admin/"),
    ],
)
def test_without_a_database_everybody_is_told_to_come_again(monkeypatch, method, address):
    place = new_place()
    client = APIClient(
        raise_request_exception=False,
        HTTP_AUTHORIZATION=bearer(place.admin),
        HTTP_IDEMPOTENCY_KEY="once",
    )
    client.cookies["sessionid"] = "some-session"
    connection.close()

    with monkeypatch.context() as patch:
        nowhere = connections.settings["default"]
        patch.setitem(nowhere, "HOST", "127.0.0.1")
        patch.setitem(nowhere, "PORT", "1")
        answer = getattr(client, method)(address)
        connection.close()

    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    if address.startswith("/api/"):
        assert set(answer.json()) == {"error", "message", "code", "details"}
        assert answer.json()["code"] == "database_unavailable"
    else:
        assert answer.content.decode() == TRY_AGAIN
    assert not StockMovement.objects.exists()
