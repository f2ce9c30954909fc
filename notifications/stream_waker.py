"""Waking the event streams: something was written that somebody may be waiting to see.

The message says nothing; what happened stands in the database. Where the broker does not take it,
streams are a second later.
"""

from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from notifications.waker import Waker

if TYPE_CHECKING:
    from redis import Redis

CHANNEL = "inventorypulse:written"


@cache
def broker() -> "Redis":
    from redis import Redis  # noqa: PLC0415 - a tenth of our start, which commands need not pay

    return Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)


def publish() -> None:
    broker().publish(CHANNEL, "")


waker = Waker(publish, pause=0.1)


def wake_streams_after_commit() -> None:
    """Wake the streams once the transaction is committed; no statement, and nobody waits."""
    transaction.on_commit(waker.wake, robust=True)
