"""What operations hears of other parts."""

from typing import Any

from celery.signals import task_postrun

from operations.task_counts import count_task


@task_postrun.connect(dispatch_uid="operations.count_task")
def on_task_end(task: Any, state: str | None = None, **kwargs: Any) -> None:
    count_task(task.name, state or "UNKNOWN")
