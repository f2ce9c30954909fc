"""The order in which one walks past bins."""

import re

NUMBERS = re.compile(r"(\d+)")


def walking_order(bin_location: str) -> tuple[bool, list[str]]:
    """Return what bins are sorted by: A-2 before A-10, and what has no bin last."""
    parts = NUMBERS.split(bin_location)
    return not bin_location, [part.zfill(12) if part.isdigit() else part for part in parts]
