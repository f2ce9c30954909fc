"""The time zones that the system knows."""

from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones


@cache
def time_zone_names() -> frozenset[str]:
    """Return all names; finding them reads hundreds of files, so they are found once."""
    return frozenset(available_timezones())


def clock_of(name: str) -> ZoneInfo:
    """Return the zone of a name; UTC where a newer database of zones does not have it any more."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
