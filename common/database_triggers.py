"""The triggers that models ask for are made by `migrate`, all and only those."""

from typing import Any

import pgtrigger
from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections

from common.database_rights import is_last_to_migrate

INSTALLED = """
    SELECT tgname, obj_description(oid) FROM pg_trigger
    WHERE tgname LIKE 'pgtrigger\\_%%' AND tgparentid = 0"""


def install_triggers(sender: AppConfig, using: str = DEFAULT_DB_ALIAS, **kwargs: Any) -> None:
    """Make what is missing or different after the last app migrated, drop what nobody asks for.

    Does nothing as the application's role, whose flush between tests also announces a migration.
    """
    if not is_last_to_migrate(sender):
        return
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT has_schema_privilege('public', 'CREATE')")
        if not cursor.fetchone()[0]:
            return
        cursor.execute(INSTALLED)
        installed = dict(cursor.fetchall())
    wanted = {
        f"{model._meta.label}:{trigger.name}": trigger.compile(model)
        for model, trigger in pgtrigger.registered()
    }
    stale = [uri for uri, one in wanted.items() if installed.get(one.sql.pgid) != one.hash]
    if stale:
        pgtrigger.install(*stale, database=using)
    if installed.keys() - {one.sql.pgid for one in wanted.values()}:
        pgtrigger.prune(database=using)
