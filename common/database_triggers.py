"""The triggers that models ask for are made by `migrate`, all and only those."""

from typing import Any

import pgtrigger
from django.apps import AppConfig
from django.db import DEFAULT_DB_ALIAS, connections

from common.database_rights import is_last_to_migrate

INSTALLED = """
    SELECT tgname, obj_description(oid), tgenabled FROM pg_trigger
    WHERE tgname LIKE 'pgtrigger\\_%%' AND tgparentid = 0"""
MISSING, OUTDATED, DISABLED = "missing", "outdated", "disabled"


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
    faults = trigger_faults(using)
    stale = [trigger for trigger, fault in faults.items() if fault != DISABLED]
    if stale:
        pgtrigger.install(*stale, database=using)
    pgtrigger.prune(database=using)


def trigger_faults(using: str = DEFAULT_DB_ALIAS) -> dict[str, str]:
    """Name the triggers that models ask for and that do not work, with what is wrong with each."""
    with connections[using].cursor() as cursor:
        cursor.execute(INSTALLED)
        installed = {name: (made_as, enabled) for name, made_as, enabled in cursor.fetchall()}
    faults = {}
    for model, trigger in pgtrigger.registered():
        wanted = trigger.compile(model)
        made_as, enabled = installed.get(wanted.sql.pgid, (None, None))
        if made_as != wanted.hash:
            faults[f"{model._meta.label}:{trigger.name}"] = OUTDATED if enabled else MISSING
        elif enabled not in ("O", "A"):
            faults[f"{model._meta.label}:{trigger.name}"] = DISABLED
    return faults
