"""Goods came in: who has waited longest gets them."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import Holder, StockChange
from sales.models import LINE_HOLDER
from sales.queries import back_orders_within_reach


@transaction.atomic(savepoint=False)
def reserve_back_orders(*, stock_ids: Sequence[int], quiet: bool = False, acting_user: Any) -> None:
    """Reserve what became available for the lines that wait, oldest order first.

    Changes reservations and balances; the caller's transaction has locked the balances. Locks no
    order: a reservation lives in the ledger alone, and whoever cancels an order releases, under
    the balance's lock, whatever the order's lines then hold. One statement where nobody waits.
    """
    waiting = back_orders_within_reach(stock_ids)
    if not waiting:
        return
    apply_stock_changes(
        [
            StockChange(
                variation_id=line.variation_id,
                warehouse_id=line.warehouse_id,
                hold=line.back_ordered,
                holder=Holder(LINE_HOLDER, line.item_id),
            )
            for line in waiting
        ],
        acting_user=acting_user,
        quiet=quiet,
    )
