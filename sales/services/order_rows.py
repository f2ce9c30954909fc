"""Rows of orders and deliveries, written for any number of them at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from django.db import IntegrityError, connection
from django.utils import timezone

from common.compiled_queries import prepared_cursor
from common.exceptions import DuplicateCode
from inventory.services.sql_arrays import columns, numbers, texts
from sales.models import Fulfilment, SalesOrder

CENT, HUNDRED, ZERO = Decimal("0.01"), Decimal(100), Decimal(0)

INSERT_ITEMS = """
    INSERT INTO sales_salesorderitem
        (order_id, position, variation_id, quantity, sale_price_per_unit, discount_percent,
         quantity_fulfilled, quantity_cancelled, quantity_returned)
    SELECT n.order_id, n.position, n.variation_id, n.quantity, n.price, n.discount, n.fulfilled,
           n.cancelled, 0
    FROM unnest(%s::bigint[], %s::int[], %s::bigint[], %s::numeric[], %s::numeric[],
                %s::numeric[], %s::numeric[], %s::numeric[])
        WITH ORDINALITY AS n(order_id, position, variation_id, quantity, price, discount,
                             fulfilled, cancelled, line)
    ORDER BY n.line
    RETURNING id"""

DELETE_ITEMS = """
    DELETE FROM sales_salesorderitem WHERE order_id = %s RETURNING id, variation_id"""

# The lines as they stand before the statement, with what leaves added, tell what the order becomes.
DELIVER_ITEMS = """
    WITH leaving AS MATERIALIZED (
        SELECT * FROM unnest(%s::bigint[], %s::numeric[]) AS n(id, quantity)
    ), delivered AS (
        UPDATE sales_salesorderitem i
        SET quantity_fulfilled = i.quantity_fulfilled + n.quantity
        FROM leaving n
        WHERE i.id = n.id
        RETURNING i.id
    )
    UPDATE sales_salesorder o
    SET updated_at = %s, status = CASE WHEN EXISTS (
        SELECT FROM sales_salesorderitem i
        LEFT JOIN leaving n ON n.id = i.id
        WHERE i.order_id = o.id
          AND i.quantity - i.quantity_cancelled > i.quantity_fulfilled + COALESCE(n.quantity, 0)
    ) THEN 'partially_fulfilled' ELSE 'fulfilled' END
    FROM (SELECT count(*) FROM delivered) AS lines_first
    WHERE o.id = %s
    RETURNING status"""

CANCEL_ITEMS = """
    UPDATE sales_salesorderitem i
    SET quantity_cancelled = i.quantity_cancelled + n.quantity
    FROM unnest(%s::bigint[], %s::numeric[]) AS n(id, quantity)
    WHERE i.id = n.id"""

RECORD_FULFILMENTS = """
    WITH made AS (
        INSERT INTO sales_fulfilment (order_id, occurred_at, recorded_at, fulfilled_by_id)
        SELECT n.order_id, COALESCE(n.occurred_at, clock_timestamp()), clock_timestamp(),
               %s::bigint
        FROM unnest(%s::bigint[], %s::timestamptz[]) AS n(order_id, occurred_at)
        RETURNING id, order_id, occurred_at, recorded_at, fulfilled_by_id
    ), lines AS (
        INSERT INTO sales_fulfilmentitem
            (fulfilment_id, order_item_id, warehouse_id, quantity, unit_cost)
        SELECT made.id, n.item_id, n.warehouse_id, n.quantity, n.unit_cost
        FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::numeric[], %s::numeric[])
            AS n(order_id, item_id, warehouse_id, quantity, unit_cost)
        JOIN made ON made.order_id = n.order_id
    )
    SELECT id, order_id, occurred_at, recorded_at, fulfilled_by_id FROM made ORDER BY id"""
MADE = ("id", "order_id", "occurred_at", "recorded_at", "fulfilled_by_id")


@dataclass(frozen=True, slots=True)
class OrderLine:
    """What is ordered: quantity in the variation's stock unit, price per unit before discount."""

    variation_id: int
    quantity: Decimal
    sale_price_per_unit: Decimal
    discount_percent: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return line_amount(self.quantity, self.sale_price_per_unit, self.discount_percent)


