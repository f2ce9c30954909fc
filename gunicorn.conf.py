"""What gunicorn reads beside its command line: logs as the product's, figures that add up."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from config.settings import LOGGING

logconfig_dict = LOGGING
# Each process counts in files there, and whichever is asked adds all of them up. The library looks
# for the name when it is imported, which only the workers do.
_given = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
_figures = Path(_given or tempfile.mkdtemp(prefix="inventorypulse-figures-"))
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_figures)


def on_starting(server: Any) -> None:
    """Forget what an earlier start left in a directory that was given."""
    _figures.mkdir(parents=True, exist_ok=True)
    for file in _figures.glob("*.db"):
        file.unlink()


def on_exit(server: Any) -> None:
    if not _given:
        shutil.rmtree(_figures, ignore_errors=True)
