"""Restoring a back-up: into a database of its own, which takes the old one's place once proved."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from operations.backup.archive import check_dump, dump_chunks, read_manifest
from operations.backup.exceptions import BackupError
from operations.backup.figures import read_figures
from operations.backup.media import discard_files, media_replaced, unpack_media
from operations.backup.programs import environment_for, find_program, last_line
from operations.backup.server import create_database, drop_database, swap_databases
from operations.ledger_verification import verify_ledger
from users.models import SignIn


class Restored(NamedTuple):
    """What was restored, and where is kept what was there before."""

    manifest: dict[str, Any]
    database_before: str
    files_before: Path | None


def restore_backup(path: Path) -> Restored:
    """Replace the database and the uploaded files by a back-up.

    Restores into a new database, compares every table with the manifest, migrates it to this
    version and proves its ledger. Only then the two change names, in one transaction, and the
    connections to the old one end; the files change places just before, and back if that fails.
    Ends all sign-ins of the back-up, since some were revoked after it was made. Raises
    BackupError and leaves database and files as they were.
    """
    manifest = read_manifest(path)
    check_dump(path, manifest)
    current = str(connection.settings_dict["NAME"])
    stamp = timezone.now().strftime("%Y%m%d%H%M%S")
    draft, before = f"{current[:40]}_restore_{stamp}", f"{current[:40]}_before_{stamp}"
    files = unpack_media(path, manifest, stamp)
    try:
        create_database(draft, like=current)
        load_dump(path, draft)
        with working_on(draft):
            prove(path, manifest)
        with media_replaced(files, stamp) as files_before:
            swap_databases(current=current, draft=draft, before=before)
    except OSError as error:
        raise BackupError(f"The files could not be put in place: {error}.") from error
    except DatabaseError as error:
        raise BackupError(f"The database refused: {last_line(str(error))}") from error
    finally:
        with suppress(DatabaseError):
            drop_database(draft)
        discard_files(files)
    return Restored(manifest, before, files_before)


def load_dump(path: Path, database: str) -> None:
    """Let pg_restore read the dump, chunk by chunk, into an empty database."""
    command = [find_program("pg_restore"), "--no-owner", "--no-privileges", "--exit-on-error"]
    with tempfile.TemporaryFile() as complaints:
        with subprocess.Popen(
            [*command, f"--dbname={database}"],
            env=environment_for(database),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
        ) as process:
            assert process.stdin
            with suppress(BrokenPipeError):  # it ended early and says below why
                for chunk in dump_chunks(path):
                    process.stdin.write(chunk)
                process.stdin.close()
        if process.returncode:
            complaints.seek(0)
            reason = last_line(complaints.read().decode(errors="replace"))
            raise BackupError(f"{path} could not be restored: {reason}")


@contextmanager
def working_on(database: str) -> Iterator[None]:
    """Point our connection to another database of the server for the duration of the block."""
    current = connection.settings_dict["NAME"]
    try:
        switch_to(database)
        yield
    finally:
        switch_to(current)


def switch_to(database: str) -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's; if there is one
    connection.settings_dict["NAME"] = database


def prove(path: Path, manifest: dict[str, Any]) -> None:
    """Compare the restored tables with the manifest, then migrate, and verify the ledger."""
    with transaction.atomic():
        found = read_figures()
    if found["tables"] != manifest["tables"] or found["ledger"] != manifest["ledger"]:
        wrong = [
            name for name, table in manifest["tables"].items() if found["tables"].get(name) != table
        ]
        raise BackupError(f"{path} is damaged: {', '.join(wrong) or 'a table'} came out otherwise.")
    # Also where there is nothing to migrate: it grants the application's role its rights.
    call_command("migrate", interactive=False, verbosity=0)
    violations = verify_ledger()
    if len(violations) > manifest.get("ledger_violations", 0):
        first = violations[0]
        raise BackupError(f"The restored ledger is wrong: {first.rule}, {first.row}.")
    SignIn.objects.filter(revoked_at=None).update(revoked_at=timezone.now())
    Session.objects.all().delete()
