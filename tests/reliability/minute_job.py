"""The product's Celery application with one job more, which is due every minute."""

import os

from celery.schedules import crontab

from config.celery import app

# Told by the test, whose own process must not get the job.
JOB = os.environ["MINUTE_JOB"]
app.conf.beat_schedule[JOB] = {
    "task": "operations.purge_job_runs",
    "schedule": crontab(),
    "options": {"headers": {"scheduled_job": JOB}},
}
