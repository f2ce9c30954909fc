"""Proof that balances, movements, reservations, open orders and transfers on their way agree."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import QuerySet

from inventory.models import LotBalance, Stock, StockMovement, StockReservation
from inventory.queries import in_transit_by_stock
from operations.lot_rules import LOT_RULES
from purchasing.queries import incoming_by_stock
from sales.models import LINE_HOLDER
from sales.queries import unexplained_reservations


class Violation(NamedTuple):
    """One row that breaks one rule."""

    rule: str
    row: str
    explanation: str


CHAIN = """
    FROM (
        SELECT m.id, m.stock_id, m.stock_before, m.stock_after, m.quantity, m.unit_cost,
               m.total_value, m.recorded_at, m.variation_id, m.warehouse_id,
               lag(m.stock_after, 1, 0::numeric) OVER chain AS expected_before,
               lag(m.recorded_at) OVER chain AS recorded_before
        FROM inventory_stockmovement m
        WINDOW chain AS (PARTITION BY m.stock_id ORDER BY m.id)
    ) AS line"""

RULES: dict[str, str] = {
    "balance_range": """
        SELECT 'stock ' || id, 'on hand ' || on_hand || ', reserved ' || reserved
               || ', unavailable ' || unavailable || ', incoming ' || incoming
        FROM inventory_stock
        WHERE on_hand < 0 OR reserved < 0 OR reserved + unavailable > on_hand OR incoming < 0
              OR unavailable < 0""",
    "balance_equals_movements": """
        SELECT 'stock ' || s.id,
               'on hand ' || s.on_hand || ' but its movements sum to ' || COALESCE(m.total, 0)
        FROM inventory_stock s
        LEFT JOIN (SELECT stock_id, sum(quantity) AS total, max(id) AS last
                   FROM inventory_stockmovement GROUP BY stock_id) m ON m.stock_id = s.id
        WHERE s.on_hand <> COALESCE(m.total, 0)""",
    "last_movement_equals_balance": """
        SELECT 'movement ' || m.id, 'it left ' || m.stock_after || ' but on hand is ' || s.on_hand
        FROM (SELECT stock_id, max(id) AS last FROM inventory_stockmovement GROUP BY 1) newest
        JOIN inventory_stockmovement m ON m.id = newest.last
        JOIN inventory_stock s ON s.id = newest.stock_id
        WHERE m.stock_after <> s.on_hand""",
    "movement_chain": f"""
        SELECT 'movement ' || id, 'it starts from ' || stock_before || ' but the one before left '
               || expected_before {CHAIN} WHERE stock_before <> expected_before""",  # nosec B608
    "movement_sum": """
        SELECT 'movement ' || id, stock_before || ' + ' || quantity || ' is not ' || stock_after
        FROM inventory_stockmovement
        WHERE stock_before + quantity <> stock_after OR quantity = 0 OR stock_after < 0""",
    "movement_value": """
        SELECT 'movement ' || id,
               quantity || ' at ' || unit_cost || ' is not worth ' || total_value
        FROM inventory_stockmovement WHERE total_value <> round(quantity * unit_cost, 4)""",
    "movement_time": f"""
        SELECT 'movement ' || id, 'recorded at ' || recorded_at || ', before its predecessor'
        {CHAIN} WHERE recorded_at < recorded_before""",
    "movement_place": """
        SELECT 'movement ' || m.id, 'its variation or warehouse is not that of stock ' || s.id
        FROM inventory_stockmovement m JOIN inventory_stock s ON s.id = m.stock_id
        WHERE m.variation_id <> s.variation_id OR m.warehouse_id <> s.warehouse_id""",
    "reserved_equals_reservations": """
        SELECT 'stock ' || s.id,
               'reserved ' || s.reserved || ' but reservations sum to ' || COALESCE(r.total, 0)
        FROM inventory_stock s
        LEFT JOIN (SELECT stock_id, sum(quantity) AS total
                   FROM inventory_stockreservation GROUP BY stock_id) r ON r.stock_id = s.id
        WHERE s.reserved <> COALESCE(r.total, 0)""",
    **LOT_RULES,
}


INCOMING = """
    SELECT 'stock of variation ' || COALESCE(s.variation_id, o.variation_id) || ' in warehouse '
           || COALESCE(s.warehouse_id, o.warehouse_id),
           'incoming ' || COALESCE(s.incoming, 0) || ' but open orders and transfers bring '
           || COALESCE(o.quantity, 0)
    FROM (SELECT * FROM inventory_stock WHERE incoming <> 0) s
    FULL JOIN (SELECT variation_id, warehouse_id, sum(quantity) AS quantity
               FROM ({ordered} UNION ALL {in_transit}) AS e(variation_id, warehouse_id, quantity)
               GROUP BY 1, 2 HAVING sum(quantity) <> 0) o
      ON o.variation_id = s.variation_id AND o.warehouse_id = s.warehouse_id
    WHERE COALESCE(s.incoming, 0) <> COALESCE(o.quantity, 0)"""


@transaction.atomic
def verify_ledger(limit: int = 100) -> list[Violation]:
    """Return what breaks a rule, at most `limit` rows a rule; reads one consistent snapshot."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        if not connection.savepoint_ids:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    return [violation for rule in violations(limit) for violation in rule]


def violations(limit: int) -> Iterator[list[Violation]]:
    """Yield what each rule finds."""
    for rule, sql, parameters in written_rules():
        yield query(rule, sql, parameters, limit)
    yield [
        Violation(
            "reservation_explained",
            f"reservation {row.pk}",
            f"{row.quantity} for {row.reference_type} {row.reference_id}, which no open order asks",
        )
        for row in reservations_of_no_order()[:limit]
    ]


def written_rules() -> Iterator[tuple[str, str, list[Any]]]:
    """Yield the name, the SQL and the parameters of the rules that are a statement each."""
    for rule, sql in RULES.items():
        yield rule, sql, []
    ordered, of_orders = incoming_by_stock().query.sql_with_params()
    in_transit, of_transfers = in_transit_by_stock().query.sql_with_params()
    incoming = INCOMING.format(ordered=f"({ordered})", in_transit=f"({in_transit})")
    yield "incoming_explained", incoming, [*of_orders, *of_transfers]


def reservations_of_no_order() -> QuerySet[StockReservation]:
    """Return reservations that no open order explains; there must be none."""
    foreign = StockReservation.objects.exclude(reference_type=LINE_HOLDER).filter(quantity__gt=0)
    return unexplained_reservations() | foreign


def query(rule: str, sql: str, parameters: list[Any], limit: int) -> list[Violation]:
    with connection.cursor() as cursor:
        # The rules are constants.
        found = f"SELECT * FROM ({sql}) AS found LIMIT {limit:d}"  # nosec B608
        cursor.execute(found, parameters or None)
        return [Violation(rule, row, explanation) for row, explanation in cursor.fetchall()]


def ledger_figures() -> dict[str, int]:
    """Count what was proved."""
    return {
        "balances": Stock.objects.count(),
        "movements": StockMovement.objects.count(),
        "reservations": StockReservation.objects.count(),
        "lots": LotBalance.objects.count(),
    }
