"""What the product holds against what the model holds: after every step, in three statements."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import connection
from hypothesis.stateful import invariant

from common.compiled_queries import prepared_cursor
from inventory.as_of import stock_as_of
from inventory.models import Stock
from operations.ledger_verification import (
    reservations_of_no_order,
    verify_ledger,
    written_rules,
)
from tests.properties.model import World

# Every row as: what it is, two keys, a word, up to five figures, and two answers.
FIGURES = """
    SELECT 'balance', variation_id, warehouse_id, '', ARRAY[on_hand, reserved, unavailable,
           incoming, average_cost], false, false
    FROM inventory_stock
    UNION ALL
    SELECT 'lot', s.variation_id, s.warehouse_id, l.lot_number, ARRAY[b.on_hand],
           b.quarantined, b.expired
    FROM inventory_lotbalance b
    JOIN inventory_stock s ON s.id = b.stock_id JOIN inventory_lot l ON l.id = b.lot_id
    WHERE b.on_hand <> 0
    UNION ALL
    SELECT 'reservation', reference_id, 0, '', ARRAY[quantity], false, false
    FROM inventory_stockreservation WHERE quantity <> 0
    UNION ALL
    SELECT 'sold', i.id, o.id, o.status, ARRAY[i.quantity_fulfilled, i.quantity_cancelled,
           i.quantity_returned], false, false
    FROM sales_salesorderitem i JOIN sales_salesorder o ON o.id = i.order_id
    UNION ALL
    SELECT 'count', id, 0, status, ARRAY[]::numeric[], false, false FROM inventory_stockcount
    UNION ALL
    SELECT 'counted', count_id, row_number() OVER (PARTITION BY count_id ORDER BY id), lot_number,
           ARRAY[counted_quantity, on_hand_at_scan, first_quantity], needs_recount, false
    FROM inventory_stockcountline"""


@cache
def proof() -> str:
    """Return the rules of verify_ledger as one statement, which is planned once."""
    rows = reservations_of_no_order().values_list("reference_type", "reference_id")
    explained, parameters = rows.query.sql_with_params()
    rules = [*written_rules(), ("reservation_explained", explained, parameters)]
    return " UNION ALL ".join(
        f"SELECT '{rule}', found::text FROM ({composed(sql, values)}) AS found"
        for rule, sql, values in rules
    )


@cache
def as_of(day: date) -> str:
    """Return the statement with which the product answers for the end of a past day."""
    rows = stock_as_of(Stock.objects.all(), day)
    columns = rows.values_list("variation_id", "warehouse_id", "quantity_then")
    return composed(*columns.query.sql_with_params())


def composed(sql: str, parameters: Any) -> str:
    return connection.ops.compose_sql(sql, list(parameters)) if parameters else sql


def rows_of(sql: str) -> list[tuple[Any, ...]]:
    with prepared_cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def require_same(found: set[Any], expected: set[Any]) -> None:
    only = f"only in the product: {found - expected}, only in the model: {expected - found}"
    assert found == expected, only


class Comparison:
    """Mixed into the machine, which has the scene, the world and the counts."""

    scene: Any
    world: World
    counts: list[Any]
    proves_the_ledger: bool
    told: Counter[str]

    @invariant()
    def figures_are_the_models(self) -> None:
        self.told["steps"] += 1
        found = {(*keys, tuple(figures), one, other)
                 for *keys, figures, one, other in rows_of(FIGURES)}  # fmt: skip
        require_same(found, self.expected())

    @invariant()
    def past_days_are_the_models(self) -> None:
        day = self.world.today - timedelta(days=len(self.world.shelves) % 4)
        then = {
            (*self.keys(*key), self.world.at_the_end_of(day, key)) for key in self.world.shelves
        }
        require_same(set(rows_of(as_of(day))), then)

    @invariant()
    def ledger_is_sound(self) -> None:
        """The rules in one statement; now and then by the function that operators call."""
        if self.proves_the_ledger:
            assert rows_of(proof()) == []
            if self.told["steps"] % 20 == 0:
                assert verify_ledger() == []

    def keys(self, item: int, place: int) -> tuple[int, int]:
        return self.scene.items[item].pk, self.scene.places[place].pk

    def expected(self) -> set[tuple[Any, ...]]:
        """Return the rows of FIGURES as the model has them."""
        rows: set[tuple[Any, ...]] = set()
        for key, shelf in self.world.shelves.items():
            keys = self.keys(*key)
            figures = (
                shelf.on_hand, shelf.reserved, shelf.unavailable, shelf.incoming, shelf.cost,
            )  # fmt: skip
            rows.add(("balance", *keys, "", figures, False, False))
            rows |= {
                ("lot", *keys, lot, (there,), lot in shelf.quarantined, lot in shelf.expired)
                for lot, there in shelf.lots.items() if there and shelf.item in self.world.tracked
            }  # fmt: skip
            rows |= {
                ("reservation", line, 0, "", (held,), False, False)
                for line, held in shelf.held.items() if held
            }  # fmt: skip
        return rows | self.expected_orders() | self.expected_counts()

    def expected_orders(self) -> set[tuple[Any, ...]]:
        return {
            ("sold", line.key, order.key, order.status,
             (line.delivered, line.cancelled, line.returned), False, False)
            for order in self.world.orders for line in order.lines
        }  # fmt: skip

    def expected_counts(self) -> set[tuple[Any, ...]]:
        rows: set[tuple[Any, ...]] = set()
        for row, count in zip(self.counts, self.world.counts, strict=True):
            rows.add(("count", row.pk, 0, count.status, (), False, False))
            for position, line in enumerate(count.lines, start=1):
                at_scan: Decimal | None = None if line.counted is None else line.at_scan
                figures = (line.counted, at_scan, line.first)
                rows.add(
                    ("counted", row.pk, position, line.lot, figures, line.needs_recount, False)
                )
        return rows
