"""Where goods lie: the bin of each balance."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from inventory.models import Stock


@transaction.atomic
def place_in_bins(*, bins: Mapping[int, str], acting_user: Any) -> None:
    """Note the bin of balances, named by their keys; an empty one takes goods out of theirs.

    Moves nothing in the ledger: a balance is one warehouse's, whatever bin it lies in. Locks the
    balances. The audit records who changed which.
    """
    moved = [stock for stock in lock_stocks(bins) if stock.bin_location != bins[stock.pk].strip()]
    for stock in moved:
        stock.bin_location = bins[stock.pk].strip()
    Stock.objects.bulk_update(moved, ["bin_location"])


def lock_stocks(keys: Iterable[int]) -> list[Stock]:
    """Lock balances in the order of their keys, as postings do."""
    rows = Stock.objects.filter(pk__in=keys).order_by("pk")
    return list(rows.select_for_update(no_key=True, of=("self",)))
