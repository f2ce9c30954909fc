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
CHANGED = f"""
    SELECT 'alerts', CASE WHEN n.status <> o.status THEN n.status ELSE 'updated' END,
           n.id, n.warehouse_id, NULL, {DATED}
    FROM new_rows n JOIN old_rows o ON o.id = n.id
    WHERE (n.status, n.severity, n.title, n.current_value, n.threshold_value, n.snoozed_until)
        IS DISTINCT FROM
          (o.status, o.severity, o.title, o.current_value, o.threshold_value, o.snoozed_until)"""  # nosec B608
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
