"""The rows of a price list beside the terms that are in force, in a fixed number of statements."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import connection

from operations.exchange.files import look_at
from operations.exchange.staging import Work, load
from operations.price_lists.reading import FIELDS, KIND, Reading, require_columns
from suppliers.models import Supplier

MOST_LINES = 10_000
LINE = (
    "line", "supplier_product_code", "sku", "product_id", "fate", "is_jump", "cost_before",
    "cost_after", "change_percent", "lead_time_before", "lead_time_after", "problem",
)  # fmt: skip

FIND = """
SELECT r.*, CASE WHEN c.holders = 1 THEN c.id ELSE s.id END AS sourcing_id,
       coalesce(c.holders = 1 AND s.id <> c.id, false) AS disagrees,
       CASE WHEN c.holders > 1 AND s.id IS NULL
            THEN 'Several products have this code of the supplier. Name the SKU.'
            WHEN v.id IS NOT NULL THEN 'The product has no such supplier. Add it to the product.'
            ELSE 'No product of this supplier has this code or SKU.' END AS unknown_because
FROM import_row r
LEFT JOIN (
    SELECT upper(supplier_product_code) AS code, min(id) AS id, count(*) AS holders
    FROM inventory_productsupplier
    WHERE supplier_id = %(supplier)s AND supplier_product_code <> '' GROUP BY 1
) AS c ON c.code = upper(r.supplier_product_code)
LEFT JOIN inventory_productvariation v ON v.sku_code = r.sku
LEFT JOIN inventory_productsupplier s
    ON s.product_id = v.product_id AND s.supplier_id = %(supplier)s"""
DISAGREES = """
SELECT line, 'sku', sku, 'The code is of another product than the SKU. Correct one of the two.'
FROM price_found WHERE disagrees"""
OTHER_CURRENCY = """
SELECT line, 'currency', currency, 'The supplier''s prices are in ' || %s || '. Convert them.'
FROM price_found WHERE currency <> %s"""
TWICE = """
SELECT f.line, 'cost_per_unit', trim_scale(f.cost_per_unit)::text,
       'Not as on line ' || o.line || ', of the same product. Keep one.'
FROM price_found f
JOIN (SELECT DISTINCT ON (sourcing_id) * FROM price_found
      WHERE sourcing_id IS NOT NULL AND cost_per_unit IS NOT NULL
      ORDER BY sourcing_id, line) AS o ON o.sourcing_id = f.sourcing_id AND o.line < f.line
WHERE f.cost_per_unit IS NOT NULL
    AND ROW(f.cost_per_unit, f.lead_time_days, f.min_order_quantity, f.pack_size)
    IS DISTINCT FROM ROW(o.cost_per_unit, o.lead_time_days, o.min_order_quantity, o.pack_size)"""
# In the order of the catalogue's services: the product, then its suppliers.
LOCK_PRODUCTS = """
SELECT p.id FROM inventory_product p WHERE p.id IN (
    SELECT o.product_id FROM inventory_productsupplier o
    JOIN price_found f ON f.sourcing_id = o.id)
ORDER BY p.id FOR NO KEY UPDATE"""
LOCK_TERMS = """
SELECT o.id FROM inventory_productsupplier o
WHERE o.id IN (SELECT sourcing_id FROM price_found)
ORDER BY o.id FOR NO KEY UPDATE"""
COMPARE = """
SELECT *, abs(change_percent) >= %(jump)s AND fate = 'changed' AS is_jump
FROM (
    SELECT f.line, f.supplier_product_code, f.sku, o.id AS sourcing_id, o.product_id,
        p.code AS product_code,
        CASE WHEN o.id IS NULL OR f.cost_per_unit IS NULL THEN 'unknown'
             WHEN ROW(o.cost_per_unit, o.lead_time_days, o.min_order_quantity, o.pack_size)
                 IS DISTINCT FROM ROW(f.cost_per_unit,
                     coalesce(f.lead_time_days, o.lead_time_days),
                     coalesce(f.min_order_quantity, o.min_order_quantity),
                     coalesce(f.pack_size, o.pack_size)) THEN 'changed'
             ELSE 'unchanged' END AS fate,
        CASE WHEN o.id IS NULL THEN f.unknown_because
             WHEN f.cost_per_unit IS NULL THEN 'The list names no price.' ELSE '' END AS problem,
        o.cost_per_unit AS cost_before, f.cost_per_unit AS cost_after,
        CASE WHEN o.cost_per_unit > 0
             THEN round(100 * (f.cost_per_unit - o.cost_per_unit) / o.cost_per_unit, 2)
             END AS change_percent,
        o.lead_time_days AS lead_time_before,
        coalesce(f.lead_time_days, o.lead_time_days) AS lead_time_after,
        f.min_order_quantity, f.pack_size
    FROM price_found f
    LEFT JOIN inventory_productsupplier o ON o.id = f.sourcing_id
    LEFT JOIN inventory_product p ON p.id = o.product_id
) AS beside"""
COUNTED = ("changed", "unchanged", "unknown", "jumps", "refused")
COUNT = """
SELECT count(*) FILTER (WHERE fate = 'changed'), count(*) FILTER (WHERE fate = 'unchanged'),
       count(*) FILTER (WHERE fate = 'unknown'), count(*) FILTER (WHERE is_jump),
       (SELECT count(DISTINCT line) FROM import_problem)
