"""The files that people uploaded: into a back-up, and out of it in place of the present ones."""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.conf import settings

from common.archives import DAMAGE
from operations.backup.exceptions import BackupError

CHUNK = 1 << 20
FOLDER = "media/"
# Beside the files and not in another place: MEDIA_ROOT may be a volume of its own, which can be
# neither renamed nor reached by a rename from outside.
DRAFT, BEFORE = ".restore-", ".before-"


class Tally:
    """Counts files and adds up a SHA-256 over their names and contents, in their order."""

    def __init__(self) -> None:
        self.files = self.bytes = 0
        self.digest = hashlib.sha256()

    def copy(self, name: str, source: IO[bytes], target: IO[bytes]) -> None:
        """Copy one file, chunk by chunk."""
        content = hashlib.sha256()
        while chunk := source.read(CHUNK):
            content.update(chunk)
            self.bytes += len(chunk)
            target.write(chunk)
        self.files += 1
        self.digest.update(f"{name}\0{content.hexdigest()}\n".encode())

    def figures(self) -> dict[str, Any]:
        return {"files": self.files, "bytes": self.bytes, "sha256": self.digest.hexdigest()}


def present_files() -> Iterator[tuple[str, Path]]:
    """Yield the name and the path of every uploaded file; links are none."""
    root = Path(settings.MEDIA_ROOT)
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith((DRAFT, BEFORE)))
        for name in sorted(names):
            path = Path(folder) / name
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(root).as_posix(), path


def write_media(archive: zipfile.ZipFile) -> dict[str, Any]:
    """Add every uploaded file to an archive; return their figures for its manifest.

    What is deleted meanwhile is left out.
    """
    tally = Tally()
    for name, path in present_files():
        try:
            source = path.open("rb")
        except FileNotFoundError:
            continue
        member = zipfile.ZipInfo(FOLDER + name)
        with source, archive.open(member, "w", force_zip64=True) as target:
            tally.copy(name, source, target)
    return tally.figures()


def unpack_media(path: Path, manifest: dict[str, Any], stamp: str) -> Path | None:
    """Unpack the uploaded files of a back-up beside the present ones; return where.

    Returns None for a back-up of before there were any. Raises BackupError where they are damaged.
    """
    if "media" not in manifest:
        return None
    draft = Path(settings.MEDIA_ROOT) / f"{DRAFT}{stamp}"
    try:
        if unpacked(path, draft) != manifest["media"]:
            raise BackupError(f"{path} is damaged: its files are not those that were written.")
        give_to_owner(draft)
        os.sync()
    except BaseException:
        discard_files(draft)
        raise
    return draft


def unpacked(path: Path, draft: Path) -> dict[str, Any]:
    """Unpack the files of an archive to a new folder; return their figures."""
    tally = Tally()
    try:
        draft.mkdir(parents=True)
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.filename.startswith(FOLDER):
                    name = member.filename.removeprefix(FOLDER)
                    with archive.open(member) as source, new_file(draft, name) as target:
                        tally.copy(name, source, target)
    except DAMAGE as error:
        raise BackupError(f"{path} is damaged: {error}") from error
    except OSError as error:
        reason = error.strerror or error
        raise BackupError(f"The files could not be unpacked to {draft}: {reason}.") from error
    return tally.figures()


def new_file(draft: Path, name: str) -> IO[bytes]:
    """Make a file under `draft`; raises BackupError for a name that leads out of it."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or "\0" in name:
        raise BackupError(f"The back-up is damaged: it holds a file called {name[:100]!r}.")
    target = draft.joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.open("xb")


def give_to_owner(draft: Path) -> None:
    """Let the files belong to whom MEDIA_ROOT belongs to, where root restores for the product."""
    if os.geteuid():
        return
    owner = draft.parent.stat()
    for folder, folders, names in os.walk(draft):
        for name in (".", *folders, *names):
            os.chown(Path(folder) / name, owner.st_uid, owner.st_gid)


@contextmanager
def media_replaced(draft: Path | None, stamp: str) -> Iterator[Path | None]:
    """Put unpacked files in the place of the present ones, or back if the block fails.

    Yields where the present ones are kept.
    """
    if draft is None:
        yield None
        return
    root = draft.parent
    before = root / f"{BEFORE}{stamp}"
    moved: list[tuple[Path, Path]] = []

    def move(source: Path, target: Path) -> None:
        source.rename(target)
        moved.append((source, target))

    try:
        before.mkdir()
        for entry in sorted(root.iterdir()):
            if not entry.name.startswith((DRAFT, BEFORE)):
                move(entry, before / entry.name)
        for entry in sorted(draft.iterdir()):
            move(entry, root / entry.name)
        yield before
    except BaseException:
        for source, target in reversed(moved):
            target.rename(source)
        discard_files(before)
        raise
    finally:
        discard_files(draft)


def discard_files(folder: Path | None) -> None:
    """Delete a folder of unpacked or kept files, if there is one."""
    if folder is not None and folder.exists():
        shutil.rmtree(folder)
