"""One open connection: what waits to be sent on it, and why it ends."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from operations.live.audience import Audience
from operations.live.events import LiveEvent, frame, heartbeat
from operations.live.position import Position

HEARTBEAT_SECONDS = 15.0
# Chunks of events, one a reading, that wait for a client who does not read.
MOST_WAITING = 32
RETRY_MILLISECONDS = 2000
REMEDIES = {
    "expired": "Renew the access token and connect again.",
    "signed_out": "Sign in again.",
    "token_revoked": "Use another API token.",  # nosec B105
    "account_inactive": "The account may not sign in any more.",
    "access_changed": "Rights or warehouses changed: read again what you show, and connect again.",
    "restart": "Connect again.",
}


class Stream:
    """A queue between the one reader and a client; bounded, so that nobody slow holds memory."""

    def __init__(self, audience: Audience, client: Any = None) -> None:
        self.audience = audience
        self.client = client
        # What lies before is known to the client, or told by catching up.
        self.after = Position(0)
        # What others are told while this one is catching up; None once it has.
        self.held: list[LiveEvent] | None = []
        self.waiting: deque[bytes] = deque()
        self.stirred = asyncio.Event()
        self.is_over = False

    def push(self, chunk: bytes) -> bool:
        """Add what is to be sent next; False where too much waits already."""
        if len(self.waiting) >= MOST_WAITING:
            return False
        self.waiting.append(chunk)
        self.stirred.set()
        return True

    def caught_up(self, after: Position) -> list[bytes]:
        """Return what was held back and lies after the place where catching up ended."""
        held, self.held, self.after = self.held or [], None, after
        return [event.text for event in held if event.position > after]

    def end(self, reason: str) -> None:
        """Send nothing more but why it ends: rights that are gone hold for what waits, too."""
        if self.is_over:
            return
        self.waiting.clear()
        told = {"reason": reason, "message": REMEDIES[reason]}
        self.waiting.append(frame("end", told))
        self.close()

    def close(self) -> None:
        """End once what waits is sent."""
        self.is_over = True
        self.stirred.set()

    async def chunks(self, now: Any) -> AsyncIterator[bytes]:
        """Yield what is to be sent, a heartbeat where there is nothing for a while.

        `now` gives the position that everything before is told of, and the time.
        """
        while True:
            while self.waiting:
                yield self.waiting.popleft()
            if self.is_over:
                return
            self.stirred.clear()
            try:
                await asyncio.wait_for(self.stirred.wait(), HEARTBEAT_SECONDS)
            except TimeoutError:
                if not self.waiting:  # else the heartbeat's id would be ahead of it
                    position, at = now()
                    yield heartbeat(max(position, self.after), at)


def greeting(audience: Audience, position: Position, at: datetime) -> bytes:
    """Write the first event: from here on nothing is missed."""
    told = {"topics": sorted(audience.topics), "heartbeat_seconds": HEARTBEAT_SECONDS}
    start = frame("ready", told, event_id=position.event_id(at))
    return f"retry: {RETRY_MILLISECONDS}\n".encode() + start


def reset(position: Position, at: datetime, reason: str) -> bytes:
    """Write that events were missed and cannot be had: the client reads again what it shows."""
    message = "Events were missed. Read again what you show; the stream goes on from here."
    told = {"reason": reason, "message": message}
    return frame("reset", told, event_id=position.event_id(at))