FROM price_final"""
TELL = f"""
SELECT {", ".join(LINE)} FROM (
    SELECT line, supplier_product_code, sku, product_code AS product_id, fate, is_jump,
           cost_before, cost_after, change_percent, lead_time_before, lead_time_after, problem,
           CASE WHEN is_jump THEN 1 WHEN fate = 'changed' THEN 2 ELSE 3 END AS rank
    FROM price_final WHERE fate <> 'unchanged'
    UNION ALL
    SELECT line, NULL, NULL, NULL, 'refused', false, NULL, NULL, NULL, NULL, NULL,
           string_agg(field || ': ' || problem, ' ' ORDER BY field), 0
    FROM import_problem GROUP BY line
) AS told ORDER BY rank, line LIMIT {MOST_LINES}"""  # nosec B608
WRITE = """
UPDATE inventory_productsupplier o
SET cost_per_unit = f.cost_after, lead_time_days = f.lead_time_after,
    min_order_quantity = coalesce(f.min_order_quantity, o.min_order_quantity),
    pack_size = coalesce(f.pack_size, o.pack_size)
FROM (SELECT DISTINCT ON (sourcing_id) * FROM price_final WHERE fate = 'changed'
      ORDER BY sourcing_id, line) AS f
WHERE o.id = f.sourcing_id"""
STAMP = """
UPDATE inventory_product SET updated_at = clock_timestamp()
WHERE id IN (SELECT product_id FROM price_final WHERE fate = 'changed')"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What became of a list's rows, or would; `lines` are those that are not as they were."""

    rows: int
    changed: int
    unchanged: int
    unknown: int
    jumps: int
    refused: int
    lines: list[dict[str, Any]]


def judge_price_list(supplier: Supplier, path: Path, reading: Reading, *, commit: bool) -> Judged:
    """Compare a list with the terms in force; with `commit`, write it unless a row is refused.

    Inside of a transaction. Locks, with `commit`, the products concerned, then their terms. Rows of
    goods that are not known are told and change nothing. Raises CannotRead and FileTooLarge.
    """
    options = reading.options()
    source = look_at(path, encoding=options.encoding, delimiter=options.delimiter)
    with connection.cursor() as cursor:
        work = Work(
            cursor, FIELDS, options, None, no_progress, source, commit, dict(reading.columns)
        )
        load(work, KIND)
        require_columns(work)
        compare(work, supplier, reading, lock=commit)
        counted = work.run(COUNT)[0]
        judged = Judged(
            rows=work.rows,
            **dict(
                zip(("changed", "unchanged", "unknown", "jumps", "refused"), counted, strict=True)
            ),
            lines=[told(row) for row in work.run(TELL)],
        )
        if commit and not judged.refused:
            work.run(WRITE)
            work.run(STAMP)
    return judged


def compare(work: Work, supplier: Supplier, reading: Reading, *, lock: bool) -> None:
    """Make price_final: each row beside the terms that it is about, with its fate."""
    make(work, "price_found", FIND, {"supplier": supplier.pk})
    work.refuse(DISAGREES)
    work.refuse(OTHER_CURRENCY, [supplier.currency, supplier.currency])
    work.refuse(TWICE)
    work.run("DELETE FROM price_found WHERE line IN (SELECT line FROM import_problem)")
    if lock:
        work.run(LOCK_PRODUCTS)
        work.run(LOCK_TERMS)
    make(work, "price_final", COMPARE, {"jump": reading.jump_percent})


def make(work: Work, table: str, select: str, parameters: dict[str, Any]) -> None:
    """Make a temporary table of a query's rows."""
    work.run(f"DROP TABLE IF EXISTS {table}")
    work.cursor.execute(f"CREATE TEMP TABLE {table} ON COMMIT DROP AS {select}", parameters)


def told(row: tuple[Any, ...]) -> dict[str, Any]:
    """Return a line as JSON holds it."""
    return {
        name: plain_number(value) if isinstance(value, Decimal) else value
        for name, value in zip(LINE, row, strict=True)
    }


def plain_number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def no_progress(percent: int) -> None:
    """Tell nobody: price lists are read in one go."""
