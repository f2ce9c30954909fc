"""Reading a back-up: whether it is whole, ours and not from the future."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from common.archives import DAMAGE
from operations.backup.dump import CHUNK, DUMP, FORMAT, MANIFEST, PRODUCT
from operations.backup.exceptions import BackupError
from operations.backup.figures import digest

LARGEST_MANIFEST = 10_000_000
NEEDED = {"version", "dump_sha256", "migrations", "schema", "tables", "ledger", "created_at"}


def read_manifest(path: Path) -> dict[str, Any]:
    """Return the manifest of a back-up that this version can restore; raises BackupError."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(MANIFEST).file_size > LARGEST_MANIFEST:
                raise KeyError(MANIFEST)
            archive.getinfo(DUMP)
            manifest = json.loads(archive.read(MANIFEST))
    except FileNotFoundError as error:
        raise BackupError(f"There is no file {path}.") from error
    except (KeyError, json.JSONDecodeError) as error:
        raise foreign(path) from error
    except (*DAMAGE, OSError) as error:
        raise BackupError(
            f"{path} is damaged or no back-up made by `manage.py backup`: {error}"
        ) from error
    check_origin(path, manifest)
    return dict(manifest)


def check_origin(path: Path, manifest: Any) -> None:
    """Refuse what another product or a newer version of ours made."""
    if not isinstance(manifest, dict) or manifest.get("product") != PRODUCT:
        raise foreign(path)
    version = manifest.get("version")
    newer = BackupError(
        f"{path} was made by a newer version ({version}) than this one ({settings.VERSION}): "
        "upgrade first."
    )
    if not isinstance(manifest.get("format"), int) or manifest["format"] > FORMAT:
        raise newer
    needed = NEEDED | ({"media"} if manifest["format"] > 1 else set())
    if not needed <= set(manifest) or manifest["schema"] != digest(manifest["migrations"]):
        raise BackupError(f"{path} is damaged: its manifest contradicts itself.")
    if set(manifest["migrations"]) - known_migrations():
        raise newer


def known_migrations() -> set[str]:
    """Return every migration that this version has, also those replaced by a squashed one."""
    loader = MigrationLoader(None)
    known = set(loader.disk_migrations)
    for migration in loader.disk_migrations.values():
        known |= set(migration.replaces)
    return {".".join(key) for key in known}


def foreign(path: Path) -> BackupError:
    return BackupError(f"{path} is no back-up of {PRODUCT}: give a file of `manage.py backup`.")


def dump_chunks(path: Path) -> Iterator[bytes]:
    """Yield the dump, chunk by chunk; raises BackupError where the file is damaged."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(DUMP) as member:
            while chunk := member.read(CHUNK):
                yield chunk
    except (*DAMAGE, OSError) as error:
        raise BackupError(f"{path} is damaged: {error}") from error


def check_dump(path: Path, manifest: dict[str, Any]) -> None:
    """Read the whole dump once and compare its SHA-256, before anything is done with it."""
    found = hashlib.sha256()
    for chunk in dump_chunks(path):
        found.update(chunk)
    if found.hexdigest() != manifest["dump_sha256"]:
        raise BackupError(f"{path} is damaged: its dump is not the one that was written.")
