"""Reads over orders and what inventory holds for them."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import connection
from django.db.models import Exists, F, OuterRef, QuerySet

from inventory.models import StockReservation
from inventory.services.sql_arrays import columns
from sales.models import LINE_HOLDER, SalesOrder, SalesOrderItem

# Lines that wait for these balances, the most urgent orders first and of these the oldest, as far
# down as what is available reaches: `ahead` is what the lines before one still want of the same
# balance. Orders whose reservation expired wait for nothing.
WAITING = """
    SELECT item_id, variation_id, warehouse_id, back_ordered
    FROM (
        SELECT i.id AS item_id, s.variation_id, s.warehouse_id, o.priority, o.order_date,
               o.id AS order_id, i.position, w.back_ordered,
               s.on_hand - s.reserved - s.unavailable AS available,
               sum(w.back_ordered) OVER (
                   PARTITION BY s.id
                   ORDER BY o.priority DESC, o.order_date, o.id, i.position
               ) - w.back_ordered AS ahead
        FROM inventory_stock s
        JOIN sales_salesorderitem i
          ON i.variation_id = s.variation_id
         AND i.quantity > i.quantity_fulfilled + i.quantity_cancelled
        JOIN sales_salesorder o
          ON o.id = i.order_id AND o.warehouse_id = s.warehouse_id
         AND o.status IN ('pending', 'partially_fulfilled')
         AND o.reservation_expired_at IS NULL
        LEFT JOIN inventory_stockreservation r
          ON r.reference_type = %s AND r.reference_id = i.id AND r.stock_id = s.id
        CROSS JOIN LATERAL (
            SELECT i.quantity - i.quantity_fulfilled - i.quantity_cancelled
                   - COALESCE(r.quantity, 0) AS back_ordered
        ) AS w
        WHERE s.id = ANY(%s) AND w.back_ordered > 0
    ) AS waiting
    WHERE ahead < available
    ORDER BY priority DESC, order_date, order_id, position"""


# The price of each line: of the largest minimum quantity that it reaches, the latest to begin.
PRICES = """
    SELECT (
        SELECT p.price FROM sales_salesprice p
        WHERE p.variation_id = n.variation_id AND p.currency = %s AND p.min_quantity <= n.quantity
          AND p.valid_from <= %s AND (p.valid_until IS NULL OR p.valid_until >= %s)
        ORDER BY p.min_quantity DESC, p.valid_from DESC
        LIMIT 1
    )
    FROM unnest(%s::bigint[], %s::numeric[]) WITH ORDINALITY AS n(variation_id, quantity, line)
    ORDER BY n.line"""


class BackOrder(NamedTuple):
    """A line of an open order that waits for goods."""

    item_id: int
    variation_id: int
    warehouse_id: int
    back_ordered: Decimal


def back_orders_within_reach(stock_ids: Sequence[int]) -> list[BackOrder]:
    """Return the waiting lines that these balances' available quantities reach, in turn."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [LINE_HOLDER, list(stock_ids)])
        return [BackOrder(*row) for row in cursor.fetchall()]


def prices_on(
    wanted: Sequence[tuple[int, Decimal]], currency: str, day: date
) -> list[Decimal | None]:
    """Return the listed price of each (variation key, quantity), or None; one query, or none."""
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(PRICES, [currency, day, day, *columns(wanted, 2)])
        return [row[0] for row in cursor.fetchall()]


def open_order_reservations() -> QuerySet[StockReservation]:
    """Reservations of order lines that an open order explains: right goods, place and amount."""
    return _order_reservations().filter(Exists(_explaining_lines()))


def unexplained_reservations() -> QuerySet[StockReservation]:
    """Reservations of order lines that no open order explains; there must be none."""
    return _order_reservations().exclude(Exists(_explaining_lines()))


def _order_reservations() -> QuerySet[StockReservation]:
    return StockReservation.objects.filter(reference_type=LINE_HOLDER, quantity__gt=0)


def _explaining_lines() -> QuerySet[SalesOrderItem]:
    return SalesOrderItem.objects.filter(
        pk=OuterRef("reference_id"),
        variation=OuterRef("stock__variation"),
        order__warehouse=OuterRef("stock__warehouse"),
        order__status__in=SalesOrder.OPEN,
        quantity__gte=F("quantity_fulfilled") + F("quantity_cancelled") + OuterRef("quantity"),
    )
