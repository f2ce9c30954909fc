"""The command lines of the product's processes; docker-compose.yml runs the same."""

from pathlib import Path

HEALTH_PATH = "/api/health/"
READY_PATH = "/api/health/ready/"
PROCESS_NAMES = ("web", "events", "worker", "beat")


def web(python: str, bind: str) -> list[str]:
    """gunicorn: two processes of 32 threads, since requests wait for PostgreSQL.

    They are forked from one that has loaded everything, which is once the time and the memory.
    """
    return [
        *(python, "-m", "gunicorn", "config.wsgi"),
        *("--bind", bind),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "32"),
        *("--timeout", "60", "--graceful-timeout", "15", "--no-control-socket", "--preload"),
    ]


def events(python: str, bind: str) -> list[str]:
    """The streams of events: one process whatever their number, since they cost no thread."""
    return [python, "manage.py", "serve_events", "--bind", bind]


def worker(python: str) -> list[str]:
    """Celery's worker; nothing here needs the gossip between workers."""
    return [
        *(python, "-m", "celery", "-A", "config", "worker"),
        *("--concurrency", "2", "--loglevel", "info", "--without-gossip", "--without-mingle"),
    ]


def beat(python: str, schedule: Path | str) -> list[str]:
    """Celery's clock, which keeps the times of the last runs in the file `schedule`."""
    return [
        *(python, "-m", "celery", "-A", "config", "beat"),
        *("--loglevel", "info", "--schedule", str(schedule), "--pidfile="),
    ]
