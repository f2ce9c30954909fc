"""Housekeeping of operations."""

from celery import shared_task


@shared_task(name="operations.purge_job_runs")
def purge_job_runs() -> int:
    """Delete runs of scheduled jobs that are long past; return how many."""
    from operations import schedule  # noqa: PLC0415 - see the house style

    return schedule.purge_job_runs()
