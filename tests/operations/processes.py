"""The product's own processes on the test's database, for tests that stop or watch them."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from launcher import commands

READY_SECONDS = 60


def environment(**changes: str) -> dict[str, str]:
    """Return this environment with the addresses of the test's database."""
    own = {}
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
        url = urlsplit(os.environ.get(name) or os.environ["DATABASE_URL"])
        folder = url.path.rpartition("/")[0]
        own[name] = url._replace(path=f"{folder}/{connection.settings_dict['NAME']}").geturl()
    return os.environ | own | {"SECURE_SSL": "false", "DEMO": "false"} | changes


def manage(*arguments: object, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run a management command to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=settings.BASE_DIR,
        env=environment(**changes),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextmanager
def running(argv: list[str], log: Path, **changes: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process that writes to `log`; it is gone after the block."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            argv,
            cwd=settings.BASE_DIR,
            env=environment(**changes),
            stdout=output,
            stderr=output,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def web_server(port: int, log: Path, **changes: str) -> Iterator[subprocess.Popen[bytes]]:
    """The web server as the launcher starts it, ready to answer."""
    argv = commands.web(sys.executable, f"127.0.0.1:{port}")
    with running(argv, log, **changes) as process:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/api/health/live/"))
        yield process


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def wait_until(condition, seconds: float = READY_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
