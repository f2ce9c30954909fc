"""What is outstanding of an order is not wanted any more."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction

from inventory.services.ledger import apply_stock_changes
from sales.models import SalesOrder, SalesOrderItem
from sales.order_states import status_of
from sales.services.holds import released
from sales.services.line_choice import LineRequest, outstanding_lines, requested_lines
from sales.services.order_rows import ZERO, cancel_items, line_amount, sum_by_item
from sales.services.order_state import lock_order, require_action


@transaction.atomic
def cancel_sales_order(
    *,
    order: SalesOrder,
    lines: Sequence[LineRequest] | None = None,
    quiet: bool = False,
    acting_user: Any,
) -> SalesOrder:
    """Cancel all that is outstanding of an open order, or the given quantities of its lines.

    What left stays delivered, and the total is of what is not cancelled. With nothing outstanding
    any more the order is `fulfilled` if goods left for it, else `cancelled`. Releases what the
    lines hold beyond what they still want. Locks the order, then the balances. The quantities
    change before the release: a receipt that comes meanwhile either reserved before us, and is
    released here, or sees what is wanted now. Raises WrongState, InvalidInput on lines the order
    has not, and QuantityExceeded.
    """
    locked = lock_order(order)
    require_action(locked, "cancel")
    wanted = outstanding_lines(locked) if lines is None else requested_lines(
        locked, lines, "be cancelled"
    )  # fmt: skip
    cancelled = sum_by_item((item.pk, quantity) for item, quantity, *_ in wanted)
    cancel_items(cancelled.items())
    items = list(SalesOrderItem.objects.filter(order=locked))
    locked.status = status_of(
        has_outstanding=any(item.outstanding for item in items),
        has_left=any(item.quantity_fulfilled for item in items),
    )
    locked.total_amount = sum(map(amount_of, items), ZERO)
    locked.save(update_fields=["status", "total_amount", "updated_at"])
    kept = [
        (item.pk, item.variation_id, item.outstanding) for item in items if item.pk in cancelled
    ]
    apply_stock_changes(released(locked, kept), acting_user=acting_user, quiet=quiet)
    return locked


def amount_of(item: SalesOrderItem) -> Decimal:
    """Return what a line costs without what was cancelled of it."""
    remaining = item.quantity - item.quantity_cancelled
    return line_amount(remaining, item.sale_price_per_unit, item.discount_percent)
