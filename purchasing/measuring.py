"""How suppliers are measured: from the orders that were placed with them and what came of these.

One set of orders explains all figures of a period: those whose order date lies in it (UTC), without
drafts and cancelled ones. Rates are means over order lines, so that pieces, kilograms and metres
are never added up, and a line that arrives in ten lots counts once. A line is judged when its
expected day is over or all of it was accepted; what is neither due nor complete says nothing yet.

- on time: min(1, accepted by the end of the expected day / ordered). Overdue lines of which nothing
  came count as 0. After SCOR RL.2.2, delivery performance to commit date, by line.
- fulfilment: min(1, accepted in all / ordered). After SCOR RL.2.1, delivered in full, by line.
- quality: accepted / (accepted + rejected) of each line of which anything arrived, and of cancelled
  orders too; shown from 1 to 5 as 1 + 4 × the mean.
- returned: what went back as damaged or defective of what was accepted, of each line of which
  anything was.
- lead time: days from order to receipt, weighted by accepted quantity within a line; mean and
  sample standard deviation (n − 1) over lines.
- reliability: 0.5 on time + 0.3 fulfilment + 0.2 quality, each as a percentage.
- value: the totals of orders in the supplier's currency; there are no rates for others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from suppliers.queries import PerformanceFigures

STANDING_YEAR = timedelta(days=365)
BY_MONTH = "date_trunc('month', o.order_date, 'UTC')::date"
AS_ONE = "%(first_day)s::date"

FIGURES = """
cohort AS (
    SELECT o.id, o.supplier_id, {period} AS period, o.order_date, o.total_amount,
           o.status <> 'cancelled' AS counts, o.currency = s.currency AS is_valued,
           date_trunc('day', o.expected_delivery_date, 'UTC') + interval '1 day' AS late_from
    FROM purchasing_purchaseorder o JOIN suppliers_supplier s ON s.id = o.supplier_id
    WHERE o.status <> 'draft' AND o.order_date >= %(start)s AND o.order_date < %(end)s
      AND (%(suppliers)s::bigint[] IS NULL OR o.supplier_id = ANY(%(suppliers)s::bigint[]))
), line AS (
    SELECT c.supplier_id, c.period, c.counts, c.late_from, i.quantity_ordered AS ordered,
           coalesce(sum(l.quantity_accepted), 0) AS accepted,
           coalesce(sum(l.quantity_rejected), 0) AS rejected,
           coalesce(sum(l.quantity_accepted) FILTER (WHERE r.occurred_at < c.late_from), 0)
               AS in_time,
           sum(l.quantity_accepted
               * greatest(extract(epoch FROM r.occurred_at - c.order_date) / 86400, 0))
               / nullif(sum(l.quantity_accepted), 0) AS lead_days,
           (SELECT coalesce(sum(b.quantity), 0)
            FROM purchasing_supplierreturnitem b
            JOIN purchasing_supplierreturn w ON w.id = b.supplier_return_id
            WHERE b.item_id = i.id AND b.reason IN ('damaged', 'defective')
                AND w.occurred_at <= %(at)s) AS returned
    FROM cohort c
    JOIN purchasing_purchaseorderitem i ON i.order_id = c.id
    LEFT JOIN (
        purchasing_goodsreceiptline l
        JOIN purchasing_goodsreceipt r ON r.id = l.receipt_id AND r.occurred_at <= %(at)s
    ) ON l.item_id = i.id
    GROUP BY c.id, c.supplier_id, c.period, c.counts, c.late_from, i.id
), judged AS (
    SELECT *, counts AND (late_from <= %(at)s OR accepted >= ordered) AS is_judged FROM line
), of_lines AS (
    SELECT supplier_id, period,
           100 * avg(least(in_time / ordered, 1)) FILTER (WHERE is_judged) AS on_time,
           100 * avg(least(accepted / ordered, 1)) FILTER (WHERE is_judged) AS fulfilled,
           100 * avg(accepted / (accepted + rejected)) FILTER (WHERE accepted + rejected > 0)
               AS quality,
           100 * avg(least(returned / accepted, 1)) FILTER (WHERE accepted > 0) AS returned,
           avg(lead_days) AS lead_days, stddev_samp(lead_days) AS spread_days,
           count(*) FILTER (WHERE is_judged) AS judged_lines
    FROM judged GROUP BY supplier_id, period
), of_orders AS (
    SELECT supplier_id, period,
           count(*) FILTER (WHERE counts) AS orders,
           coalesce(sum(total_amount) FILTER (WHERE counts AND is_valued), 0) AS value,
           count(*) FILTER (WHERE counts AND NOT is_valued) AS elsewhere,
           max(order_date) FILTER (WHERE counts) AS last_order
    FROM cohort GROUP BY supplier_id, period
), figures AS (
    SELECT supplier_id, period,
           round(on_time, 2) AS on_time_delivery_rate,
           round(fulfilled, 2) AS order_fulfillment_rate,
           round(1 + quality / 25, 2) AS quality_score,
           round(returned, 2) AS return_rate,
           round(lead_days, 2) AS average_lead_time_days,
           round(spread_days, 2) AS lead_time_spread_days,
           round(0.5 * on_time + 0.3 * fulfilled + 0.2 * coalesce(quality, 0), 2)
               AS reliability_score,
           coalesce(judged_lines, 0) AS judged_lines, orders AS total_orders,
           value AS total_value, elsewhere AS other_currency_orders, last_order AS last_order_date
    FROM of_orders LEFT JOIN of_lines USING (supplier_id, period)
    WHERE orders > 0 OR quality IS NOT NULL
)"""
# What the figures of the year are shown beside: all orders there ever were.
EVER = """
ever AS (
    SELECT supplier_id, count(*) AS total_orders, max(order_date) AS last_order_date
    FROM purchasing_purchaseorder
    WHERE status NOT IN ('draft', 'cancelled') AND order_date <= %(at)s
      AND (%(suppliers)s::bigint[] IS NULL OR supplier_id = ANY(%(suppliers)s::bigint[]))
    GROUP BY supplier_id
)"""
COLUMNS = [field.name for field in fields(PerformanceFigures)]


def measured_by(period: str) -> str:
    """Return the common tables that end in `figures`: a row a supplier and period."""
    return FIGURES.format(period=period)


def figures_between(
    supplier_ids: Sequence[int], start: datetime, end: datetime, *, at: datetime | None = None
) -> dict[int, PerformanceFigures]:
    """Measure suppliers by the orders placed from `start` up to `end`, as of a moment or of now."""
    return read(
        f"WITH {measured_by(AS_ONE)} SELECT supplier_id, {', '.join(COLUMNS)} FROM figures",  # nosec B608
        {**span(start, end, at), "suppliers": list(supplier_ids)},
    )


def figures_now(supplier_ids: Sequence[int]) -> dict[int, PerformanceFigures]:
    """Measure suppliers by the year up to now; total and last order are of all times."""
    now = timezone.now()
    ever = {"total_orders", "last_order_date"}
    columns = ", ".join(f"ever.{name}" if name in ever else unmeasured(name) for name in COLUMNS)
    return read(
        f"WITH {measured_by(AS_ONE)}, {EVER} SELECT supplier_id, {columns}"  # nosec B608
        " FROM ever LEFT JOIN figures USING (supplier_id)",
        {**span(now - STANDING_YEAR, now, now), "suppliers": list(supplier_ids)},
    )


def unmeasured(name: str) -> str:
    """Return SQL for a figure of a supplier of whom the period has no order."""
    counted = {"judged_lines", "total_value", "other_currency_orders"}
    return f"coalesce(figures.{name}, 0)" if name in counted else f"figures.{name}"


def span(start: datetime, end: datetime, at: datetime | None) -> dict[str, Any]:
    """Return the parameters of a measurement; orders of the very moment of its end are in it."""
    at = at or timezone.now()
    return {"start": start, "end": end, "at": at, "first_day": start.date()}


def read(statement: str, parameters: Mapping[str, Any]) -> dict[int, PerformanceFigures]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return {
            row[0]: PerformanceFigures(**dict(zip(COLUMNS, row[1:], strict=True)))
            for row in cursor.fetchall()
        }
