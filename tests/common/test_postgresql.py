"""The database backend: connections that died are noticed, and times are those of Django."""

from datetime import UTC, datetime

import psycopg
import pytest
from django.db import OperationalError, connection
from django.db.backends.postgresql.psycopg_any import BaseTzLoader

from common.postgresql.base import QuickTimeLoader


class DjangosLoader(BaseTzLoader):
    timezone = UTC


class OurLoader(QuickTimeLoader):
    timezone = UTC


@pytest.fixture
def other_session():
    """A session beside Django's own, which sees and ends it."""
    parameters = connection.get_connection_params()
    chosen = {name: parameters[name] for name in ("host", "port", "user") if name in parameters}
    with psycopg.connect(**chosen, dbname=parameters["dbname"], autocommit=True) as session:
        yield session


@pytest.fixture
def begin_request():
    """Do what the first question of a request does to a connection that was used before."""
    connection.ensure_connection()
    connection.health_check_enabled = True

    def begin():
        connection.health_check_done = False
        connection.close_if_health_check_failed()
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return cursor.fetchone()[0]

    yield begin
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_ended_session_is_replaced_at_the_next_request(begin_request, other_session):
    pid = begin_request()
    assert begin_request() == pid

    other_session.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])

    assert begin_request() != pid


@pytest.mark.django_db(transaction=True)
def test_without_the_check_the_request_would_fail(begin_request, other_session):
    """The control: what the check spares."""
    pid = begin_request()
    other_session.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    connection.health_check_enabled = False

    with pytest.raises(OperationalError):
        begin_request()


@pytest.mark.django_db(transaction=True)
def test_living_session_is_asked_nothing_before_the_first_question(begin_request, other_session):
    pid = begin_request()

    begin_request()

    found = other_session.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid])
    assert found.fetchone() == ("SELECT pg_backend_pid()",)
    connection.health_check_done = False
    connection.close_if_health_check_failed()
    found = other_session.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid])
    assert found.fetchone() == ("SELECT pg_backend_pid()",)


@pytest.mark.django_db(transaction=True)
def test_session_is_asked_after_an_error(begin_request, other_session):
    pid = begin_request()
    connection.errors_occurred = True

    assert connection.is_usable()

    found = other_session.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [pid])
    assert found.fetchone() == ("SELECT 1",)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31 12:00:00+00",
        "2026-01-31 12:00:00.1+00",
        "2026-01-31 12:00:00.123+00",
        "2026-01-31 12:00:00.123456+00",
        "0001-01-01 00:00:00+00",
        "9999-12-31 23:59:59.999999+00",
        "2026-01-31 12:00:00+05:30",
        "2026-01-31 12:00:00-03",
    ],
)
def test_times_are_read_as_django_reads_them(text):
    quick, slow = OurLoader(0).load(text.encode()), DjangosLoader(0).load(text.encode())

    assert (quick, quick.tzinfo) == (slow, slow.tzinfo)


@pytest.mark.parametrize(
    "text", ["infinity", "-infinity", "0044-03-15 12:00:00+00 BC", "10000-01-01 00:00:00+00"]
)
def test_times_that_python_has_not_are_refused_as_django_refuses_them(text):
    with pytest.raises(psycopg.DataError) as ours:
        OurLoader(0).load(text.encode())
    with pytest.raises(psycopg.DataError) as djangos:
        DjangosLoader(0).load(text.encode())
    assert str(ours.value) == str(djangos.value)


@pytest.mark.django_db
def test_times_come_back_as_they_went():
    moment = datetime(2026, 1, 31, 12, 0, 0, 120, tzinfo=UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz, NULL::timestamptz", [moment])
        assert cursor.fetchone() == (moment, None)
