"""`./run`: the whole product under one supervisor."""

import argparse
import contextlib
import os
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from launcher import commands
from launcher.console import STOP_ASKED, LauncherError, say
from launcher.install import ROOT
from launcher.prepare import decide_company, prepare
from launcher.process import Process, end_recorded
from launcher.servers import RUN_LOCK, Servers, claim, open_state, started
from launcher.state import StateDirectory
from launcher.supervisor import Part, Supervisor

DEFAULT_PORT = 8000
READY_SECONDS = 120
PORT_PATIENCE_SECONDS = 3
EVENTS_URL = "http://127.0.0.1:{port}/api/events/"
ALREADY_RUNNING = "InventoryPulse is already running at {address}/ (process {pid})."
DEMO_PEOPLE = {
    "admin": "admin123",
    "manager": "manager123",
    "staff": "staff123",
    "sales": "sales123",
    "viewer": "viewer123",
}


def serve(arguments: list[str]) -> int:
    """Start everything, stay until told to stop; gives the exit code."""
    options = parse(arguments)
    state = open_state()
    lock = claim(state, RUN_LOCK)
    unclean = end_earlier_processes(state)
    port = choose_port(options.port, patience=PORT_PATIENCE_SECONDS if unclean else 0)
    address = f"http://127.0.0.1:{port}"
    lock.describe(ALREADY_RUNNING.format(address=address, pid=os.getpid()))
    begun = time.monotonic()
    demo = decide_company(state, no_demo=options.no_demo)
    servers = Servers.for_product(state)
    say("Starting ...")
    with started(servers.parts()) as supervisor:
        events_port = free_port_from(port + 1)
        own = {"PUBLIC_URL": address, "EVENTS_URL": EVENTS_URL.format(port=events_port)}
        environment = own | servers.environment(demo=demo)
        prepare(servers, environment, demo=demo)
        web, *others = processes(state, environment, port, events_port)
        supervisor.start([web])
        wait_until_ready(supervisor, address)
        # Events, worker and beat would only take the processors from the page that is waited for.
        supervisor.start_beside(others)
        announce(address, state.path / "log", time.monotonic() - begun, demo=demo)
        with contextlib.suppress(KeyboardInterrupt):
            supervisor.watch(until=STOP_ASKED.is_set)
        say("Stopping ...")
    say("Stopped.")
    return 0


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run", add_help=False)
    parser.add_argument("--port", type=port_number)
    parser.add_argument("--no-demo", action="store_true")
    return parser.parse_args(arguments)


def port_number(text: str) -> int:
    """A port that an ordinary program may be given."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port: give a number from 1 to 65535")
    return int(text)


def end_earlier_processes(state: StateDirectory) -> bool:
    """End what outlived a killed launcher and would hold the port; whether it was killed."""
    files = [state.path / "run" / f"{name}.pid" for name in commands.PROCESS_NAMES]
    found = [end_recorded(file, signal.SIGTERM, 20) for file in files]
    return any(found)


def free_port_from(first: int) -> int:
    """The first free port of those after the web server's; raises LauncherError."""
    for port in range(first, min(first + 200, 65536)):
        if is_free(port):
            return port
    raise LauncherError(f"No port from {first} on is free: give another one with --port.")


def choose_port(asked: int | None, *, patience: float = 0) -> int:
    """The asked port, or from the default one on the first free; raises LauncherError.

    `patience` is how many seconds a killed web server of ours may take to let go of its port.
    """
    end = time.monotonic() + patience
    while not is_free(asked or DEFAULT_PORT) and time.monotonic() < end:
        time.sleep(0.05)
    if asked is not None:
        if is_free(asked):
            return asked
        raise LauncherError(
            f"Port {asked} is in use or not allowed: give another one, "
            "or none for the first free one from 8000 on."
        )
    for port in range(DEFAULT_PORT, DEFAULT_PORT + 200):
        if is_free(port):
            if port != DEFAULT_PORT:
                say(f"Port {DEFAULT_PORT} is in use, so this is port {port}.")
            return port
    raise LauncherError("All ports from 8000 to 8199 are in use: give one with --port.")


def is_free(port: int) -> bool:
    """Whether a server can be bound to this port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def processes(
    state: StateDirectory, environment: Mapping[str, str], port: int, events_port: int
) -> list[Part]:
    """Web server, event streams, worker and beat, each with its log file."""
    argvs = {
        "web": commands.web(sys.executable, f"127.0.0.1:{port}"),
        "events": commands.events(sys.executable, f"127.0.0.1:{events_port}"),
        "worker": commands.worker(sys.executable),
        "beat": commands.beat(sys.executable, state.path / "beat-schedule"),
    }
    # Here the web server's processes add up their figures; a directory of its own would stay
    # behind whenever it is killed.
    figures = {"PROMETHEUS_MULTIPROC_DIR": str(state.path / "figures")}
    return [
        Process(
            name=name,
            argv=argv,
            log=state.open_log(name),
            pid_file=state.path / "run" / f"{name}.pid",
            cwd=ROOT,
            environment={**environment, **(figures if name == "web" else {})},
        )
        for name, argv in argvs.items()
    ]


def wait_until_ready(supervisor: Supervisor, address: str) -> None:
    """Watch until the web server can serve requests; raises LauncherError."""
    end = time.monotonic() + READY_SECONDS
    while not answers(address + commands.READY_PATH):
        if time.monotonic() > end:
            raise LauncherError(f"{address}{commands.READY_PATH} does not answer 200.")
        supervisor.restart_ended()
        time.sleep(0.1)


def answers(url: str) -> bool:
    """Whether a GET gives 200; asked without any proxy that the environment may name."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=10) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def announce(address: str, logs: Path, seconds: float, *, demo: bool) -> None:
    """Tell where the product is and how to sign in."""
    say(f"InventoryPulse is ready at {address}/ ({seconds:.1f} s)")
    say(f"  API {address}/api/docs/   administration {address}/admin/   logs {logs}")
    if demo:
        people = ", ".join(f"{name}/{password}" for name, password in DEMO_PEOPLE.items())
        say(f"  Demo sign-ins: {people}")
    else:
        say("  First user: ./run manage createsuperuser")
    say("  Ctrl-C stops everything.")
