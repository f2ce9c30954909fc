"""From where an order's lines can be shipped: what the caller's own warehouses have."""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from inventory.models import Stock
from sales.models import SalesOrder, SalesOrderItem

ZERO = Decimal(0)


class Offer(NamedTuple):
    """So much of a line's goods can leave, or is proposed to leave, a warehouse."""

    warehouse: str
    quantity: Decimal


@dataclass
class LineAvailability:
    """An outstanding line, what each warehouse has for it, and from where it is to be shipped."""

    item: Any
    offers: list[Offer]
    proposal: list[Offer] = field(default_factory=list)

    @property
    def short(self) -> Decimal:
        """What none of the warehouses has."""
        proposed: Decimal = sum((offer.quantity for offer in self.proposal), ZERO)
        outstanding: Decimal = self.item.outstanding
        return outstanding - proposed


def availability_of(order: SalesOrder, user: Any) -> list[LineAvailability]:
    """Propose from where each outstanding line of an order can be shipped, in two queries.

    The order's own warehouse comes first, with what the line has reserved there; then those that
    have the most. Lines of the same goods share what there is, in their order.
    """
    found = SalesOrderItem.objects.with_reserved().filter(order=order)
    items = [item for item in found.select_related("variation__product") if item.outstanding]
    free = free_stock(order, items, user)
    return [propose(order, item, free[item.variation_id]) for item in items]


def free_stock(order: SalesOrder, items: list[Any], user: Any) -> dict[int, dict[str, Decimal]]:
    """Return by variation and warehouse what is available: the order's own first, then the most."""
    balances = (
        Stock.objects.visible_to(user)
        .filter(variation__in={item.variation_id for item in items}, warehouse__is_active=True)
        .select_related("warehouse")
    )
    free: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for item in items:
        free[item.variation_id][order.warehouse.code] = ZERO
    for balance in sorted(balances, key=lambda row: (-row.available, row.warehouse.code)):
        free[balance.variation_id][balance.warehouse.code] = balance.available
    return free


def propose(order: SalesOrder, item: Any, free: dict[str, Decimal]) -> LineAvailability:
    """Take what a line wants out of what is free, and say from where."""
    own = order.warehouse.code
    line = LineAvailability(
        item,
        [
            Offer(code, quantity + (item.quantity_reserved if code == own else ZERO))
            for code, quantity in free.items()
        ],
    )
    wanted = item.outstanding
    for code, quantity in line.offers:
        taken = min(quantity, wanted)
        if taken > 0:
            line.proposal.append(Offer(code, taken))
            wanted -= taken
            free[code] -= max(taken - (item.quantity_reserved if code == own else ZERO), ZERO)
    return line
