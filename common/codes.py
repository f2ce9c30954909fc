"""Business codes such as PO-2026-007: from a sequence, so that making one never waits."""

from django.db import connection, models
from django.utils import timezone

from common.compiled_queries import prepared_cursor


def next_code(model: type[models.Model], field: str, prefix: str, *, yearly: bool = False) -> str:
    """Return a code that no row of `model` has yet; gaps in the numbering are normal.

    The sequence is named `<table>_code_seq` and is made by the app's migration.
    """
    table = model._meta.db_table
    stem = f"{prefix}{timezone.now():%Y}-" if yearly else prefix
    column = connection.ops.quote_name(str(getattr(model._meta.get_field(field), "column", "")))
    # The names are the model's own.
    sql = (
        f"SELECT made.code, EXISTS (SELECT 1 FROM {connection.ops.quote_name(table)}"  # nosec B608
        f" WHERE {column} = made.code) FROM (SELECT %s::text || CASE WHEN n < 1000"
        f" THEN lpad(n::text, 3, '0') ELSE n::text END AS code"
        f" FROM (SELECT nextval('{table}_code_seq') AS n) AS next) AS made"
    )
    with prepared_cursor() as cursor:
        while True:
            cursor.execute(sql, [stem])
            code, taken = cursor.fetchone()
            if not taken:
                return str(code)
