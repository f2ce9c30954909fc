"""What a client missed between two connections."""

from django.utils import timezone

from operations.live.audience import Audience
from operations.live.events import REACH, News, read_horizon, read_news
from operations.live.position import Position, read_event_id
from operations.live.stream import greeting, reset

MOST_MISSED = 1000


def catch_up(
    audience: Audience, start: Position, last_event_id: str | None
) -> tuple[list[bytes], Position]:
    """Return what to send first, and the position after which the others' events follow.

    `start` is how far the reader of all streams had come when this one joined it: everything
    after it comes from there, everything up to it from here, and nothing from both.
    """
    now = timezone.now()
    if last_event_id is None:
        return [greeting(audience, start, now)], start
    mark = read_event_id(last_event_id)
    if mark is None or mark.at <= now - REACH:
        reason = "unreadable_id" if mark is None else "too_old"
        return [reset(start, now, reason), greeting(audience, start, now)], start
    if mark.position.transaction_id > read_horizon().unborn:
        return [reset(start, now, "other_database"), greeting(audience, start, now)], start
    if mark.position >= start:  # told by another process, which was ahead of this one
        return [greeting(audience, mark.position, now)], mark.position
    missed = read_news(mark.position, only=audience, limit=MOST_MISSED + 1)
    texts = [event.text for event in missed.events if event.position <= start]
    if len(texts) > MOST_MISSED or is_cut_off(missed, start):
        return [reset(start, now, "too_many"), greeting(audience, start, now)], start
    return [greeting(audience, mark.position, now), *texts], start


def is_cut_off(missed: News, start: Position) -> bool:
    """Say whether there was more to read, before the place where others go on."""
    return missed.more and missed.position < start
