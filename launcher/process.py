"""One child process: started so that it cannot outlive the launcher, and stopped for certain."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from launcher.account import DatabaseAccount, enter_user_namespace

PR_SET_PDEATHSIG = 1
FORCE_SECONDS = 5
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(stop_signal: signal.Signals, parent: int) -> None:
    """Have the kernel send us `stop_signal` when the launcher ends, however it ends."""
    if sys.platform != "linux":
        return  # elsewhere the next start ends what it finds in the pid files
    _libc.prctl(PR_SET_PDEATHSIG, stop_signal)
    if os.getppid() != parent:
        os._exit(1)  # it ended before we asked


def forget_stray_settings() -> None:
    """Drop PG* from our environment: a stray PGHOST or PGSERVICE would lead elsewhere."""
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


@dataclass
class Process:
    """A command that is kept in a session of its own, with a pid file to find it again."""

    name: str
    argv: list[str]
    log: Path
    pid_file: Path
    cwd: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    stop_signal: signal.Signals = signal.SIGTERM
    force_signal: signal.Signals = signal.SIGKILL
    stop_seconds: float = 20
    account: DatabaseAccount = field(default_factory=DatabaseAccount)
    popen: subprocess.Popen[bytes] | None = None
    asked_to_stop: bool = False

    def start(self) -> None:
        """Start, after ending what an earlier instance may have left behind."""
        self.end_leftovers()
        parent = os.getpid()

        def before_exec() -> None:
            if self.account.relabelled:
                enter_user_namespace()
            die_with_parent(self.stop_signal, parent)

        other = self.account.other
        with self.log.open("ab") as output:
            self.popen = subprocess.Popen(
                self.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.cwd,
                env=self.environment,
                start_new_session=True,
                preexec_fn=before_exec,
                user=other.pw_uid if other else None,
                group=other.pw_gid if other else None,
                extra_groups=[] if other else None,
            )
        self.asked_to_stop = False
        self.pid_file.write_text(f"{self.popen.pid}\n{self.argv[0]}\n")

    def poll(self) -> int | None:
        """The exit code, or None while running (also before the first start)."""
        return self.popen.poll() if self.popen else None

    def request_stop(self) -> None:
        """Ask once: a second signal means "at once" to some programs."""
        if self.popen and self.popen.poll() is None and not self.asked_to_stop:
            self.popen.send_signal(self.stop_signal)
            self.asked_to_stop = True

    def stop(self) -> None:
        """End it: politely, after `stop_seconds` by force; returns when it is gone."""
        if self.popen:
            self.request_stop()
            self.ends_within(self.stop_seconds)
            self.kill()
            self.pid_file.unlink(missing_ok=True)

    def kill(self) -> None:
        """End it now, with all it started."""
        if self.popen:
            if self.popen.poll() is None:
                self.popen.send_signal(self.force_signal)
                self.ends_within(FORCE_SECONDS)
            kill_group(self.popen.pid)
            self.popen.wait()

    def ends_within(self, seconds: float) -> None:
        """Wait for the end, but not longer than that."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self.popen:
                self.popen.wait(seconds)

    def end_leftovers(self) -> None:
        """End what remains of our own earlier start, or of an earlier launcher's."""
        if self.popen:
            kill_group(self.popen.pid)
            self.popen.wait()
        else:
            end_recorded(self.pid_file, self.stop_signal, self.stop_seconds)


def end_recorded(pid_file: Path, stop_signal: signal.Signals, seconds: float) -> bool:
    """End the process that a pid file names, if it still lives; whether there was such a file.

    There is one only after an unclean end: whoever stops a process removes its file.
    """
    try:
        pid, program = pid_file.read_text().splitlines()
        end_process(int(pid), program, stop_signal, seconds)
    except FileNotFoundError:
        return False
    except ValueError:
        return True  # the machine went down while it was being written
    return True


def end_process(pid: int, program: str, stop_signal: signal.Signals, seconds: float) -> None:
    """End process `pid` if it is `program`: politely, after `seconds` by force."""
    if not runs_program(pid, program):
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, stop_signal)
    wait_until_gone(pid, program, seconds)
    if runs_program(pid, program):
        kill_group(pid)
        wait_until_gone(pid, program, 5)


def kill_group(pid: int) -> None:
    """SIGKILL to every process of the session that `pid` leads or led."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def runs_program(pid: int, program: str) -> bool:
    """Whether process `pid` is alive and was started as `program`, not a later one."""
    if sys.platform == "linux":
        try:
            return program in Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        except OSError:
            return False
    answer = subprocess.run(
        ["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return program in answer.stdout


def wait_until_gone(pid: int, program: str, seconds: float) -> None:
    """Wait until process `pid` has ended, at most `seconds`."""
    end = time.monotonic() + seconds
    while runs_program(pid, program) and time.monotonic() < end:
        time.sleep(0.05)


def run_in_foreground(argv: list[str], environment: Mapping[str, str], cwd: Path | None) -> int:
    """Run a command that has the terminal to itself; gives its exit code as a shell would.

    Ctrl-C reaches the command from the terminal and is its business; SIGTERM is handed on.
    """
    parent = os.getpid()
    process = subprocess.Popen(
        argv,
        env=environment,
        cwd=cwd,
        preexec_fn=lambda: die_with_parent(signal.SIGTERM, parent),
    )
    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, signal.SIG_IGN),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: process.terminate()),
    }
    try:
        code = process.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


class OwnServer:
    """A server that the launcher keeps in one process, from its start on."""

    process: Process | None = None

    def poll(self) -> int | None:
        return self.process.poll() if self.process else None

    def request_stop(self) -> None:
        if self.process:
            self.process.request_stop()

    def stop(self) -> None:
        if self.process:
            self.process.stop()

    def kill(self) -> None:
        if self.process:
            self.process.kill()
