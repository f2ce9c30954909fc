"""What lines of orders hold of stock, as changes for the ledger."""

from collections.abc import Iterable
from decimal import Decimal

from inventory.services.stock_change import Holder, StockChange
from sales.models import LINE_HOLDER, SalesOrder

Kept = tuple[int, int, Decimal]  # line, variation, what the line may still hold


def released(order: SalesOrder, items: Iterable[Kept]) -> list[StockChange]:
    """Return the changes that release what lines then hold beyond what they may."""
    return [
        StockChange(
            variation_id=variation_id,
            warehouse_id=order.warehouse_id,
            release_beyond=kept,
            holder=Holder(LINE_HOLDER, key),
        )
        for key, variation_id, kept in items
    ]
