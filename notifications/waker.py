"""Waking others by way of the broker without waiting for it."""

import logging
from collections.abc import Callable
from contextvars import copy_context
from threading import Event, Thread
from time import sleep

logger = logging.getLogger(__name__)


class Waker:
    """One thread a process that publishes wake-ups; many at once become one.

    Whoever wakes never waits: a broker that hangs holds up this thread, no request. A wake-up
    that is lost costs seconds, because those who wait for it poll, too. `pause` is how many seconds
    lie between two: where each request wakes somebody, most of them cost nothing.
    """

    def __init__(self, publish: Callable[[], object], *, pause: float = 0) -> None:
        self.publish = publish
        self.pause = pause
        self.wanted = Event()
        self.context = copy_context()
        self.thread: Thread | None = None

    def wake(self) -> None:
        # What is published carries the request id of whoever wakes, of several the last one's.
        self.context = copy_context()
        self.wanted.set()
        # A fork leaves the thread behind; two after a race do no harm.
        if self.thread is None or not self.thread.is_alive():
            self.thread = Thread(target=self.run, name="waker", daemon=True)
            self.thread.start()

    def run(self) -> None:
        while self.wanted.wait():
            self.wanted.clear()
            try:
                self.context.run(self.publish)
            except Exception as error:
                logger.warning("The broker took no wake-up: %s. Who waits for it polls.", error)
            sleep(self.pause)