class Delivery(NamedTuple):
    """So much of an order line that left, from where, at what cost per unit."""

    order_id: int
    item_id: int
    warehouse_id: int
    quantity: Decimal
    unit_cost: Decimal


def line_amount(quantity: Decimal, price: Decimal, discount_percent: Decimal) -> Decimal:
    """Return what so much of a line costs: quantity x price x (100 - discount) / 100, to the cent.

    Halves are rounded up, once a line, as the column `line_total` does it.
    """
    exact = quantity * price * (HUNDRED - discount_percent) * CENT
    return exact.quantize(CENT, ROUND_HALF_UP)


def total_of(lines: Iterable[OrderLine]) -> Decimal:
    return sum((line.total for line in lines), ZERO)


def insert_orders(orders: Sequence[SalesOrder]) -> None:
    """Insert unsaved orders in one statement and set their keys; raises DuplicateCode."""
    try:
        SalesOrder.objects.bulk_create(orders)
    except IntegrityError as error:
        if getattr(error.__cause__, "sqlstate", "") != "23505":
            raise
        taken = next(
            (order for order in orders if f"({order.order_number})" in str(error)), orders[0]
        )
        text = f'Order number "{taken.order_number}" is taken. Choose another or leave it out.'
        raise DuplicateCode(text, {"order_number": [text]}) from None


def insert_items(
    lines: Sequence[tuple[int, int, OrderLine]], *, fulfilled: bool = False, cancelled: bool = False
) -> list[int]:
    """Insert (order key, position, line) in one statement; return the keys in their order."""
    rows = [
        (
            order_id,
            position,
            line.variation_id,
            line.quantity,
            line.sale_price_per_unit,
            line.discount_percent,
            line.quantity if fulfilled else ZERO,
            line.quantity if cancelled else ZERO,
        )
        for order_id, position, line in lines
    ]
    with prepared_cursor() as cursor:
        cursor.execute(INSERT_ITEMS, [*map(numbers, columns(rows, 8))])
        return [row[0] for row in cursor.fetchall()]


def delete_items(order: SalesOrder) -> list[tuple[int, int]]:
    """Delete an order's lines in one statement; return their keys and variations' keys."""
    with connection.cursor() as cursor:
        cursor.execute(DELETE_ITEMS, [order.pk])
        return list(cursor.fetchall())


def deliver_items(order: SalesOrder, quantities: Iterable[tuple[int, Decimal]]) -> str:
    """Add what leaves to the delivered quantities of a locked order's lines, in one statement.

    Gives the order the status that its lines then have, and returns it.
    """
    totals = sum_by_item(quantities)
    with connection.cursor() as cursor:
        ids, amounts = map(numbers, columns([*totals.items()], 2))
        cursor.execute(DELIVER_ITEMS, [ids, amounts, timezone.now(), order.pk])
        return str(cursor.fetchone()[0])


def cancel_items(quantities: Iterable[tuple[int, Decimal]]) -> None:
    """Add to the lines' cancelled quantities, in one statement."""
    totals = sum_by_item(quantities)
    with connection.cursor() as cursor:
        cursor.execute(CANCEL_ITEMS, columns([*totals.items()], 2))


def sum_by_item(quantities: Iterable[tuple[int, Decimal]]) -> dict[int, Decimal]:
    """Sum quantities by item: an UPDATE meets each row once."""
    totals: dict[int, Decimal] = {}
    for item_id, quantity in quantities:
        totals[item_id] = totals.get(item_id, ZERO) + quantity
    return totals


def record_fulfilments(
    occurred: Sequence[tuple[int, datetime | None]],
    deliveries: Sequence[Delivery],
    acting_user: Any,
) -> list[Fulfilment]:
    """Insert a fulfilment for each (order key, time) with its lines, in one statement.

    Prepared: an earlier statement of the transaction has told the audit who writes.
    """
    orders, times = columns(occurred, 2)
    parameters = [
        acting_user.pk if acting_user else None,
        numbers(orders),
        texts(times),
        *map(numbers, columns(deliveries, 5)),
    ]
    with prepared_cursor() as cursor:
        cursor.execute(RECORD_FULFILMENTS, parameters)
        return [Fulfilment.from_db(connection.alias, MADE, row) for row in cursor.fetchall()]
