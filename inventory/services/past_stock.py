"""What leaves on a past day must have been there then."""

from collections.abc import Iterable
from datetime import UTC, date

from django.db import connection

from inventory.exceptions import InsufficientStock
from inventory.models import Stock
from inventory.models.lot import stock_day
from inventory.services.stock_change import PostedChange, StockChange

# The first day, from the given ones on, at whose end a balance would be below nothing.
BELOW_NOTHING = """
    SELECT level.stock_id, level.day, level.quantity
    FROM (
        SELECT stock_id, day, sum(quantity) OVER (PARTITION BY stock_id ORDER BY day) AS quantity
        FROM (
            SELECT m.stock_id, (m.occurred_at AT TIME ZONE 'UTC')::date AS day,
                   sum(m.quantity) AS quantity
            FROM inventory_stockmovement m
            WHERE m.stock_id = ANY(%s)
            GROUP BY 1, 2
        ) AS moved
    ) AS level
    JOIN unnest(%s::bigint[], %s::date[]) AS since(stock_id, day) ON since.stock_id = level.stock_id
    WHERE level.quantity < 0 AND level.day >= since.day
    ORDER BY level.day, level.stock_id
    LIMIT 1"""


def day_of(change: StockChange) -> date:
    """Return the day in UTC on which a change happened: today where it says nothing."""
    if change.occurred_at is None:
        return stock_day()
    return change.occurred_at.astimezone(UTC).date()


def require_stock_then(posted: Iterable[PostedChange]) -> None:
    """Raise InsufficientStock, which undoes the posting, where goods left before they came.

    Looks at what was issued as of a past day: at the end of that day, and of each later one, the
    balance holds nothing less than 0. One query, under the locks of the posting; none where nothing
    was back-dated.
    """
    since = {
        line.stock_id: day
        for line in posted
        if line.change.quantity < 0 and (day := day_of(line.change)) < stock_day()
    }
    if not since:
        return
    with connection.cursor() as cursor:
        keys = list(since)
        cursor.execute(BELOW_NOTHING, [keys, keys, list(since.values())])
        found = cursor.fetchone()
    if found is None:
        return
    stock_id, day, quantity = found
    stock = Stock.objects.select_related("variation", "warehouse").get(pk=stock_id)
    sku, place = stock.variation.sku_code, stock.warehouse.code
    raise InsufficientStock(
        f"At the end of {day} there would have been {quantity.normalize():f} of {sku} in {place}. "
        "Record first what came in, or choose a later time.",
        {"lines": [{"sku": sku, "warehouse": place, "day": day, "quantity_then": quantity}]},
    )
