"""Writing a back-up."""

import hashlib
import json
import os
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from operations.backup.exceptions import BackupError
from operations.backup.figures import read_figures
from operations.backup.media import write_media
from operations.backup.programs import environment_for, find_program, last_line
from operations.ledger_verification import verify_ledger

PRODUCT = "InventoryPulse"
FORMAT = 2  # 1 had no uploaded files
MANIFEST, DUMP = "manifest.json", "database.dump"
CHUNK = 1 << 20


def write_backup(path: Path) -> dict[str, Any]:
    """Write one consistent snapshot of the database, and the uploads, to a new file.

    Returns its manifest. Reads while others write, and holds no lock that hinders them. The file
    has its name only once it is whole. Raises BackupError.
    """
    if path.exists():
        raise BackupError(f"{path} exists already: give another name.")
    draft = path.with_name(f"{path.name}.part")
    try:
        # It holds everything that the company knows, so it is for its owner alone.
        with open(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            manifest = write_archive(file)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except OSError as error:
        raise BackupError(f"{path} could not be written: {error.strerror or error}.") from error
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def write_archive(file: IO[bytes]) -> dict[str, Any]:
    """Write dump and manifest, both of the same snapshot, and the files, as members of a ZIP."""
    with zipfile.ZipFile(file, "w") as archive, transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT pg_export_snapshot(), current_setting('server_version')")
            snapshot, server = cursor.fetchone()
        figures = read_figures()
        violations = len(verify_ledger())
        with archive.open(DUMP, "w", force_zip64=True) as member:
            digest, size = pump_dump(snapshot, member.write)
        media = write_media(archive)
        manifest = {
            "product": PRODUCT,
            "format": FORMAT,
            "version": settings.VERSION,
            "created_at": timezone.now().isoformat(),
            "postgresql": server,
            "dump_sha256": digest,
            "dump_bytes": size,
            "ledger_violations": violations,
            "media": media,
            **figures,
        }
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    return manifest


def pump_dump(snapshot: str, write: Callable[[bytes], object]) -> tuple[str, int]:
    """Let pg_dump write, chunk by chunk; return the SHA-256 and the size of what it wrote."""
    database = str(connection.settings_dict["NAME"])
    command = [find_program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges"]
    digest, size = hashlib.sha256(), 0
    with tempfile.TemporaryFile() as complaints:
        with subprocess.Popen(
            [*command, f"--snapshot={snapshot}"],
            env=environment_for(database),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
        ) as process:
            assert process.stdout
            while chunk := process.stdout.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
                write(chunk)
        if process.returncode:
            complaints.seek(0)
            reason = last_line(complaints.read().decode(errors="replace"))
            raise BackupError(f"pg_dump failed: {reason}")
    return digest.hexdigest(), size
