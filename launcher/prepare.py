"""What stands between running servers and the first request: tables, static files, seeds."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from launcher.console import LauncherError, say
from launcher.install import ROOT
from launcher.process import die_with_parent
from launcher.state import StateDirectory

EMPTY_COMPANY = "empty-company"


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def prepare(state: StateDirectory, environment: Mapping[str, str], *, demo: bool) -> None:
    """Bring the database and the static files up to date; raises LauncherError."""
    log = state.open_log("prepare")
    run_step(["migrate", "--noinput"], environment, log)
    collect_static(state, environment, log)
    run_step(["seed_roles"], environment, log)
    if demo:
        # Takes a while the first time and shows how far it is.
        run_step(["seed_demo"], environment, None)


def run_step(arguments: list[str], environment: Mapping[str, str], log: Path | None) -> None:
    """One management command, output to `log` or the terminal; raises LauncherError."""
    parent = os.getpid()
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(log.open("ab")) if log else None
        step = subprocess.run(
            manage(*arguments),
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
            check=False,
            # Ctrl-C is for the launcher, which then ends the step.
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(signal.SIGTERM, parent),
        )
    if step.returncode:
        lines = log.read_text(errors="replace").split("\n") if log else []
        reason = next((line for line in reversed(lines) if line.strip()), "see above")
        details = f" (details: {log})" if log else ""
        raise LauncherError(f"`manage.py {arguments[0]}` failed: {reason}{details}.")


def collect_static(state: StateDirectory, environment: Mapping[str, str], log: Path) -> None:
    """Collect the static files if one of them or a package changed since the last time."""
    stamp = state.path / "static-files"
    target = Path(environment.get("STATIC_ROOT") or ROOT / "staticfiles")
    wanted = f"{target} {static_fingerprint(target)}"
    if target.is_dir() and stamp.exists() and stamp.read_text() == wanted:
        return
    run_step(["collectstatic", "--noinput", "-v0"], environment, log)
    stamp.write_text(wanted)


def static_fingerprint(target: Path) -> str:
    """Changes with the packages' versions and with any static file of the checkout."""
    digest = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for folder in (*ROOT.glob("*/static"), *ROOT.glob("static")):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and target not in path.parents:
                status = path.stat()
                digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]


def decide_company(state: StateDirectory, *, no_demo: bool) -> bool:
    """Whether the demo company belongs into this installation; the first `--no-demo` is kept.

    Otherwise a start without the flag would mix demo data into a company's own.
    """
    marker = state.path / EMPTY_COMPANY
    if no_demo:
        marker.touch()
    elif marker.exists():
        say("This company was started with --no-demo, so no demo data is added.")
    return is_demo(state)


def is_demo(state: StateDirectory) -> bool:
    """Whether this installation is the demo company's."""
    return not (state.path / EMPTY_COMPANY).exists()
