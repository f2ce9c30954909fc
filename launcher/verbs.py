"""The verbs of `./run`."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from launcher import postgres
from launcher.console import STOP_ASKED, LauncherError, say
from launcher.install import ROOT
from launcher.prepare import is_demo, manage
from launcher.prepared import code_fingerprint
from launcher.process import forget_stray_settings, run_in_foreground
from launcher.serve import serve
from launcher.servers import (
    TEST_LOCK,
    Servers,
    claim,
    open_state,
    servers_for_command,
    started,
)

USAGE = """\
./run [--port N] [--no-demo]   the product on http://127.0.0.1:8000/ with a demo company
./run test [pytest arguments]  the tests, on servers of their own; --full: as often as published
./run manage COMMAND ...       a Django management command on the product's database
./run psql [arguments]         PostgreSQL's shell on it, as the owner
./run benchmark [arguments]    the benchmarks
With DATABASE_URL or REDIS_URL set, no server of our own is started for it."""

SAME_SIGNAL_SECONDS = 0.5
TESTS_RUNNING = "Tests of this checkout are already running (process {pid})."


def main(arguments: list[str]) -> int:
    """Carry out the verb; a LauncherError becomes one sentence and exit code 1."""
    forget_stray_settings()
    interrupt_on_signals()
    verb = VERBS.get(arguments[0]) if arguments else None
    try:
        if verb:
            return verb(arguments[1:])
        if arguments[:1] in (["-h"], ["--help"], ["help"]):
            say(USAGE)
            return 0
        if arguments and not arguments[0].startswith("-"):
            raise LauncherError(f"./run knows no `{arguments[0]}`: `./run --help` tells its verbs.")
        return serve(arguments)
    except LauncherError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        say("Stopped.")
        return 130


def interrupt_on_signals() -> None:
    """SIGTERM and a closed terminal stop as Ctrl-C does; `nohup` is respected.

    A second signal hurries, but not the twin of the first that `timeout` and others send.
    """
    last = float("-inf")

    def interrupt(*_: object) -> None:
        nonlocal last
        before, last = last, time.monotonic()
        STOP_ASKED.set()
        if last - before > SAME_SIGNAL_SECONDS:
            raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, interrupt)


def run_tests(arguments: list[str]) -> int:
    """pytest on a database and a broker of its own, which may lose everything."""
    state = open_state()
    lock = claim(state, TEST_LOCK)
    lock.describe(TESTS_RUNNING.format(pid=os.getpid()))
    servers = Servers.for_tests(state)
    with started(servers.parts()):
        command = [sys.executable, "-m", "pytest", *parallel_by_default(arguments), *arguments]
        environment = servers.environment()
        if servers.cluster:
            # A server of our own may keep a migrated database, which the tests copy.
            environment["TEST_TEMPLATE"] = code_fingerprint(demo=False)
        code = run_in_foreground(command, environment, ROOT)
    lock.release()
    return code


def parallel_by_default(arguments: list[str]) -> list[str]:
    """Two processes, unless something is said about that or one file or test is asked for.

    A file stays in one process, so that what its tests share is made once.
    """
    decided = any(
        argument.startswith(("-n", "--numprocesses", "--pdb", "--dist", "--collect-only", "--co"))
        or "no:xdist" in argument
        or "::" in argument
        for argument in arguments
    )
    paths = [argument for argument in arguments if is_path(argument)]
    single = len(paths) == 1 and (ROOT / paths[0]).is_file()
    return [] if decided or single else ["-n", "2", "--dist", "loadfile"]


def is_path(argument: str) -> bool:
    """Say whether an argument names something in the checkout; an expression may be too long."""
    try:
        return (ROOT / argument).exists()
    except OSError:
        return False


def run_manage(arguments: list[str]) -> int:
    """A management command in the caller's directory, so that file names mean what they say."""
    with servers_for_command(" ".join(["manage", *arguments[:1]])) as servers:
        environment = servers.environment(demo=is_demo(servers.state))
        return run_in_foreground(manage(*arguments), environment, cwd=None)


def run_benchmark(arguments: list[str]) -> int:
    return run_manage(["benchmark", *arguments])


def run_psql(arguments: list[str]) -> int:
    """PostgreSQL's shell; as the owner where the database is ours."""
    with servers_for_command("psql") as servers:
        cluster = servers.cluster
        psql = str(postgres.find_binaries(servers.state) / "psql")
        if cluster:
            socket = str(cluster.socket_directory)
            target = ["-h", socket, "-U", postgres.OWNER, "-d", postgres.DATABASE]
        else:
            target = ["-d", os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]]
        # A pager of the person's choice, and their ~/.psqlrc, work as usual.
        return run_in_foreground([psql, *target, *arguments], dict(os.environ), Path.cwd())


VERBS: dict[str, Callable[[list[str]], int]] = {
    "test": run_tests,
    "manage": run_manage,
    "benchmark": run_benchmark,
    "psql": run_psql,
}
