"""The class of all tasks: what beat sent runs once in its slot, and leaves word of how it went.

Importable before the apps are loaded, since Celery needs it to make its first task.
"""

from typing import Any

from celery import Task

from common.audit_context import recorded_as


class ScheduledTask(Task):
    """A task, named in the audit; when beat sent it as a job, its slot decides whether it runs."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with recorded_as("task", str(self.name)):
            return self.run_when_due(*args, **kwargs)

    def run_when_due(self, *args: Any, **kwargs: Any) -> Any:
        # A worker's request has the message's headers as its own attributes, an eager one apart.
        headers = {**(self.request.headers or {}), **vars(self.request)}
        job = None if self.request.called_directly else headers.get("scheduled_job")
        if job is None:
            return self.run(*args, **kwargs)
        from operations.schedule import run_in_slot  # noqa: PLC0415 - needs the apps

        return run_in_slot(job=job, task_id=self.request.id, run=lambda: self.run(*args, **kwargs))
