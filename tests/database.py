"""The database of a test process: a copy of one that was migrated once for the code as it is.

The launcher, whose test server belongs to this checkout alone, names that one in TEST_TEMPLATE
after the code. On other servers each test process migrates an empty database of its own.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.backends.utils import CursorWrapper

LOCK = 0x54455354  # of the advisory locks, ours
PREFIX = "migrated_for_tests_"


@contextmanager
def database_of_this_process() -> Iterator[None]:
    """Make the database, point Django at it as its owner, and drop it after."""
    creation: Any = connection.creation
    before, own = connection.settings_dict["NAME"], creation._get_test_db_name()
    template = os.environ.get("TEST_TEMPLATE", "")
    with creation._nodb_cursor() as cursor:
        cursor.execute("SET lock_timeout = 0; SET statement_timeout = 0")
        if template:
            # Of several processes one migrates, and the others wait for it.
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
            make_template(cursor, f"{PREFIX}{template}")
            recreate(cursor, own, f"{PREFIX}{template}")
        else:
            recreate(cursor, own)
            migrate(own)
    use(own)
    try:
        yield
    finally:
        connection.close()
        with creation._nodb_cursor() as cursor:
            drop(cursor, own)
        use(before)


def make_template(cursor: CursorWrapper, template: str) -> None:
    """Migrate a database of that name unless there is one, and drop those of earlier code."""
    cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
    found = {name for (name,) in cursor.fetchall()}
    if template in found:
        return
    for name in found:
        drop(cursor, name)
    draft = f"{PREFIX}draft"
    recreate(cursor, draft)
    migrate(draft)
    cursor.execute(f"ALTER DATABASE {quoted(draft)} RENAME TO {quoted(template)}")


def migrate(name: str) -> None:
    before = connection.settings_dict["NAME"]
    use(name)
    call_command("migrate", verbosity=0, interactive=False)
    connection.close()
    use(before)


def recreate(cursor: CursorWrapper, name: str, template: str = "template1") -> None:
    drop(cursor, name)
    cursor.execute(f"CREATE DATABASE {quoted(name)} TEMPLATE {quoted(template)}")


def drop(cursor: CursorWrapper, name: str) -> None:
    cursor.execute(f"DROP DATABASE IF EXISTS {quoted(name)} (FORCE)")


def use(name: str) -> None:
    connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = name


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)
