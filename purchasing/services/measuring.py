"""Writing down what was measured of suppliers, for lists, series and the data warehouse."""

from datetime import UTC, date, datetime, time, timedelta

from django.db import connection, transaction
from django.utils import timezone

from purchasing.measuring import AS_ONE, BY_MONTH, EVER, STANDING_YEAR, measured_by, span

MONTHS_BACK = 24
LOCK = 0x5C0E  # of advisory locks: one measurement at a time
RATES = (
    "on_time_delivery_rate", "order_fulfillment_rate", "quality_score", "return_rate",
    "average_lead_time_days", "lead_time_spread_days", "reliability_score",
)  # fmt: skip
_RATES = ", ".join(RATES)
_NEW_RATES = ", ".join(f"{name} = EXCLUDED.{name}" for name in RATES)

WRITE_MONTHS = f"""
WITH {measured_by(BY_MONTH)}, gone AS (
    DELETE FROM suppliers_supplierperformance p
    WHERE p.evaluation_period_start >= %(first_day)s AND NOT EXISTS (
        SELECT FROM figures f
        WHERE f.supplier_id = p.supplier_id AND f.period = p.evaluation_period_start)
    RETURNING 1
), written AS (
    INSERT INTO suppliers_supplierperformance AS p (
        supplier_id, evaluation_period_start, evaluation_period_end, {_RATES}, judged_lines,
        total_orders_in_period, total_value_in_period, communication_score, notes, recorded_at)
    SELECT f.supplier_id, f.period, (f.period + interval '1 month' - interval '1 day')::date,
           {_RATES}, f.judged_lines, f.total_orders, f.total_value,
           CASE WHEN f.period = %(this_month)s THEN s.communication_score END,
           CASE WHEN f.other_currency_orders > 0 THEN 'Not in the value: '
               || f.other_currency_orders || ' orders in another currency than ' || s.currency
               || '.' ELSE '' END,
           clock_timestamp()
    FROM figures f JOIN suppliers_supplier s ON s.id = f.supplier_id
    ON CONFLICT (supplier_id, evaluation_period_start) DO UPDATE
    SET {_NEW_RATES}, judged_lines = EXCLUDED.judged_lines, notes = EXCLUDED.notes,
        total_orders_in_period = EXCLUDED.total_orders_in_period,
        total_value_in_period = EXCLUDED.total_value_in_period,
        communication_score = coalesce(EXCLUDED.communication_score, p.communication_score),
        recorded_at = EXCLUDED.recorded_at
    WHERE ({", ".join(f"p.{name}" for name in RATES)}, p.judged_lines, p.notes,
           p.total_orders_in_period, p.total_value_in_period, p.communication_score)
        IS DISTINCT FROM
          ({", ".join(f"EXCLUDED.{name}" for name in RATES)}, EXCLUDED.judged_lines,
           EXCLUDED.notes, EXCLUDED.total_orders_in_period, EXCLUDED.total_value_in_period,
           coalesce(EXCLUDED.communication_score, p.communication_score))
    RETURNING 1
)
SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM written)"""  # nosec B608

WRITE_STANDINGS = f"""
WITH {measured_by(AS_ONE)}, {EVER}, gone AS (
    DELETE FROM suppliers_supplierstanding s
    WHERE NOT EXISTS (SELECT FROM ever WHERE ever.supplier_id = s.supplier_id)
)
INSERT INTO suppliers_supplierstanding (
    supplier_id, evaluation_period_start, evaluation_period_end, {_RATES}, judged_lines,
    total_orders, last_order_date, recorded_at)
SELECT ever.supplier_id, %(first_day)s, %(last_day)s, {_RATES}, coalesce(judged_lines, 0),
       ever.total_orders, ever.last_order_date, clock_timestamp()
FROM ever LEFT JOIN figures USING (supplier_id)
ON CONFLICT (supplier_id) DO UPDATE
SET {_NEW_RATES}, judged_lines = EXCLUDED.judged_lines, total_orders = EXCLUDED.total_orders,
    last_order_date = EXCLUDED.last_order_date, recorded_at = EXCLUDED.recorded_at,
    evaluation_period_start = EXCLUDED.evaluation_period_start,
    evaluation_period_end = EXCLUDED.evaluation_period_end"""  # nosec B608


@transaction.atomic
def measure_suppliers(*, since: date | None = None, at: datetime | None = None) -> int:
    """Measure all suppliers: the months from `since` on (24 months), and their standing.

    Returns how many months changed. The number of statements does not depend on how many suppliers
    or orders there are; whatever was measured before is measured alike, so it may be run again at
    any time. One measurement runs at a time. `at` measures as things stood then, with due dates
    and receipts up to that moment. For the formulas see purchasing.measuring.
    """
    at = at or timezone.now()
    first = first_of_month(since or months_before(at.date(), MONTHS_BACK))
    months = {
        **span(midnight(first), at + timedelta(microseconds=1), at),
        "suppliers": None,
        "this_month": at.date().replace(day=1),
    }
    year = {
        **span(at - STANDING_YEAR, at + timedelta(microseconds=1), at),
        "suppliers": None,
        "last_day": at.date(),
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute(WRITE_MONTHS, months)
        changed: int = cursor.fetchone()[0]
        cursor.execute(WRITE_STANDINGS, year)
    return changed


def first_of_month(day: date) -> date:
    return day.replace(day=1)


def months_before(day: date, months: int) -> date:
    """Return the first day of the month so many months before a day's."""
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
