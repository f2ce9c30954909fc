"""Each slot of a job is taken once, however many beats there are; everybody sees how it went."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from celery import current_app
from celery.schedules import crontab
from django.utils import timezone

from config.celery import app
from operations import schedule
from operations.models import JobRun
from operations.schedule import ScheduledJob, purge_job_runs, run_in_slot, scheduled_jobs
from tests.admin.pages import list_of
from tests.factories.users import UserFactory
from tests.threads import run_at_once

SWEEP = "check-low-stock"
NOON = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)


def job(**at):
    return ScheduledJob(name="job", task="task", schedule=crontab(**at))


@pytest.mark.parametrize(
    ("at", "slot", "next_at", "words"),
    [
        ({"hour": 3, "minute": 30}, "2026-03-01 03:30", "2026-03-02 03:30", "daily at 03:30 UTC"),
        ({"hour": 12, "minute": 0}, "2026-03-01 12:00", "2026-03-02 12:00", "daily at 12:00 UTC"),
        ({"hour": 12, "minute": 1}, "2026-02-28 12:01", "2026-03-01 12:01", "daily at 12:01 UTC"),
        ({"minute": "*/15"}, "2026-03-01 12:00", "2026-03-01 12:15", "every 15 minutes"),
        (
            {"hour": 5, "minute": 0, "day_of_week": 1},
            "2026-02-23 05:00", "2026-03-02 05:00", "cron 0 5 * * 1 UTC",
        ),
        (
            {"hour": 0, "minute": 0, "day_of_month": 1},
            "2026-03-01 00:00", "2026-04-01 00:00", "cron 0 0 1 * * UTC",
        ),
    ],
)  # fmt: skip
def test_slot_is_the_moment_at_which_the_run_was_due(at, slot, next_at, words):
    planned = job(**at)

    assert f"{planned.slot(NOON):%Y-%m-%d %H:%M}" == slot
    assert f"{planned.next_at(NOON):%Y-%m-%d %H:%M}" == next_at
    assert planned.words == words


def test_job_that_polls_counts_its_runs_by_the_hour():
    planned = ScheduledJob(name="job", task="task", schedule=5.0)

    assert planned.slot(NOON) == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert planned.next_at(NOON) == NOON + timedelta(seconds=5)
    assert planned.words == "every 5 seconds"


def test_every_job_says_its_name_to_the_task_that_it_starts():
    told = {name: entry["options"]["headers"] for name, entry in app.conf.beat_schedule.items()}

    assert told == {name: {"scheduled_job": name} for name in told}
    assert [one.name for one in scheduled_jobs()] == sorted(told)


def as_beat_sends(name, task_id):
    """Run a job's task in this process, with the headers that beat gives it."""
    entry = app.conf.beat_schedule[name]
    current_app.loader.import_default_modules()
    task = current_app.tasks[entry["task"]]
    return task.apply(task_id=task_id, headers=entry["options"]["headers"], throw=True)


@pytest.mark.django_db
def test_second_beat_finds_the_slot_taken():
    assert as_beat_sends("purge-job-runs", "one").result == 0
    assert as_beat_sends("purge-job-runs", "two").result is None

    run = JobRun.objects.get()
    assert (run.job, run.state, run.task_id, run.runs) == ("purge-job-runs", "done", "one", 1)
    assert run.result == "0"


@pytest.mark.django_db
def test_task_that_somebody_starts_by_hand_needs_no_slot():
    as_beat_sends("purge-job-runs", "one")

    assert current_app.tasks["operations.purge_job_runs"]() == 0
    assert current_app.tasks["operations.purge_job_runs"].apply().result == 0
    assert JobRun.objects.get().runs == 1


@pytest.mark.django_db
def test_message_that_comes_again_goes_on_with_its_own_run():
    """A worker that was killed: the broker gives the same message to another one."""
    schedule.take_slot(planned(SWEEP), "one")

    ran = run_in_slot(job=SWEEP, task_id="one", run=lambda: "swept")

    assert ran == "swept"
    run = JobRun.objects.get()
    assert (run.state, run.runs, run.result) == ("done", 2, "swept")
    assert run_in_slot(job=SWEEP, task_id="one", run=lambda: "twice") is None


