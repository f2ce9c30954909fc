"""One reader for all connections of the process.

It reads what finished transactions wrote, once, and puts it into the queues of those who may hear
it, after reading who still may. The broker only wakes it earlier: while that is down or hangs, it
reads every second all the same. Connections cost no thread and no database connection; the reader
has one of each, and none while nobody listens.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

from django.conf import settings
from django.db import Error, connection
from django.utils import timezone
from redis.asyncio import Redis
from redis.exceptions import RedisError

from notifications.stream_waker import CHANNEL
from operations.live.audience import Audience, Standing, read_standing
from operations.live.catching_up import catch_up
from operations.live.events import LiveEvent, News, read_horizon, read_news
from operations.live.exceptions import TooManyStreams
from operations.live.position import Position
from operations.live.stream import Stream

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")

POLL_SECONDS = 1.0
# A burst of postings is read a few times a second, not once each.
PAUSE_SECONDS = 0.1
CHECK_SECONDS = 5.0
STREAMS_A_PERSON = 10


class Hub:
    """The streams of this process, and the loop that feeds them."""

    def __init__(self, abort: Callable[[Any], None]) -> None:
        self.abort = abort  # closes a client's connection without waiting for it to read
        self.streams: set[Stream] = set()
        self.position = Position(0)
        self.wake = asyncio.Event()
        self.started = asyncio.Event()  # the position is one to start from
        self.checked = 0.0
        self.is_closing = False
        self.counts: Counter[int] = Counter()
        self.count_lock = Lock()
        self.reader = ThreadPoolExecutor(1, thread_name_prefix="events-reader")
        self.tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self.tasks = [asyncio.create_task(self.feed()), asyncio.create_task(self.listen())]

    def close(self) -> None:
        """End all streams so that their clients connect elsewhere; admit no more."""
        self.is_closing = True
        for stream in list(self.streams):
            stream.end("restart")

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.reader.shutdown(wait=False, cancel_futures=True)

    def admit(self, user_id: int) -> None:
        """Count a stream that is about to open; raises TooManyStreams. Any thread may call."""
        with self.count_lock:
            if self.is_closing or self.counts.total() >= settings.EVENTS_CONNECTIONS:
                raise TooManyStreams("The server has no room for another stream. Try again later.")
            if self.counts[user_id] >= STREAMS_A_PERSON:
                raise TooManyStreams(
                    f"You have {STREAMS_A_PERSON} streams open. Close one, or try again later."
                )
            self.counts[user_id] += 1

    def release(self, user_id: int) -> None:
        with self.count_lock:
            self.counts[user_id] -= 1
            if not self.counts[user_id]:
                del self.counts[user_id]

    async def join(self, stream: Stream, last_event_id: str | None) -> list[bytes]:
        """Add a stream; return what it is told first: a greeting, and what it has missed."""
        if not self.streams:
            self.started.clear()
        self.streams.add(stream)
        self.wake.set()
        await self.started.wait()
        stream.after = start = self.position
        first, after = await self.in_thread(lambda: catch_up(stream.audience, start, last_event_id))
        return first + stream.caught_up(after)

    def leave(self, stream: Stream) -> None:
        self.streams.discard(stream)

    def now(self) -> tuple[Position, datetime]:
        return self.position, timezone.now()

    async def feed(self) -> None:
        """Read and tell for as long as the process lives."""
        while True:
            try:
                more = await self.round()
            except Exception as error:  # whatever it is, the next reading goes on from there
                logger.exception("Events could not be read: %s", error)
                await asyncio.sleep(POLL_SECONDS)
                continue
            if more:
                continue
            await asyncio.sleep(PAUSE_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(self.wake.wait(), POLL_SECONDS if self.streams else None)
            self.wake.clear()

    async def round(self) -> bool:
        """Tell everybody what is new; say whether there is more to read at once."""
        if not self.streams:
            await self.in_thread(close_connection)
            self.started.clear()
            return bool(self.streams)
        is_start = not self.started.is_set()
        is_due = monotonic() - self.checked >= CHECK_SECONDS
        audiences = [stream.audience for stream in self.streams]
        after = None if is_start else self.position
        news, standing = await self.in_thread(lambda: read(after, audiences, is_due))
        if standing is not None:
            self.checked = monotonic()
            self.end_those_who_may_not(standing, audiences)
        self.tell(news.events)
        self.position = news.position
        self.started.set()
        return news.more

    def end_those_who_may_not(self, standing: Standing, audiences: list[Audience]) -> None:
        """End the streams of people who may not listen any more as they did."""
        now, judged = timezone.now(), set(map(id, audiences))
        for stream in self.streams:
            if id(stream.audience) in judged:
                reason = standing.reason_to_end(stream.audience, now)
                if reason:
                    stream.end(reason)

    def tell(self, events: list[LiveEvent]) -> None:
        """Put events into the queues of those who may hear them."""
        joined: dict[tuple[int, ...], bytes] = {}  # many hear the same
        for stream in self.streams if events else ():
            if stream.is_over:
                continue
            heard = tuple(
                number
                for number, event in enumerate(events)
                if event.position > stream.after and stream.audience.hears(event)
            )
            if stream.held is not None:
                stream.held += [events[number] for number in heard]
                continue
            if heard and heard not in joined:
                joined[heard] = b"".join(events[number].text for number in heard)
            if heard and not stream.push(joined[heard]):
                self.drop(stream)

    def drop(self, stream: Stream) -> None:
        """Cut off a client that does not read; it goes on later from the last event it got."""
        logger.info("A client of user %s reads too slowly.", stream.audience.user_id)
        stream.waiting.clear()
        stream.close()
        self.abort(stream.client)

    async def listen(self) -> None:
        """Be woken by the broker when something was written."""
        while True:
            try:
                async with Redis.from_url(
                    settings.REDIS_URL, socket_connect_timeout=5, health_check_interval=10
                ) as redis, redis.pubsub() as subscription:  # fmt: skip
                    await subscription.subscribe(CHANNEL)
                    while True:
                        if await subscription.get_message(True, timeout=10) is not None:
                            self.wake.set()
            except (RedisError, OSError) as error:
                logger.warning("The broker wakes nobody: %s. Events are polled.", error)
                await asyncio.sleep(POLL_SECONDS)

    async def in_thread(self, work: Callable[[], Answer]) -> Answer:
        """Do what asks the database in the one thread that has a connection."""
        return await asyncio.get_running_loop().run_in_executor(self.reader, work)


def close_connection() -> None:
    connection.close()


def read(
    position: Position | None, audiences: list[Audience], is_due: bool
) -> tuple[News, Standing | None]:
    """Read what is new, then who may hear it: in this order, so that rights are the newer ones."""
    try:
        news = news_from_now_on() if position is None else read_news(position)
        is_wanted = bool(news.events) or is_due
        return news, read_standing(audiences) if is_wanted else None
    except Error:
        connection.close()
        raise


def news_from_now_on() -> News:
    """Return no events, and the position from which on there will be some."""
    return News([], Position(read_horizon().final))
