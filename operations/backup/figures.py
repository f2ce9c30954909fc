"""What is in a database: its migrations, and a count and a checksum of each table."""

import hashlib
from typing import Any

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

LEDGER = ("inventory_stockmovement", "inventory_stock", "inventory_stockreservation")
# The sum does not depend on the order of rows, so that it needs neither a sort nor memory.
ROWS = """
    SELECT count(*),
           COALESCE(sum(('x' || substr(md5(line::text), 1, 16))::bit(64)::bigint::numeric), 0)::text
    FROM {table} AS line"""
COMPARABLE = """
    SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0;
    SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO, YMD';
    SET LOCAL intervalstyle = 'postgres'; SET LOCAL bytea_output = 'hex';
    SET LOCAL extra_float_digits = 1"""


def read_figures() -> dict[str, Any]:
    """Return migrations, tables and the ledger's checksum; call it in a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(COMPARABLE)
        tables = sorted(connection.introspection.table_names(cursor))
        found = {}
        for table in tables:
            cursor.execute(ROWS.format(table=connection.ops.quote_name(table)))
            rows, checksum = cursor.fetchone()
            found[table] = {"rows": rows, "checksum": checksum}
    migrations = sorted(".".join(key) for key in MigrationRecorder(connection).applied_migrations())
    return {
        "migrations": migrations,
        "schema": digest(migrations),
        "tables": found,
        "ledger": digest([f"{table} {found.get(table)}" for table in LEDGER]),
    }


def digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
