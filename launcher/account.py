"""The operating system user that PostgreSQL runs as, which must not be root."""

import ctypes
import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

CLONE_NEWUSER = 0x10000000


@dataclass(frozen=True)
class DatabaseAccount:
    """How PostgreSQL's processes are started: as ourselves, as another user, or re-labelled.

    `other` is the user to change to. `relabelled` means a user namespace in which uid 0 appears
    as another: the root of a rootless container cannot change to any other user.
    """

    other: pwd.struct_passwd | None = None
    relabelled: bool = False

    def describe(self) -> str:
        if self.other:
            return f"the user {self.other.pw_name}"
        return "a user namespace" if self.relabelled else "you"


def choose_account() -> DatabaseAccount:
    """Ourselves; as root `nobody`; where root may not change users, a user namespace."""
    if os.geteuid() != 0:
        return DatabaseAccount()
    nobody = pwd.getpwnam("nobody")
    return DatabaseAccount(other=nobody) if can_become(nobody) else DatabaseAccount(relabelled=True)


def can_become(user: pwd.struct_passwd) -> bool:
    """Whether this process may start others as `user`."""
    try:
        subprocess.run(["true"], user=user.pw_uid, group=user.pw_gid, extra_groups=[], check=True)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def enter_user_namespace() -> None:
    """Make uid 0 appear as 1000 to this process; called in the child, before exec."""
    uid, gid = os.geteuid(), os.getegid()
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWUSER)")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"1000 {uid} 1")
    Path("/proc/self/gid_map").write_text(f"1000 {gid} 1")


def is_reachable_by_all(path: Path) -> bool:
    """Whether every user may pass through `path` and all directories above it."""
    return all(step.stat().st_mode & 0o001 for step in (path, *path.parents))
