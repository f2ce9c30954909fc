"""Stock and its value at the end of a past day, from the ledger by when things occurred."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import DecimalField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from common.permissions import Can
from inventory.models import Stock, StockMovement
from warehouses.models import Warehouse

CENT = Decimal("0.01")

# Sums of the days, and of the movements that are in none yet: one statement, so one snapshot.
VALUATION = """
    SELECT w.id, COALESCE(sum(part.value), 0),
           COALESCE(sum(part.value) FILTER (WHERE part.movement_type = 'transfer'), 0)
    FROM unnest(%s::bigint[]) AS w(id)
    LEFT JOIN (
        SELECT d.warehouse_id, d.movement_type, sum(d.value) AS value
        FROM inventory_stockday d
        WHERE d.warehouse_id = ANY(%s) AND d.day <= %s
        GROUP BY 1, 2
        UNION ALL
        SELECT m.warehouse_id, m.movement_type, sum(m.total_value)
        FROM inventory_stockmovement m
        WHERE m.transaction_id >= COALESCE(
                  (SELECT transaction_id FROM inventory_stockdayprogress), 0)
          AND m.warehouse_id = ANY(%s) AND m.occurred_at < %s
        GROUP BY 1, 2
    ) AS part ON part.warehouse_id = w.id
    GROUP BY w.id
    ORDER BY w.id"""


class WarehouseValue(NamedTuple):
    """What the stock of a warehouse was worth; `transferred` is the net of goods on transfers."""

    warehouse_id: int
    value: Decimal
    transferred: Decimal


def end_of(day: date) -> datetime:
    """Return the first moment after a day, in UTC."""
    return datetime.combine(day + timedelta(days=1), time.min, UTC)


def value_by_warehouse(day: date, warehouse_ids: Sequence[int]) -> list[WarehouseValue]:
    """Return the value of stock at the end of a day: what came in at its cost, less what left.

    The sum of the movements' values that occurred until then, whenever they were recorded.
    """
    places = list(warehouse_ids)
    with connection.cursor() as cursor:
        cursor.execute(VALUATION, [places, places, day, places, end_of(day)])
        return [WarehouseValue(*row) for row in cursor.fetchall()]


def stock_as_of(stocks: QuerySet[Stock], day: date) -> QuerySet[Stock]:
    """Add to balances `quantity_then` and `value_then`, what they were at the end of a day."""
    until = (
        StockMovement.objects.filter(
            stock=OuterRef("pk"), variation=OuterRef("variation"), occurred_at__lt=end_of(day)
        )
        .order_by()
        .values("stock")
    )
    return stocks.annotate(
        quantity_then=summed(until, "quantity", 3), value_then=summed(until, "total_value", 4)
    )


def summed(movements: Any, column: str, places: int) -> Coalesce:
    kind: Any = DecimalField(max_digits=30, decimal_places=places)
    total = movements.annotate(total=Sum(column)).values("total")
    return Coalesce(Subquery(total), Value(Decimal(0)), output_field=kind)


def valuation(day: date, warehouses: Any, user: Any) -> dict[str, Any]:
    """Return the value of stock by warehouse, and in transit where the user sees both ends.

    In cents, so that the total is what the rows add up to.
    """
    codes = dict(Warehouse.objects.filter(pk__in=warehouses).values_list("pk", "code"))
    rows = value_by_warehouse(day, sorted(codes))
    sees_all = user.can(Can.SEE_ALL_WAREHOUSES) and len(codes) == Warehouse.objects.count()
    # What left on transfers and has not come in is neither here nor there: it is on its way.
    transit = cents(-sum((row.transferred for row in rows), Decimal(0))) if sees_all else None
    values = {codes[row.warehouse_id]: cents(row.value) for row in rows}
    return {
        "as_of": day,
        "warehouses": [{"warehouse": code, "value": value} for code, value in values.items()],
        "in_transit": transit,
        "total_value": sum(values.values(), transit or Decimal(0)),
    }


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
