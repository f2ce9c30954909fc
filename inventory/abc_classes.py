"""ABC classes by the value of a year's issues, and what is due to be counted.

The first 80 % of the value are class A, the next 15 % B, the rest and what did not move C
(Silver, Pyke and Thomas, Inventory and Production Management in Supply Chains, 4th ed., ch. 2).
Issues that were reversed do not count.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from warehouses.models import Warehouse

YEAR = timedelta(days=365)
# Days between counts: monthly, quarterly, yearly.
COUNT_EVERY = {"A": 30, "B": 91, "C": 365}

CLASSES = """
    WITH issued AS (
        SELECT s.variation_id, s.on_hand, COALESCE(sum(-m.total_value), 0) AS value
        FROM inventory_stock s
        LEFT JOIN inventory_stockmovement m
          ON m.stock_id = s.id AND m.movement_type = 'outbound' AND m.occurred_at >= %s
         AND NOT EXISTS (SELECT FROM inventory_movementreversal r WHERE r.movement_id = m.id)
        WHERE s.warehouse_id = %s
        GROUP BY s.id
    ), ranked AS (
        SELECT *, sum(value) OVER (ORDER BY value DESC, variation_id) - value AS before,
               sum(value) OVER () AS total
        FROM issued
    ), classed AS (
        SELECT variation_id, on_hand, value,
               CASE WHEN value <= 0 THEN 'C' WHEN before < 0.80 * total THEN 'A'
                    WHEN before < 0.95 * total THEN 'B' ELSE 'C' END AS class
        FROM ranked
    )"""
OF_CLASS = f"{CLASSES} SELECT variation_id FROM classed WHERE class = %s"  # nosec B608
DUE = f"""{CLASSES}, counted AS (
        SELECT l.variation_id, max(l.counted_at) AS at, bool_or(l.is_open) AS is_open
        FROM inventory_stockcountline l
        JOIN inventory_stockcount c ON c.id = l.count_id
        WHERE l.warehouse_id = %s AND (l.is_open OR c.status = 'posted')
        GROUP BY 1
    )
    SELECT d.variation_id, v.sku_code, p.code, p.name, d.class, d.value, c.at,
           count(*) OVER () AS number
    FROM classed d
    JOIN inventory_productvariation v ON v.id = d.variation_id
    JOIN inventory_product p ON p.id = v.product_id
    LEFT JOIN counted c ON c.variation_id = d.variation_id
    WHERE (d.on_hand > 0 OR d.value > 0) AND NOT COALESCE(c.is_open, false)
      AND (c.at IS NULL OR c.at < CASE d.class WHEN 'A' THEN %s::timestamptz
                                  WHEN 'B' THEN %s::timestamptz ELSE %s::timestamptz END)
    ORDER BY c.at NULLS FIRST, d.class, d.value DESC, d.variation_id
    LIMIT %s"""  # nosec B608


class DueItem(NamedTuple):
    """A variation whose turn to be counted has come; `number` is of all that are due."""

    variation_id: int
    sku: str
    product_id: str
    product_name: str
    abc_class: str
    issued_value: Decimal
    last_counted_at: datetime | None
    number: int


def variations_of_class(warehouse: Warehouse, abc_class: str) -> list[int]:
    """Return the variations of a class in a warehouse."""
    with connection.cursor() as cursor:
        cursor.execute(OF_CLASS, [timezone.now() - YEAR, warehouse.pk, abc_class])
        return [row[0] for row in cursor.fetchall()]


def due_to_count(warehouse: Warehouse, limit: int) -> list[DueItem]:
    """Return what to count today, the least recently counted first; what is being counted is not.

    A items are due a month after their last count, B a quarter, C a year.
    """
    now = timezone.now()
    turns = [now - timedelta(days=COUNT_EVERY[one]) for one in ("A", "B", "C")]
    with connection.cursor() as cursor:
        cursor.execute(DUE, [now - YEAR, warehouse.pk, warehouse.pk, *turns, limit])
        return [DueItem(*row) for row in cursor.fetchall()]
