"""What the application's database role may do: everything but change history."""

from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections


def grant_application_rights(
    sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **kwargs: Any
) -> None:
    """Grant the application role its rights after the last app migrated.

    Append-only models (`append_only = True` on the model class) get SELECT and INSERT alone.
    Does nothing where the owner and the application share one role.
    """
    if not is_last_to_migrate(sender):
        return
    role = settings.DATABASE_APP_ROLE
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, 1 FROM pg_roles WHERE rolname = %s", [role])
        row = cursor.fetchone()
        if row is None or row[0] == role:
            return
        quoted = connection.ops.quote_name(role)
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {quoted}")
        cursor.execute(
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}"
        )
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}")
        existing = connection.introspection.table_names(cursor)
        for table in set(append_only_tables()) & set(existing):
            cursor.execute(
                f"REVOKE UPDATE, DELETE, TRUNCATE ON {connection.ops.quote_name(table)}"
                f" FROM {quoted}"
            )


def is_last_to_migrate(config: AppConfig) -> bool:
    """Say whether every app has migrated once this one has."""
    return config is [one for one in apps.get_app_configs() if one.models_module][-1]


def append_only_tables() -> list[str]:
    """Return the tables whose rows may be added and read, never changed."""
    return [
        model._meta.db_table for model in apps.get_models() if getattr(model, "append_only", False)
    ]
