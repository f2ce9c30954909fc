"""What puts changes into the outbox while somebody listens: the audit's own entries.

The audit sees every change of a business table, whoever makes it, in the statement that makes it.
A statement-level trigger on its table adds one outbox event for every 500 entries, in the same
transaction, and nothing while no webhook is active.
"""

import pgtrigger

from common.models import AuditEntry
from notifications.models import OutboxMessage
from operations.webhooks.event_types import watched_types

ROWS_CHANGED = "operations.rows_changed"
ENTRIES_AT_ONCE = 500
COLUMNS = {
    "topic": f"'{ROWS_CHANGED}'",
    "channel": f"'{OutboxMessage.Channel.EVENT}'",
    "payload": "jsonb_build_object('entries', jsonb_agg(id ORDER BY id))",
    "status": f"'{OutboxMessage.Status.PENDING}'",
    "attempts": "0",
    "next_attempt_at": "clock_timestamp()",
    "created_at": "clock_timestamp()",
}


def outbox_columns() -> dict[str, str]:
    """Return what is written into each column of the outbox; texts of others are empty."""
    texts = {
        str(field.column): "''"
        for field in OutboxMessage._meta.concrete_fields
        if not (field.null or field.primary_key or field.has_db_default())
    }
    return {**texts, **COLUMNS}


def statement() -> str:
    kinds = ", ".join(f"'{kind}'" for kind in watched_types())
    columns = outbox_columns()
    return f"""
        IF EXISTS (SELECT FROM operations_webhook WHERE is_active) THEN
            INSERT INTO notifications_outboxmessage ({", ".join(columns)})
            SELECT {", ".join(columns.values())}
            FROM (
                SELECT id, (row_number() OVER (ORDER BY id) - 1) / {ENTRIES_AT_ONCE} AS part
                FROM new_rows WHERE object_type IN ({kinds})
            ) AS watched
            GROUP BY part;
        END IF;
        RETURN NULL;"""  # nosec B608 - made of our own names alone


pgtrigger.register(
    pgtrigger.Trigger(
        name="webhooks_hear",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="new_rows"),
        func=statement(),
    )
)(AuditEntry)
