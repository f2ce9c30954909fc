"""How many tasks ended how: counted in Redis, since workers run on machines of their own."""

import logging
from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from redis import Redis

logger = logging.getLogger(__name__)

KEY = "inventorypulse:ended-tasks"
SECONDS = 0.5


@cache
def connection(url: str) -> "Redis":
    from redis import Redis  # noqa: PLC0415 - a tenth of our start, which commands need not pay

    return Redis.from_url(
        url, decode_responses=True, socket_timeout=SECONDS, socket_connect_timeout=SECONDS
    )


def count_task(name: str, state: str) -> None:
    """Add one; a count that cannot be kept is lost, never the task's result."""
    from redis.exceptions import RedisError  # noqa: PLC0415 - as below

    try:
        connection(settings.REDIS_URL).hincrby(KEY, f"{name} {state.lower()}", 1)
    except RedisError as error:
        logger.info("An ended task was not counted: %s", type(error).__name__)


def task_counts() -> dict[tuple[str, str], int]:
    """Return the count of each (task, state); empty where Redis does not answer."""
    from redis.exceptions import RedisError  # noqa: PLC0415 - as above

    try:
        found = connection(settings.REDIS_URL).hgetall(KEY)
    except RedisError:
        return {}
    counts: dict[tuple[str, str], int] = {}
    for field, count in found.items():
        name, _, state = str(field).rpartition(" ")
        counts[name, state] = int(count)
    return counts
