"""What goods cost once they are here: shipping, duty and other charges spread over the lines."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from purchasing.models import PurchaseOrder, PurchaseOrderCharge, PurchaseOrderItem
from purchasing.models.figures import CENT

ZERO = Decimal(0)
FOUR_PLACES = Decimal("0.0001")


def spread_amount(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Share an amount out in whole cents, by weight; the shares add up to it exactly.

    Largest remainder (Hamilton's method of apportionment): everybody gets amount x weight / sum,
    rounded down to cents; the cents left over go to the largest remainders, the first of equals.
    """
    total = sum(weights, ZERO)
    exact = [amount * weight / total for weight in weights]
    shares = [share.quantize(CENT, ROUND_DOWN) for share in exact]
    cents = int((amount - sum(shares, ZERO)) / CENT)
    by_remainder = sorted(range(len(weights)), key=lambda one: (shares[one] - exact[one], one))
    for index in by_remainder[:cents]:
        shares[index] += CENT
    return shares


@dataclass(slots=True)
class Waiting:
    """What of one charge waits for goods that are to come, by order line; no `charge`: shipping."""

    charge: PurchaseOrderCharge | None
    shares: dict[int, Decimal]

    def take(self, item: PurchaseOrderItem, accepted: Decimal) -> Decimal:
        """Take the share of goods that come in: all of the line's where no more is to come."""
        share, outstanding = self.shares.get(item.pk, ZERO), item.quantity_outstanding
        if accepted < outstanding:
            share = (share * accepted / outstanding).quantize(CENT, ROUND_HALF_UP)
        if share:
            self.shares[item.pk] -= share
        return share


class LandedCosts:
    """The charges of a locked order that no goods carried into stock yet.

    What is left of each charge is spread over what is outstanding, by value (quantity x cost) or
    by quantity in stock units; a receipt takes of a line's share the part that its quantity is of
    what is outstanding. So a charge that is added or changed between two receipts falls on what
    is still to come, and once all is received, sums of receipt lines equal lines and charges to
    the cent. Source: costs of purchase, IAS 2.11.
    """

    def __init__(self, order: PurchaseOrder, items: Iterable[PurchaseOrderItem]) -> None:
        self.order = order
        open_items = [item for item in items if item.quantity_outstanding]
        self.waiting: list[Waiting] = []
        shipping = order.shipping_cost - order.shipping_carried
        if shipping and open_items:
            self.waiting.append(Waiting(None, shares_of(shipping, "value", open_items)))
        charges = order.charges.all() if order.charges_amount and open_items else ()
        for charge in charges:
            if charge.left:
                shares = shares_of(charge.left, charge.spread, open_items)
                self.waiting.append(Waiting(charge, shares))

    def take(self, item: PurchaseOrderItem, accepted: Decimal) -> Decimal:
        """Return what goods of a line carry, before they are counted in on it."""
        total = ZERO
        for waiting in self.waiting:
            share = waiting.take(item, accepted)
            total += share
            if waiting.charge is None:
                self.order.shipping_carried += share
            else:
                waiting.charge.carried += share
        return total

    def save(self) -> None:
        """Write how much of each charge is in stock now; the order is saved by its receipt."""
        charges = [waiting.charge for waiting in self.waiting if waiting.charge is not None]
        if charges:
            PurchaseOrderCharge.objects.bulk_update(charges, ["carried"])


def shares_of(
    amount: Decimal, spread: str, items: Sequence[PurchaseOrderItem]
) -> dict[int, Decimal]:
    """Return each line's share of an amount; goods that cost nothing share by quantity."""
    weights = [item.quantity_outstanding for item in items]
    if spread == PurchaseOrderCharge.Spread.VALUE:
        values = [item.quantity_outstanding * item.exact_unit_cost for item in items]
        weights = values if any(values) else weights
    return dict(zip((item.pk for item in items), spread_amount(amount, weights), strict=True))


def landed_unit_cost(item: PurchaseOrderItem, accepted: Decimal, charges: Decimal) -> Decimal:
    """Return the cost per stock unit that accepted goods come in at: cost + charges / quantity."""
    if not charges:
        return item.unit_cost
    return (item.exact_unit_cost + charges / accepted).quantize(FOUR_PLACES, ROUND_HALF_UP)
