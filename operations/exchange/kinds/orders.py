"""Files of open orders: a row for each line, and what the order says in its rows alike.

Files add orders. One that is there already, just as the file has it, is left alone; one that
differs is refused: orders are changed where they are, with history and under their locks.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from operations.exchange.fields import Code, Field, JsonObject, Number
from operations.exchange.kinds.base import Kind, refuse_contradictions
from operations.exchange.kinds.places import find_places, refuse_unmeasurable
from operations.exchange.staging import Work

Rows = list[dict[str, Any]]
MOST_LINES = 100_000
NUMBER = Code(
    name="order_number", shortest=2, is_required=True, also=("order", "number", "po_number")
)
QUANTITY = Number(
    name="quantity", above_zero=True, is_required=True, also=("quantity_ordered", "qty", "ordered")
)
TAKEN = (
    "This number is taken, by an order that differs. Files add orders; take its rows out, or choose"
    " another number."
)


def judge_orders(work: Work, header: Sequence[Field]) -> None:
    """Spread what each order says over its rows, find goods and warehouses, and judge quantities.

    An order says of itself what its first row that says anything of it does.
    """
    names = ["warehouse", *(one.name for one in header)]
    if work.rows > MOST_LINES:
        work.refuse(
            "SELECT 1, 'order_number', '', %s::text",
            [f"At most {MOST_LINES:,} lines of orders. Split the file."],
        )
    work.run("CREATE INDEX ON import_row (order_number)")
    refuse_contradictions(work, "order_number", names, "order")
    firsts = ", ".join(
        f'(array_agg("{name}" ORDER BY line) FILTER (WHERE "{name}" IS NOT NULL))[1] AS "{name}"'
        for name in names
    )
    spread = ", ".join(f'"{name}" = coalesce(r."{name}", o."{name}")' for name in names)
    work.run(
        f"UPDATE import_row r SET {spread} FROM (SELECT order_number, {firsts}"  # nosec B608
        " FROM import_row GROUP BY order_number) AS o WHERE o.order_number = r.order_number"
    )
    find_places(work)
    refuse_unmeasurable(work, "quantity")


def refuse_too_many(work: Work, *names: str) -> None:
    """Note rows of which more is done than ordered, and orders of which nothing is outstanding."""
    done = " + ".join(f'coalesce("{name}", 0)' for name in names)
    work.refuse(
        f"SELECT line, '{names[0]}', trim_scale({done})::text,"  # nosec B608
        " 'More than the ' || trim_scale(quantity) || ' that were ordered.'"
        f" FROM import_row WHERE {done} > quantity"
    )
    work.refuse(
        "SELECT min(line), 'order_number', order_number,"  # nosec B608
        " 'Nothing of it is outstanding, and files hold open orders. Take its rows out.'"
        f" FROM import_row GROUP BY order_number HAVING bool_and({done} >= quantity)"
    )


def plan_orders(work: Work, kind: Kind, table: str) -> None:
    """Tell new orders from those that are there just so; note numbers that others have.

    An order of a foreign warehouse is as one that differs.
    """
    present, parameters = kind.rows(work.user)
    told = [one for one in kind.fields if work.has(one.name) and one is not NUMBER]
    differs = " OR ".join(
        f'(r."{one.name}" IS NOT NULL'
        f' AND r."{one.name}" IS DISTINCT FROM p."{one.name}"::{one.type})'
        for one in told
    )
    places = "row_number() OVER (PARTITION BY order_number ORDER BY line) AS place"
    work.make(
        "import_known",
        f"SELECT e.order_number, bool_or(e.is_other) AS is_other FROM ("  # nosec B608
        " SELECT coalesce(r.order_number, p.order_number) AS order_number,"
        f" r.line IS NULL OR p.position IS NULL OR {differs or 'false'} AS is_other"
        f" FROM (SELECT *, {places} FROM import_row WHERE order_number IN"
        f" (SELECT order_number FROM {table})) AS r"
        f" FULL JOIN (SELECT *, row_number() OVER (PARTITION BY order_number ORDER BY position)"
        f" AS place FROM ({present}) AS exported"
        " WHERE order_number IN (SELECT order_number FROM import_row)) AS p"
        " ON p.order_number = r.order_number AND p.place = r.place) AS e GROUP BY 1",
        list(parameters),
    )
    work.refuse(
        "SELECT min(r.line), 'order_number', r.order_number, %s::text FROM import_row r"
        " JOIN import_known k ON k.order_number = r.order_number AND k.is_other"
        " GROUP BY r.order_number",
        [TAKEN],
    )
    work.make(
        "import_fate",
        "SELECT r.line, CASE WHEN k.order_number IS NULL THEN 'new'"
        " WHEN k.is_other THEN 'refused' ELSE 'unchanged' END AS fate"
        " FROM import_row r LEFT JOIN import_known k ON k.order_number = r.order_number",
    )


def new_rows(work: Work, kind: Kind) -> dict[str, Rows]:
    """Return the rows of new orders by their numbers, in the order of the file."""
    names = ["line", *(one.name for one in kind.fields)]
    chosen = ", ".join(f'r."{name}"' for name in names)
    rows = work.run(
        f"SELECT {chosen} FROM import_row r JOIN import_fate f USING (line)"  # nosec B608
        " WHERE f.fate = 'new' ORDER BY r.line"
    )
    objects = [one.name for one in kind.fields if isinstance(one, JsonObject)]
    orders: dict[str, Rows] = {}
    for row in rows:
        told = dict(zip(names, row, strict=True))
        for name in objects:
            told[name] = None if told[name] is None else json.loads(told[name])
        orders.setdefault(told["order_number"], []).append(told)
    return orders


def named_in(orders: Mapping[str, Rows], column: str, rows: QuerySet[Any], field: str) -> Any:
    """Return what a column names, by that name, in one query."""
    names = {row[column] for lines in orders.values() for row in lines}
    return {getattr(one, field): one for one in rows.filter(**{f"{field}__in": names})}


def filled(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return what a row says of some columns; what it leaves empty is left to the defaults."""
    return {name: row[name] for name in names if row[name] is not None}
