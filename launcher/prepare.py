"""What stands between running servers and the first request: tables, static files, seeds."""

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from launcher.console import LauncherError, say
from launcher.install import ROOT
from launcher.prepared import code_fingerprint, is_prepared, mark_prepared
from launcher.process import die_with_parent
from launcher.servers import Servers
from launcher.state import StateDirectory

EMPTY_COMPANY = "empty-company"


def manage(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *arguments]


def prepare(servers: Servers, environment: Mapping[str, str], *, demo: bool) -> None:
    """Bring the database and the static files up to date, side by side; raises LauncherError."""
    with collected_static(servers.state, environment):
        bring_up_to_date(servers, environment, demo=demo)


def bring_up_to_date(servers: Servers, environment: Mapping[str, str], *, demo: bool) -> None:
    """Migrate and seed, unless a database of our own says that nothing has changed since."""
    code = code_fingerprint(demo=demo)
    if servers.cluster and is_prepared(servers.cluster, code):
        return
    log = servers.state.open_log("prepare")
    Step(["migrate", "--noinput"], environment, log).finish()
    if demo:
        # Takes a while the first time and shows how far it is; makes the roles, too.
        Step(["seed_demo"], environment, None).finish()
    else:
        Step(["seed_roles"], environment, log).finish()
    if servers.cluster:
        mark_prepared(servers.cluster, code)


class Step:
    """One management command at work, its output in `log` or on the terminal."""

    def __init__(
        self, arguments: list[str], environment: Mapping[str, str], log: Path | None
    ) -> None:
        self.name = arguments[0]
        self.log = log
        parent = os.getpid()
        with contextlib.ExitStack() as stack:
            output = stack.enter_context(log.open("ab")) if log else None
            self.popen = subprocess.Popen(
                manage(*arguments),
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
                # Ctrl-C is for the launcher, which then ends the step.
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(signal.SIGTERM, parent),
            )

    def finish(self) -> None:
        """Wait for its end; raises LauncherError. Kills it when we are interrupted meanwhile."""
        try:
            code = self.popen.wait()
        except BaseException:
            self.end()
            raise
        if code:
            lines = self.log.read_text(errors="replace").split("\n") if self.log else []
            reason = next((line for line in reversed(lines) if line.strip()), "see above")
            details = f" (details: {self.log})" if self.log else ""
            raise LauncherError(f"`manage.py {self.name}` failed: {reason}{details}.")

    def end(self) -> None:
        self.popen.kill()
        self.popen.wait()


@contextlib.contextmanager
def collected_static(state: StateDirectory, environment: Mapping[str, str]) -> Iterator[None]:
    """Collect the static files beside the block, if one of them or a package changed."""
    stamp = state.path / "static-files"
    target = Path(environment.get("STATIC_ROOT") or ROOT / "staticfiles")
    wanted = f"{target} {static_fingerprint(target)}"
    if target.is_dir() and stamp.exists() and stamp.read_text() == wanted:
        yield
        return
    step = Step(["collectstatic", "--noinput", "-v0"], environment, state.open_log("static"))
    try:
        yield
    except BaseException:
        step.end()
        raise
    step.finish()
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
