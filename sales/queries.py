"""Reads over orders and what inventory holds for them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
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


# What was asked for on the days of its orders, and what came back on the days of its returns.
NET_DEMAND = """
    SELECT day, variation_id, warehouse_id, currency, sum(ordered), sum(cancelled), sum(returned),
           sum(amount), sum(credited)
    FROM (
        SELECT (o.order_date AT TIME ZONE 'UTC')::date AS day, i.variation_id, o.warehouse_id,
               o.currency, i.quantity AS ordered, i.quantity_cancelled AS cancelled,
               0 AS returned, i.line_total AS amount, 0 AS credited
        FROM sales_salesorderitem i
        JOIN sales_salesorder o ON o.id = i.order_id
        WHERE o.order_date >= %(start)s AND o.order_date < %(end)s
        UNION ALL
        SELECT (r.occurred_at AT TIME ZONE 'UTC')::date, i.variation_id, o.warehouse_id,
               o.currency, 0, 0, b.quantity, 0, b.credit_amount
        FROM sales_salesreturnitem b
        JOIN sales_salesreturn r ON r.id = b.sales_return_id
        JOIN sales_salesorderitem i ON i.id = b.order_item_id
        JOIN sales_salesorder o ON o.id = i.order_id
        WHERE r.occurred_at >= %(start)s AND r.occurred_at < %(end)s
    ) AS lines
    WHERE (%(warehouses)s::bigint[] IS NULL OR warehouse_id = ANY(%(warehouses)s::bigint[]))
      AND (%(variations)s::bigint[] IS NULL OR variation_id = ANY(%(variations)s::bigint[]))
    GROUP BY day, variation_id, warehouse_id, currency
    ORDER BY day, variation_id, warehouse_id, currency"""


class DemandDay(NamedTuple):
    """What was asked of a warehouse for a variation on a day, in UTC, and what came back on it.

    `amount` is of what was ordered and not cancelled, after discounts; `credited` of returns.
    """

    day: date
    variation_id: int
    warehouse_id: int
    currency: str
    ordered: Decimal
    cancelled: Decimal
    returned: Decimal
    amount: Decimal
    credited: Decimal

    @property
    def net_quantity(self) -> Decimal:
        """What was asked for, less what was cancelled and what came back that day."""
        return self.ordered - self.cancelled - self.returned

    @property
    def net_amount(self) -> Decimal:
        return self.amount - self.credited


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


def net_demand(
    start: date,
    end: date,
    *,
    warehouse_ids: Sequence[int] | None = None,
    variation_ids: Sequence[int] | None = None,
) -> list[DemandDay]:
    """Return demand by day from `start` to `end`, both included: asked for, cancelled, returned.

    Demand is what was asked for, delivered or not, in the warehouse whose order it is. A return
    counts on the day of the return. One query.
    """
    values = {
        "start": datetime.combine(start, time.min, UTC),
        "end": datetime.combine(end + timedelta(days=1), time.min, UTC),
        "warehouses": None if warehouse_ids is None else [*warehouse_ids],
        "variations": None if variation_ids is None else [*variation_ids],
    }
    with connection.cursor() as cursor:
        cursor.execute(NET_DEMAND, values)
        return [DemandDay(*row) for row in cursor.fetchall()]


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
