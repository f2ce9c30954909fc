"""How far a stream has come, and the ids by which a client says so.

Events are in the order of the transactions that wrote them, not of the time of their commit, which
nothing in the database tells. What is below the oldest transaction that still runs is final:
whatever was to be seen there is seen, so a stream that has come to that point misses nothing.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

EVENT_ID = re.compile(r"(\d{1,18})-([0-9])-(\d{1,18})-(\d{1,11})\Z", re.ASCII)


class Position(NamedTuple):
    """An event's place: its transaction, its table there, its row. (n, 0, 0) is before all of n."""

    transaction_id: int
    source: int = 0
    row_id: int = 0

    def event_id(self, at: datetime) -> str:
        """Return the id that a client sends to go on from here; it also tells how old it is."""
        return f"{self.transaction_id}-{self.source}-{self.row_id}-{int(at.timestamp())}"


@dataclass(frozen=True, slots=True)
class Mark:
    """A position that a client names, and when it was given to it."""

    position: Position
    at: datetime


def read_event_id(text: str) -> Mark | None:
    """Return what an event's id says, or None where it is none of ours."""
    found = EVENT_ID.match(text.strip())
    if found is None:
        return None
    transaction_id, source, row_id, seconds = map(int, found.groups())
    return Mark(Position(transaction_id, source, row_id), datetime.fromtimestamp(seconds, tz=UTC))
