"""How far an import is can be seen while its transaction lasts; a dead run is taken up again."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from common.exceptions import Busy
from inventory.models import Product
from operations.exchange import jobs
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
