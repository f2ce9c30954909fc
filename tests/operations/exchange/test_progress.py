"""How far an import is can be seen while its transaction lasts; a dead run is taken up again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, connections
from django.utils import timezone

from common.exceptions import Busy, NotAllowed, WrongState
from inventory.models import Product
from operations.exchange import jobs
from operations.exchange.exceptions import ImportCancelled
from operations.exchange.run import LOCK
from operations.exchange.staging import Options
from operations.models import ImportJob
from tests.factories.users import UserFactory

GOOD = b"sku,name\nSKU-1,One\n"


def queued(monkeypatch):
    monkeypatch.setattr(jobs, "AT_ONCE", 1)
    return jobs.create_import(
        kind="products",
        chunks=[GOOD],
        file_name="goods.csv",
        options=Options(),
        dry_run=False,
        acting_user=UserFactory(role="admin"),
    )


@pytest.mark.django_db(transaction=True)
def test_the_percentage_is_seen_by_others_before_the_import_is_through(monkeypatch):
    monkeypatch.setattr(jobs, "SECONDS_BETWEEN", 0)
    job, seen = queued(monkeypatch), []

    with jobs.told_progress(job.pk, watched=True) as tell:
        for percent in (10, 60):
            tell(percent)
            seen.append(ImportJob.objects.get(pk=job.pk).percent)

    assert seen == [10, 60]
    assert jobs.run_due_imports() == 1
    job.refresh_from_db()
    assert (job.state, job.percent, Product.objects.count()) == ("imported", 100, 1)


@pytest.mark.django_db
def test_a_dead_run_is_taken_up_again_and_a_living_one_left_alone(monkeypatch):
    job = queued(monkeypatch)
    now = timezone.now()
    ImportJob.objects.update(state="running", started_at=now - timedelta(minutes=1), attempts=1)

    assert jobs.run_due_imports() == 0
    ImportJob.objects.update(started_at=now - timedelta(minutes=9))
    assert jobs.run_due_imports() == 1
    job.refresh_from_db()
    assert (job.state, job.attempts, Product.objects.count()) == ("imported", 2, 1)


@pytest.mark.django_db
def test_a_run_that_died_three_times_is_given_up(monkeypatch):
    queued(monkeypatch)
    ImportJob.objects.update(
        state="running", started_at=timezone.now() - timedelta(minutes=9), attempts=3
    )

    assert jobs.run_due_imports() == 0
    assert ImportJob.objects.get().state == "failed"
    assert Product.objects.count() == 0


@pytest.mark.django_db
def test_imports_of_long_ago_are_deleted(monkeypatch):
    queued(monkeypatch)
    assert jobs.purge_imports() == 0

    ImportJob.objects.update(created_at=timezone.now() - timedelta(days=31))

    assert (jobs.purge_imports(), ImportJob.objects.count()) == (1, 0)


@pytest.mark.django_db(transaction=True)
def test_one_import_writes_at_a_time_while_others_may_be_judged(monkeypatch):
    beside = connection.copy()
    try:
        with beside.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        job = queued(monkeypatch)
        assert jobs.run_due_imports() == 1
        assert list(ImportJob.objects.values_list("state", "attempts")) == [("queued", 0)]
        ImportJob.objects.update(dry_run=True)
        jobs.run_import(job.pk, watched=False)
        assert ImportJob.objects.get().state == "checked"
        ImportJob.objects.update(state="queued", dry_run=False)
        with pytest.raises(Busy):
            jobs.run_import(job.pk, watched=False)
        assert Product.objects.count() == 0
    finally:
        beside.close()

    job = queued(monkeypatch)
    jobs.run_import(job.pk, watched=False)  # without the lock of somebody else it goes through

    assert Product.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_running_import_that_is_cancelled_writes_nothing(monkeypatch):
    job = queued(monkeypatch)
    seen = []

    def cancel_on_the_way(percent):
        """Cancel past the import's transaction, as another person's request does."""
        if not seen:
            with ThreadPoolExecutor(1) as other:
                other.submit(cancel_elsewhere, job).result()
        seen.append(percent)

    jobs.run_import(job.pk, watched=False, progress=cancel_on_the_way)

    job.refresh_from_db()
    assert (job.state, job.message) == (
        "cancelled", f"Cancelled by {job.created_by.username}; nothing was imported.",
    )  # fmt: skip
    assert (len(seen) > 1, Product.objects.count(), job.parts.count()) == (True, 0, 0)


def cancel_elsewhere(job):
    try:
        jobs.cancel_import(job=job, acting_user=job.created_by)
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_of_a_run_that_fails_after_it_was_cancelled_the_trace_is_kept(monkeypatch, caplog):
    job = queued(monkeypatch)

    def cancel_and_fail(percent):
        with ThreadPoolExecutor(1) as other:
            other.submit(cancel_elsewhere, job).result()
        raise ZeroDivisionError(f"at {percent}")

    with pytest.raises(ImportCancelled):
        jobs.run_import(job.pk, watched=False, progress=cancel_and_fail)

    assert f"Import {job.pk} failed." in caplog.text
    assert "ZeroDivisionError: at 10" in caplog.text
    job.refresh_from_db()
    assert (job.state, Product.objects.count()) == ("cancelled", 0)


@pytest.mark.django_db(transaction=True)
def test_an_import_whose_marked_rows_cannot_be_stored_has_failed_as_a_whole(monkeypatch):
    monkeypatch.setattr(f"{__name__}.GOOD", b"sku,name,cost_price\nSKU-1,One,much\n")
    job, beside = queued(monkeypatch), connection.copy()
    try:
        with beside.cursor() as other, connection.cursor() as cursor:
            other.execute("BEGIN; LOCK TABLE operations_importmarkedpart IN EXCLUSIVE MODE")
            cursor.execute("SET lock_timeout = '100ms'")
            with pytest.raises(OperationalError):
                jobs.run_import(job.pk, watched=False)
            cursor.execute("RESET lock_timeout")
    finally:
        beside.close()

    job.refresh_from_db()
    assert (job.state, job.message) == ("failed", jobs.TOLD_OF_FAILURE)
    assert (job.report, job.has_marked_rows, job.marked_parts.count()) == ({}, False, 0)
    assert Product.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_watched_import_notices_on_the_way_that_it_was_cancelled(monkeypatch):
    job = queued(monkeypatch)
    monkeypatch.setattr(jobs, "SECONDS_BETWEEN", 0)
    ImportJob.objects.update(state="cancelled")

    with jobs.told_progress(job.pk, watched=True) as tell, pytest.raises(ImportCancelled):
        tell(10)


@pytest.mark.django_db
def test_what_waits_is_cancelled_and_what_is_through_is_not(monkeypatch):
    job = queued(monkeypatch)
    person = UserFactory(role="manager")

    jobs.cancel_import(job=job, acting_user=person)

    assert (jobs.run_due_imports(), Product.objects.count()) == (0, 0)
    with pytest.raises(WrongState):
        jobs.cancel_import(job=job, acting_user=person)
    with pytest.raises(NotAllowed):
        jobs.cancel_import(job=queued(monkeypatch), acting_user=UserFactory(role="staff"))
    assert list(ImportJob.objects.order_by("pk").values_list("state", flat=True)) == [
        "cancelled", "queued",
    ]  # fmt: skip
