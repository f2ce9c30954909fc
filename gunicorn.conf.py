"""What gunicorn reads beside its command line: logs as the product's, figures that add up."""

import gc
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from config.settings import LOGGING

logconfig_dict = LOGGING
# Each process counts in files there, and whichever is asked adds all of them up. The library looks
# for the name when it is imported, which is when the application is loaded: after this.
_given = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
_figures = Path(_given or tempfile.mkdtemp(prefix="inventorypulse-figures-"))
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_figures)
_figures.mkdir(parents=True, exist_ok=True)
for _left_by_an_earlier_start in _figures.glob("*.db"):
    _left_by_an_earlier_start.unlink()


def when_ready(server: Any) -> None:
    """Leave what is loaded in peace: the memory that no process writes to is shared by all."""
    gc.freeze()


def on_exit(server: Any) -> None:
    if not _given:
        shutil.rmtree(_figures, ignore_errors=True)
