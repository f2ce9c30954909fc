"""Keeps the parts running: restarts what ends, and gives up on what keeps ending."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from launcher.console import LauncherError, say

POLL_SECONDS = 0.3
DEATHS_ALLOWED = 5
WITHIN_SECONDS = 60.0


class Part(Protocol):
    """A server or process that can be started, watched and stopped."""

    name: str

    def start(self) -> None: ...
    def poll(self) -> int | None: ...
    def request_stop(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


class Supervisor:
    """Starts parts in order, watches them, stops them in the opposite order."""

    def __init__(
        self, *, deaths_allowed: int = DEATHS_ALLOWED, within_seconds: float = WITHIN_SECONDS
    ) -> None:
        self.groups: list[list[Part]] = []
        self.deaths_allowed = deaths_allowed
        self.within_seconds = within_seconds
        self.deaths: dict[str, deque[float]] = {}

    def start(self, parts: Sequence[Part]) -> None:
        """Start one after the other; together they are a group, which is stopped at once."""
        self.groups.append([])
        self.start_beside(parts)

    def start_beside(self, parts: Sequence[Part]) -> None:
        """Start more of the group that was started last."""
        for part in parts:
            self.groups[-1].append(part)
            part.start()

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Restart what ends, until `until()`; raises LauncherError on giving up."""
        while not until():
            self.restart_ended()
            time.sleep(POLL_SECONDS)

    def restart_ended(self) -> None:
        """One look at every part."""
        for part in (part for group in self.groups for part in group):
            code = part.poll()
            if code is None:
                continue
            self.count_death(part, code)
            say(f"The {part.name} ended ({describe_exit(code)}) and is started again.")
            try:
                part.start()
            except LauncherError as error:
                # Counted as one more death at the next look: the part is not running.
                say(str(error))

    def count_death(self, part: Part, code: int) -> None:
        now = time.monotonic()
        recent = self.deaths.setdefault(part.name, deque())
        recent.append(now)
        while recent[0] < now - self.within_seconds:
            recent.popleft()
        if len(recent) > self.deaths_allowed:
            raise LauncherError(
                f"The {part.name} keeps ending ({describe_exit(code)}); everything is stopped."
            )

    def stop(self) -> None:
        """Stop all, the group started last first; another Ctrl-C kills what is left."""
        try:
            while self.groups:
                for part in self.groups[-1]:
                    part.request_stop()
                for part in self.groups[-1]:
                    part.stop()
                self.groups.pop()
        except KeyboardInterrupt:
            say("Stopping at once.")
            for part in (part for group in reversed(self.groups) for part in group):
                part.kill()


def describe_exit(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
