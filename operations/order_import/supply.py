"""The goods that must have come in before they could be sold."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from inventory.models import StockMovement
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange
from operations.order_import.goods import Goods
from operations.order_import.options import ImportOptions
from purchasing.services.order_lines import OrderLine
from purchasing.services.orders import create_purchase_order
from purchasing.services.receipts import Delivery, receive_purchase_order
from suppliers.models import Supplier
from warehouses.models import Warehouse

LINES_AN_ORDER = 250
# Goods of a month arrive in the evening before it, ordered so many days earlier.
ARRIVAL = timedelta(hours=6)
LEAD_TIME = timedelta(days=7)


def open_stock(
    *,
    needed: Mapping[str, Decimal],
    goods: Mapping[str, Goods],
    warehouse: Warehouse,
    first_sale: datetime,
    acting_user: Any,
) -> int:
    """Post the opening stock, dated the day before the first sale; return its number of lines."""
    changes = [
        StockChange(
            variation_id=goods[sku].variation.pk,
            warehouse_id=warehouse.pk,
            quantity=quantity,
            movement_type=StockMovement.Type.INBOUND,
            unit_cost=goods[sku].unit_cost,
            reason_code="opening_stock",
            occurred_at=first_sale - timedelta(days=1),
        )
        for sku, quantity in needed.items()
    ]
    return len(apply_stock_changes(changes, acting_user=acting_user, quiet=True))


def purchase_month(
    *,
    month: date,
    needed: Mapping[str, Decimal],
    goods: Mapping[str, Goods],
    supplier: Supplier,
    warehouse: Warehouse,
    options: ImportOptions,
    acting_user: Any,
) -> tuple[int, int]:
    """Order and receive what a month sells; return the numbers of orders and of lines."""
    arrival = datetime.combine(month, time(), UTC) - ARRIVAL
    orders = list(portions(sorted(needed)))
    for skus in orders:
        order = create_purchase_order(
            supplier=supplier,
            warehouse=warehouse,
            lines=[
                OrderLine(
                    variation=goods[sku].variation,
                    quantity_ordered=needed[sku],
                    unit_cost=goods[sku].unit_cost,
                )
                for sku in skus
            ],
            order_date=arrival - LEAD_TIME,
            expected_delivery_date=arrival,
            currency=options.currency,
            quiet=True,
            acting_user=acting_user,
        )
        receive_purchase_order(
            order=order,
            delivery=Delivery(occurred_at=arrival, quiet=True),
            acting_user=acting_user,
        )
    return len(orders), len(needed)


def portions(skus: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(skus), LINES_AN_ORDER):
        yield skus[start : start + LINES_AN_ORDER]
