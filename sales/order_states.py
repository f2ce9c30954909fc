"""What may become of a sales order, and what may be done with it, in each of its statuses.

An order is `partially_fulfilled` as soon as something left for it, and closed when nothing is
outstanding any more: `fulfilled` if goods left for it, else `cancelled`. Cancelling what is still
outstanding of a partly delivered order therefore makes it `fulfilled`: closed short.
"""

from collections.abc import Mapping

PENDING, PARTIALLY_FULFILLED = "pending", "partially_fulfilled"
FULFILLED, CANCELLED = "fulfilled", "cancelled"

# Which statuses somebody may set next.
TRANSITIONS: Mapping[str, tuple[str, ...]] = {
    PENDING: (FULFILLED, CANCELLED),
    PARTIALLY_FULFILLED: (FULFILLED,),
    FULFILLED: (),
    CANCELLED: (),
}
# What may be done, beside changing what an order says of its customer.
ACTIONS: Mapping[str, tuple[str, ...]] = {
    PENDING: ("change_items", "prioritise", "fulfill", "cancel", "reserve", "allocate"),
    PARTIALLY_FULFILLED: ("prioritise", "fulfill", "cancel", "reserve", "allocate", "return"),
    FULFILLED: ("return",),
    CANCELLED: (),
}


def status_of(*, has_outstanding: bool, has_left: bool) -> str:
    """Return the status of an order by what is outstanding and whether anything left for it."""
    if has_outstanding:
        return PARTIALLY_FULFILLED if has_left else PENDING
    return FULFILLED if has_left else CANCELLED
