"""Keeping the sums of StockDay."""

from django.db import connection, transaction

BEGIN = """
    INSERT INTO inventory_stockdayprogress (id, transaction_id) VALUES (1, 0)
    ON CONFLICT (id) DO NOTHING"""

# Every transaction below the snapshot's xmin is over: whatever it wrote is seen here, and nothing
# can appear there later. Keys and times would not do: they are given out before the commit.
ROLL_UP = """
    WITH reach AS MATERIALIZED (
        SELECT id, transaction_id AS before,
               pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS until
        FROM inventory_stockdayprogress
    ), summed AS (
        INSERT INTO inventory_stockday
            (day, warehouse_id, movement_type, movements, quantity, value)
        SELECT (m.occurred_at AT TIME ZONE 'UTC')::date, m.warehouse_id, m.movement_type,
               count(*), sum(m.quantity), sum(m.total_value)
        FROM inventory_stockmovement m, reach
        WHERE m.transaction_id >= reach.before AND m.transaction_id < reach.until
        GROUP BY 1, 2, 3
        ORDER BY 1, 2, 3
        ON CONFLICT (warehouse_id, day, movement_type) DO UPDATE
        SET movements = inventory_stockday.movements + EXCLUDED.movements,
            quantity = inventory_stockday.quantity + EXCLUDED.quantity,
            value = inventory_stockday.value + EXCLUDED.value
        RETURNING movements
    )
    UPDATE inventory_stockdayprogress p SET transaction_id = GREATEST(reach.before, reach.until)
    FROM reach WHERE p.id = reach.id
    RETURNING (SELECT count(*) FROM summed)"""


@transaction.atomic
def roll_up_stock_days() -> int:
    """Add the movements of finished transactions to the sums of their days; return how many rows.

    Each movement is added once: the row that says how far the sums have come is locked and moves
    on in the same transaction. A movement of the past is added to its own day.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(BEGIN)
        cursor.execute("SELECT id FROM inventory_stockdayprogress FOR NO KEY UPDATE")
        cursor.execute(ROLL_UP)
        rows: int = cursor.fetchone()[0]
    return rows