@pytest.mark.django_db
def test_run_that_fell_silent_is_replaced_and_one_at_work_is_not():
    key = schedule.take_slot(planned(SWEEP), "one")
    assert run_in_slot(job=SWEEP, task_id="two", run=lambda: "early") is None

    JobRun.objects.filter(pk=key).update(started_at=timezone.now() - timedelta(seconds=421))

    assert run_in_slot(job=SWEEP, task_id="two", run=lambda: "late") == "late"
    assert JobRun.objects.get().task_id == "two"


@pytest.mark.django_db
def test_failure_is_noted_without_secrets_and_raised():
    def fail():
        raise ConnectionError("no answer from redis://user:secret-word@broker")

    with pytest.raises(ConnectionError):
        run_in_slot(job=SWEEP, task_id="one", run=fail)

    run = JobRun.objects.get()
    assert run.state == "failed"
    assert run.result == "ConnectionError: no answer from redis://user:[hidden]@broker"
    assert run_in_slot(job=SWEEP, task_id="one", run=lambda: "retried") == "retried"


@pytest.mark.django_db
def test_polls_leave_one_row_an_hour():
    for number in range(3):
        run_in_slot(job="deliver-outbox", task_id=str(number), run=lambda: 7)

    run = JobRun.objects.get()
    assert (run.runs, run.state, run.result) == (3, "done", "7")


@pytest.mark.django_db
def test_runs_of_long_ago_go():
    for days in (89, 91):
        slot = timezone.now() - timedelta(days=days)
        JobRun.objects.create(job=SWEEP, slot=slot, state="done", started_at=slot, finished_at=slot)

    assert purge_job_runs() == 1
    assert JobRun.objects.get().slot > timezone.now() - timedelta(days=90)


def planned(name):
    return next(one for one in scheduled_jobs() if one.name == name)


def two_beats(rounds=5):
    """Let the tasks of two beats begin at the same moment; return how many ran each time."""
    counts = []
    for _ in range(rounds):
        JobRun.objects.all().delete()
        ran = []
        outcomes = run_at_once(
            *[
                partial(run_in_slot, job=SWEEP, task_id=beat, run=partial(ran.append, beat))
                for beat in ("one", "two")
            ]
        )
        assert outcomes == [None, None]
        counts.append(len(ran))
    return counts


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_run_a_job_once():
    assert two_beats() == [1] * 5


@pytest.mark.django_db(transaction=True)
def test_without_the_slot_both_run(monkeypatch):
    monkeypatch.setattr(schedule, "TAKE_SLOT", schedule.TAKE_SLOT.replace("%(polls)s", "true"))

    assert two_beats() == [2] * 5


@pytest.mark.django_db
def test_administrators_read_the_schedule(api, django_assert_num_queries):
    run_in_slot(job=SWEEP, task_id="one", run=lambda: 3)
    client = api("admin")

    with django_assert_num_queries(1):
        body = client.get("/api/schedule/").json()

    rows = {row["job"]: row for row in body["schedule"]}
    assert set(rows) == set(app.conf.beat_schedule)
    assert rows[SWEEP]["schedule"] == "daily at 00:00 UTC"
    assert rows[SWEEP]["last_run"]["result"] == "3"
    assert rows[SWEEP]["last_run"]["state"] == "done"
    assert rows["purge-sign-ins"]["last_run"] is None
    for role in ("manager", "staff", "sales", "viewer"):
        assert api(role).get("/api/schedule/").status_code == 403


@pytest.mark.django_db
def test_admin_site_shows_what_runs_when(client, settings):
    settings.SECURE_SSL_REDIRECT = False
    client.force_login(UserFactory(role="admin"))
    run_in_slot(job=SWEEP, task_id="one", run=lambda: 3)

    html = client.get(list_of(JobRun)).content.decode()

    for name in app.conf.beat_schedule:
        assert name in html
    assert "daily at 03:30 UTC" in html
