"""Work in bulk takes as long as it must; before and after, a request's limits hold."""

import pytest
from django.db import OperationalError, connection, transaction

from operations.patient_session import patient_session

pytestmark = pytest.mark.django_db(transaction=True)

SLOW = "SELECT pg_sleep(0.2)"


@pytest.fixture
def hurried_session():
    """The limit of the connection is less than the statement takes."""
    connection.settings_dict["OPTIONS"]["options"], kept = (
        "-c statement_timeout=50ms",
        connection.settings_dict["OPTIONS"].get("options", ""),
    )
    connection.close()
    yield
    connection.settings_dict["OPTIONS"]["options"] = kept
    connection.close()


def is_cancelled() -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(SLOW)
    except OperationalError:
        return True
    return False


def test_a_long_statement_ends_within_a_patient_session_and_nowhere_else(hurried_session):
    assert is_cancelled()
    with patient_session():
        assert not is_cancelled()
    assert is_cancelled()


def test_the_limits_return_after_a_failure(hurried_session):
    with pytest.raises(ZeroDivisionError), patient_session():
        raise ZeroDivisionError
    assert is_cancelled()
