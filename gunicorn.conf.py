"""What gunicorn reads beside its command line: our logs, and figures of all its processes."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from prometheus_client.multiprocess import mark_process_dead

# The workers add up their figures in files there; it belongs to this start of the server.
_given = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
_figures = Path(_given or tempfile.mkdtemp(prefix="inventorypulse-figures-"))
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_figures)


def on_starting(server: Any) -> None:
    """Forget what an earlier start left in a directory that was given."""
    _figures.mkdir(parents=True, exist_ok=True)
    for file in _figures.glob("*.db"):
        file.unlink()


def child_exit(server: Any, worker: Any) -> None:
    mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    if not _given:
        shutil.rmtree(_figures, ignore_errors=True)
