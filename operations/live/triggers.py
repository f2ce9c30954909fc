"""What leaves a mark for the event stream: one statement, whatever writes, once for all its rows.

Triggers see set-based writes and those of lower apps, which know nothing of streams.
"""

import pgtrigger

from alerts.models import Alert
from notifications.models import Notification

MARK = """
    INSERT INTO operations_streamevent
        (topic, change, object_id, warehouse_id, recipient_id, recorded_at, transaction_id)
    {rows};
    RETURN NULL;"""
# The columns that have defaults are named, because Django's own inserts and these must agree.
DATED = "clock_timestamp(), pg_current_xact_id()::text::bigint"
RAISED = f"SELECT 'alerts', 'raised', n.id, n.warehouse_id, NULL, {DATED} FROM new_rows n"  # nosec B608
TOLD_OF = "status, severity, title, current_value, threshold_value, snoozed_until"
# Rows are compared in a group each: a join keeps the plan of the trigger's first call, of few rows.
CHANGED = f"""
    SELECT 'alerts', CASE WHEN min(status) <> max(status) THEN max(status) FILTER (WHERE is_new)
                          ELSE 'updated' END,
           id, max(warehouse_id) FILTER (WHERE is_new), NULL, {DATED}
    FROM (
        SELECT true AS is_new, id, warehouse_id, {TOLD_OF} FROM new_rows
        UNION ALL SELECT false, id, warehouse_id, {TOLD_OF} FROM old_rows
    ) AS version
    GROUP BY id HAVING count(DISTINCT ROW({TOLD_OF})) > 1 ORDER BY id"""  # nosec B608
TOLD = f"SELECT 'notifications', 'created', n.id, NULL, n.recipient_id, {DATED} FROM new_rows n"  # nosec B608


def mark(name: str, operation: pgtrigger.Operation, rows: str, **tables: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=operation,
        referencing=pgtrigger.Referencing(**tables),
        func=MARK.format(rows=rows),
    )


pgtrigger.register(mark("stream_raised", pgtrigger.Insert, RAISED, new="new_rows"))(Alert)
pgtrigger.register(
    mark("stream_changed", pgtrigger.Update, CHANGED, old="old_rows", new="new_rows")
)(Alert)
pgtrigger.register(mark("stream_told", pgtrigger.Insert, TOLD, new="new_rows"))(Notification)
