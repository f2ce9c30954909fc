"""Whether the parts that the product leans on answer, never waiting long for any of them."""

from collections.abc import Callable
from contextlib import suppress
from threading import BoundedSemaphore, Thread
from time import monotonic
from typing import TYPE_CHECKING

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from kombu.exceptions import OperationalError

from notifications.stream_waker import CHANNEL

if TYPE_CHECKING:
    from redis import Redis

CONNECTED, UNAVAILABLE = "connected", "unavailable"
CONFIGURED, NOT_CONFIGURED = "configured", "not configured"
SECONDS = 1.0
SOCKET_SECONDS = 0.5
# Checks that hang must not pile up under a monitor that asks every second.
_running = BoundedSemaphore(16)


def dependencies() -> dict[str, str]:
    """Return the state of each part; all checks run side by side, within a good second."""
    checks = {
        "database": check_database,
        "redis": check_redis,
        "celery": check_celery,
        "events": check_events,
    }
    found = answers_in_time(checks)
    return {
        **{name: CONNECTED if name in found else UNAVAILABLE for name in checks},
        "snowflake": configured(settings.SNOWFLAKE_ACCOUNT),
        "llm": configured(settings.OPENAI_API_KEY, settings.MINIMAX_API_KEY),
    }


def configured(*any_of: str) -> str:
    """Tell whether a service outside was set up; asking it each time would cost and wait."""
    return CONFIGURED if any(any_of) else NOT_CONFIGURED


def database_answers() -> bool:
    return bool(answers_in_time({"database": check_database}))


def answers_in_time(checks: dict[str, Callable[[], None]]) -> set[str]:
    """Run checks in threads and return the names of those that ended well in time."""
    from redis.exceptions import RedisError  # noqa: PLC0415 - as below

    well: set[str] = set()

    def run(name: str, check: Callable[[], None]) -> None:
        try:
            with suppress(DatabaseError, RedisError, OperationalError, OSError):
                check()
                well.add(name)
        finally:
            _running.release()

    threads = [
        Thread(target=run, args=item, daemon=True)
        for item in checks.items()
        if _running.acquire(blocking=False)
    ]
    for thread in threads:
        thread.start()
    until = monotonic() + SECONDS
    for thread in threads:
        thread.join(max(0.0, until - monotonic()))
    return set(well)


def check_database() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    finally:
        connection.close()


def check_redis() -> None:
    with redis_client() as redis:
        redis.ping()


def redis_client() -> "Redis":
    from redis import Redis  # noqa: PLC0415 - a tenth of our start, which commands need not pay

    return Redis.from_url(
        settings.REDIS_URL, socket_timeout=SOCKET_SECONDS, socket_connect_timeout=SOCKET_SECONDS
    )


def check_events() -> None:
    """Ask the broker whether an event process listens to it; raises OSError where none does."""
    with redis_client() as redis:
        if not any(listeners for _, listeners in redis.pubsub_numsub(CHANNEL)):
            raise ConnectionError("No event process listens.")


def check_celery() -> None:
    """Ask for one answer of any worker; raises OSError where none comes."""
    limits = {"socket_timeout": SOCKET_SECONDS, "socket_connect_timeout": SOCKET_SECONDS}
    options = {**current_app.conf.broker_transport_options, **limits}
    with current_app.connection_for_read(transport_options=options) as broker:
        broker.ensure_connection(max_retries=1, timeout=SOCKET_SECONDS)
        if not current_app.control.ping(timeout=SOCKET_SECONDS, limit=1, connection=broker):
            raise TimeoutError("No worker answers.")
