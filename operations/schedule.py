"""What beat starts and when; each slot of a job is taken once, however many beats there are."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from celery import current_app
from celery.exceptions import Retry
from celery.schedules import crontab
from django.db import connection, transaction
from django.utils import timezone

from common.log_lines import hide_secrets
from operations.models import JobRun

logger = logging.getLogger(__name__)

MINUTE = timedelta(minutes=1)
KEPT = timedelta(days=90)
LONGEST_RESULT = 500
# The same message may come twice (its worker died): its own task goes on. Another beat's does not,
# unless the first one has been silent for longer than a task may last.
TAKE_SLOT = """
    INSERT INTO operations_jobrun AS r
        (job, slot, state, task_id, runs, started_at, finished_at, result)
    VALUES (%(job)s, %(slot)s, 'running', %(task)s, 1, clock_timestamp(), NULL, '')
    ON CONFLICT (job, slot) DO UPDATE
    SET state = 'running', task_id = EXCLUDED.task_id, runs = r.runs + 1,
        started_at = clock_timestamp(), finished_at = NULL, result = ''
    WHERE %(polls)s
       OR (r.task_id = EXCLUDED.task_id AND r.state <> 'done')
       OR (r.state = 'running' AND r.started_at < clock_timestamp() - %(patience)s)
    RETURNING id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledJob:
    """A line of the schedule: which task beat starts under which name, and when."""

    name: str
    task: str
    schedule: Any

    @property
    def polls(self) -> bool:
        """Whether it looks every few seconds; the rows it looks for guard themselves."""
        return not isinstance(self.schedule, crontab)

    @property
    def words(self) -> str:
        """Say when it runs."""
        if self.polls:
            return f"every {seconds_of(self.schedule):g} seconds"
        given = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")
        minute, hour, *rest = (str(getattr(self.schedule, f"_orig_{name}")) for name in given)
        if rest == ["*", "*", "*"]:
            if minute.isdigit() and hour.isdigit():
                return f"daily at {int(hour):02}:{int(minute):02} UTC"
            if hour == "*" and minute.isdigit():
                return f"every hour at minute {minute}"
            if hour == "*" and minute.removeprefix("*/").isdigit():
                return f"every {minute.removeprefix('*/')} minutes"
        return f"cron {minute} {hour} {' '.join(rest)} UTC"

    def slot(self, now: datetime) -> datetime:
        """Return when the run that is due now was planned; of a job that polls, the hour."""
        if self.polls:
            return now.replace(minute=0, second=0, microsecond=0)
        return next(minute for minute in minutes_from(now, -MINUTE) if self.is_due_at(minute))

    def next_at(self, now: datetime) -> datetime:
        """Return when it runs next."""
        if self.polls:
            return now + timedelta(seconds=seconds_of(self.schedule))
        return next(m for m in minutes_from(now + MINUTE, MINUTE) if self.is_due_at(m))

    def is_due_at(self, minute: datetime) -> bool:
        cron = self.schedule
        return (
            minute.minute in cron.minute
            and minute.hour in cron.hour
            and minute.day in cron.day_of_month
            and minute.month in cron.month_of_year
            and minute.isoweekday() % 7 in cron.day_of_week
        )


def seconds_of(schedule: Any) -> float:
    run_every = getattr(schedule, "run_every", schedule)
    return run_every.total_seconds() if isinstance(run_every, timedelta) else float(run_every)


def minutes_from(moment: datetime, step: timedelta) -> Iterator[datetime]:
    """Yield whole minutes from a moment on, forwards or backwards, in UTC."""
    minute = moment.astimezone(UTC).replace(second=0, microsecond=0)
    while True:
        yield minute
        minute += step


def scheduled_jobs() -> list[ScheduledJob]:
    """Return what beat starts, by name."""
    planned = current_app.conf.beat_schedule
    return [
        ScheduledJob(name=name, task=entry["task"], schedule=entry["schedule"])
        for name, entry in sorted(planned.items())
    ]


def run_in_slot(*, job: str, task_id: str, run: Callable[[], Any]) -> Any:
    """Run a job if its present slot is free, and note how it ended; return its result.

    Nothing is locked while it runs. Returns None where another beat's task has the slot. What the
    job raises is noted and raised again.
    """
    planned = next((one for one in scheduled_jobs() if one.name == job), None)
    if planned is None:  # sent by a beat of another version
        return run()
    key = take_slot(planned, task_id)
    if key is None:
        logger.info("The slot of %s is taken: nothing to do.", job)
        return None
    try:
        result = run()
    except (Exception, SystemExit) as error:
        told = error.exc if isinstance(error, Retry) and error.exc else error
        end_run(key, task_id, JobRun.State.FAILED, f"{type(told).__name__}: {told}")
        raise
    end_run(key, task_id, JobRun.State.DONE, "" if result is None else str(result))
    return result


@transaction.atomic
def take_slot(job: ScheduledJob, task_id: str) -> int | None:
    """Write that a task has the slot; return the row's key, or None if another has it."""
    values: dict[str, Any] = {
        "job": job.name,
        "slot": job.slot(timezone.now()),
        "task": task_id,
        "polls": job.polls,
        "patience": timedelta(seconds=current_app.conf.task_time_limit),
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKE_SLOT, values)
        row = cursor.fetchone()
    return row[0] if row else None


def end_run(key: int, task_id: str, state: JobRun.State, result: str) -> None:
    """Note how a run ended, unless a later one has its slot by now."""
    JobRun.objects.filter(pk=key, task_id=task_id).update(
        state=state,
        finished_at=timezone.now(),
        result=hide_secrets(result)[:LONGEST_RESULT],
    )


def last_runs() -> dict[str, JobRun]:
    """Return the newest run of each job; one query."""
    newest = JobRun.objects.order_by("job", "-slot").distinct("job")
    return {run.job: run for run in newest}


def purge_job_runs() -> int:
    """Delete runs whose slot lies more than 90 days back; return how many."""
    deleted, _ = JobRun.objects.filter(slot__lt=timezone.now() - KEPT).delete()
    return deleted
