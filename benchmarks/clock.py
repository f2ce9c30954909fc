"""Seconds that pass and seconds of processor time, of this process and of its database."""

import time
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Reading:
    """Both clocks at one moment; `processor` covers this process and its database session."""

    wall: float
    processor: float


def server_processor_seconds(pid: int) -> float | None:
    """Processor time of a database session, where the server runs on this machine."""
    try:
        if (PROC / str(pid) / "comm").read_text().strip() != "postgres":
            return None
        return int((PROC / str(pid) / "schedstat").read_text().split()[0]) / 1e9
    except (OSError, IndexError, ValueError):
        return None


class Clock:
    """Reads the clocks of this process and the one session that it holds."""

    def __init__(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self.session: int = cursor.fetchone()[0]
        self.sees_server = server_processor_seconds(self.session) is not None

    def read(self) -> Reading:
        server = server_processor_seconds(self.session) or 0.0
        return Reading(time.perf_counter(), time.process_time() + server)
