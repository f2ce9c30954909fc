"""Bins: the order in which one walks past them, and which of them a name means."""

import re
from typing import Any

from django.db.models import Exists, Q

from inventory.models import Stock

NUMBERS = re.compile(r"(\d+)")


def walking_order(bin_location: str) -> tuple[bool, list[str]]:
    """Return what bins are sorted by: A-2 before A-10, and what has no bin last."""
    parts = NUMBERS.split(bin_location)
    return not bin_location, [part.zfill(12) if part.isdigit() else part for part in parts]


def lying_in(rows: Any, warehouse_id: int, bins: str) -> Any:
    """Narrow balances or lines of counts of a warehouse to those that lie in `bins`.

    It means the bin of that very name where the warehouse has one, else those whose names begin
    with it; upper and lower case are the same.
    """
    if not bins:
        return rows
    named = Stock.objects.filter(warehouse=warehouse_id, bin_location__iexact=bins)
    beginning = Q(bin_location__istartswith=bins) & ~Exists(named)
    return rows.filter(Q(bin_location__iexact=bins) | beginning)
