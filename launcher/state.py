"""Where data, sockets, logs, locks and the secret key of this checkout are kept."""

import fcntl
import hashlib
import os
import secrets
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from launcher.account import DatabaseAccount, is_reachable_by_all
from launcher.console import LauncherError

SYSTEM_STATE = Path("/var/lib")
# A Unix socket's path may have 104 (macOS) to 108 bytes; PostgreSQL adds "/.s.PGSQL.5432".
LONGEST_SOCKET_DIRECTORY = 80
LOG_LIMIT_BYTES = 10_000_000


def checkout_id(root: Path) -> str:
    """Tells two checkouts on one machine apart."""
    return hashlib.sha256(str(root).encode()).hexdigest()[:8]


def choose_state_path(root: Path, account: DatabaseAccount) -> Path:
    """`.state` in the checkout, or under /var/lib where PostgreSQL's user cannot reach that.

    The latter is root with a checkout below a closed directory such as /root, which stays closed.
    INVENTORYPULSE_STATE names another place.
    """
    if os.environ.get("INVENTORYPULSE_STATE"):
        return Path(os.environ["INVENTORYPULSE_STATE"]).resolve()
    if account.other and not is_reachable_by_all(root):
        return SYSTEM_STATE / f"inventorypulse-{checkout_id(root)}"
    return root / ".state"


@dataclass(frozen=True)
class StateDirectory:
    """The launcher's files; `account` is who must be able to reach the database's part."""

    path: Path
    account: DatabaseAccount

    def create(self) -> None:
        """Make the directory; others may pass through it only if PostgreSQL's user must."""
        for directory in (self.path, self.path / "run", self.path / "log"):
            self.make_directory(directory, mode=0o711 if self.account.other else 0o700)

    def socket_directory(self, name: str) -> Path:
        """A short enough path for the sockets of server `name`; not created here."""
        wanted = self.path / "run" / name
        if len(os.fsencode(wanted)) <= LONGEST_SOCKET_DIRECTORY:
            return wanted
        base = os.environ.get("XDG_RUNTIME_DIR") if not self.account.other else None
        # Its owner and mode are checked when it is made.
        shared = base or "/tmp"  # nosec B108
        return Path(shared) / f"inventorypulse-{checkout_id(self.path)}-{name}"

    def make_private(self, path: Path, *, for_database: bool) -> Path:
        """Make a directory that only the owner (PostgreSQL's user, or we) may enter."""
        self.make_directory(path, mode=0o700)
        if self.account.other and for_database:
            os.chown(path, self.account.other.pw_uid, self.account.other.pw_gid)
        return path

    def make_directory(self, path: Path, *, mode: int) -> None:
        """Create with exactly `mode`; raises LauncherError on somebody else's of that name."""
        path.mkdir(parents=True, exist_ok=True)
        status = path.lstat()
        owners = {os.geteuid()} | ({self.account.other.pw_uid} if self.account.other else set())
        if not stat.S_ISDIR(status.st_mode) or status.st_uid not in owners:
            raise LauncherError(f"{path} belongs to somebody else: remove it and start again.")
        path.chmod(mode)

    def open_log(self, name: str) -> Path:
        """The log file of `name`, created if missing; a large one is put aside first."""
        path = self.path / "log" / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
            path.replace(path.with_suffix(".log.1"))
        path.touch(mode=0o600)
        return path

    def secret_key(self) -> str:
        """The installation's own random key, made at the first call."""
        path = self.path / "secret-key"
        if not path.exists() or not path.read_text().strip():
            draft = path.with_suffix(".new")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(50))
            draft.replace(path)
        return path.read_text().strip()

    def try_lock(self, name: str) -> "HeldLock | None":
        """The lock `name`, or None while another process holds it; freed when we end."""
        file = (self.path / name).open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return None
        held = HeldLock(file)
        held.describe(f"InventoryPulse is already at work here (process {os.getpid()}).")
        return held

    def lock_holder(self, name: str) -> str:
        """The sentence that the holder of the lock left for others."""
        return (self.path / name).read_text().strip()


class HeldLock:
    """A lock held by this process, with a sentence for those who find it taken."""

    def __init__(self, file: TextIO) -> None:
        self.file = file

    def describe(self, text: str) -> None:
        self.file.seek(0)
        self.file.truncate()
        self.file.write(text + "\n")
        self.file.flush()

    def release(self) -> None:
        self.file.close()
