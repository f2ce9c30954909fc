"""Several measurements of suppliers at once."""

import time
from threading import Thread

import pytest
from django.db import connection, transaction

from purchasing.services import measuring
from purchasing.services.measuring import measure_suppliers
from suppliers.models import SupplierPerformance, SupplierStanding
from tests.factories.measured import MEASURED_AT, Buyer, at, example
from tests.factories.suppliers import SupplierFactory
from tests.threads import run_at_once


@pytest.mark.django_db(transaction=True)
def test_several_measurements_at_once_leave_one_row_a_month():
    example()

    outcomes = run_at_once(*[lambda: measure_suppliers(at=MEASURED_AT)] * 4)

    assert sorted(outcomes) == [0, 0, 0, 3]
    assert SupplierPerformance.objects.count() == 3
    assert SupplierStanding.objects.count() == 2


def measured_while_another_measurement_is_under_way(key):
    """Measure while a transaction that orders something holds an advisory lock; say what it saw."""
    buyer = Buyer(SupplierFactory())
    measured = []
    thread = Thread(target=measure_and_close, args=[measured])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])
        buyer.order(at(2, 1), at(2, 5), (1, 1))
        thread.start()
        for _ in range(200):
            cursor.execute("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            if measured or cursor.fetchone() is not None:
                break
            time.sleep(0.01)
    thread.join(timeout=30)
    return measured


def measure_and_close(measured):
    measured.append(measure_suppliers(at=MEASURED_AT))
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_measurement_waits_for_the_one_before_and_sees_what_was_written_meanwhile():
    assert measured_while_another_measurement_is_under_way(measuring.LOCK) == [1]


@pytest.mark.django_db(transaction=True)
def test_control_a_measurement_that_does_not_wait_would_write_what_is_past():
    assert measured_while_another_measurement_is_under_way(measuring.LOCK + 1) == [0]
