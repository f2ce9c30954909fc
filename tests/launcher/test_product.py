"""The product as a person starts it: `./run`, and what may happen to it."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher import serve
from launcher.commands import HEALTH_PATH

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("web", "events", "worker", "beat", "postgres", "valkey")
OWN_SERVERS = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CELERY_BROKER_URL")


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


class Product:
    """One installation of an empty company in a state directory of its own."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.launcher: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = {k: v for k, v in os.environ.items() if k not in OWN_SERVERS} | {
            "INVENTORYPULSE_STATE": str(place / "state"),
            "STATIC_ROOT": str(place / "static"),
            "MEDIA_ROOT": str(place / "media"),
            "PGHOST": "stray.example.com",
        }

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, ROOT / "run", *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=120
        )

    def start(self) -> None:
        with (self.place / "output").open("wb") as output:
            self.launcher = subprocess.Popen(
                [sys.executable, ROOT / "run", "--no-demo", "--port", str(self.port)],
                env=self.environment,
                stdout=output,
                stderr=output,
            )
        wait_for(lambda: "is ready" in self.output() or self.launcher.poll() is not None, 120)
        assert self.launcher.poll() is None, self.output()

    def output(self) -> str:
        return (self.place / "output").read_text()

    def is_healthy(self) -> bool:
        return serve.answers(self.address + HEALTH_PATH)

    def pid(self, part: str) -> int:
        text = (self.place / "state" / "run" / f"{part}.pid").read_text()
        return int(text.split()[0]) if text else 0

    def all_pids(self) -> set[int]:
        """Every process that was started for this installation, with all descendants."""
        parents = {}
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                parents[int(entry.parent.name)] = int(entry.read_text().rsplit(")")[1].split()[1])
            except OSError:
                continue
        found = {self.pid(part) for part in PARTS}
        for _ in range(5):
            found |= {pid for pid, parent in parents.items() if parent in found}
        return found

    def stop(self) -> int:
        self.launcher.send_signal(signal.SIGTERM)
        return self.launcher.wait(120)


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    place = Path(tempfile.mkdtemp(prefix="product-"))
    place.chmod(0o711)
    installed = Product(place)
    try:
        installed.start()
        yield installed
    finally:
        if installed.launcher.poll() is None:
            installed.stop()
        shutil.rmtree(place)


def test_start_prints_the_address_and_no_demo_people(product):
    assert product.is_healthy()
    assert f"InventoryPulse is ready at {product.address}/" in product.output()
    assert "admin123" not in product.output()


def test_second_start_names_the_running_address(product):
    answer = product.call()
    assert (answer.returncode, answer.stderr) == (
        1,
        f"InventoryPulse is already running at {product.address}/ "
        f"(process {product.launcher.pid}).\n",
    )
    assert product.is_healthy()


def test_start_on_a_used_port_is_refused_before_anything_is_started(product):
    other = Product(product.place / "other")
    answer = other.call("--port", str(product.port))
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"Port {product.port} is in use")
    assert answer.stderr.count("\n") == 1
    assert not (other.place / "state" / "postgres").exists()


def test_management_command_uses_the_running_database(product):
    answer = product.call("manage", "check", "--database", "default")
    assert (answer.returncode, answer.stderr) == (0, "")
    role = product.call("psql", "-Atc", "SELECT current_user")
    assert (role.returncode, role.stdout) == (0, "inventorypulse_owner\n")


@pytest.mark.parametrize("part", PARTS)
def test_killed_part_is_started_again(product, part):
    before = product.pid(part)
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: product.pid(part) not in {0, before})
    wait_for(product.is_healthy)
    assert is_alive(product.pid(part))
    assert product.launcher.poll() is None


def test_nothing_is_lost_when_the_launcher_is_killed_and_started_at_once(product):
    assert product.call("psql", "-qc", "CREATE TABLE first AS SELECT 1").returncode == 0
    pids = product.all_pids()
    product.launcher.kill()
    product.launcher.wait()
    product.start()
    assert product.is_healthy()
    wait_for(lambda: not any(map(is_alive, pids)))
    assert product.call("psql", "-Atc", "SELECT * FROM first").stdout == "1\n"


def test_nothing_is_lost_when_everything_is_killed(product):
    assert product.call("psql", "-qc", "CREATE TABLE second AS SELECT 2").returncode == 0
    pids = product.all_pids()
    assert len(pids) > 10
    for pid in {product.launcher.pid} | pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    product.launcher.wait()
    product.start()
    assert product.is_healthy()
    assert product.call("psql", "-Atc", "SELECT * FROM second").stdout == "2\n"


def test_start_prepares_only_what_has_changed(product):
    log = product.place / "state" / "log" / "prepare.log"
    product.stop()
    before = log.read_text()
    product.start()
    assert log.read_text() == before
    product.stop()
    counting = "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'pgtrigger%'"
    choosing = "SELECT min(tgname || ' ON ' || tgrelid::regclass) FROM pg_trigger"
    counted = product.call("psql", "-Atc", counting).stdout
    chosen = product.call("psql", "-Atc", f"{choosing} WHERE tgname LIKE 'pgtrigger%'").stdout
    assert product.call("psql", "-qc", f"DROP TRIGGER {chosen}").returncode == 0
    assert product.call("psql", "-Atc", counting).stdout != counted
    product.start()
    assert product.call("psql", "-Atc", counting).stdout == counted


def test_stop_leaves_nothing_behind(product):
    pids = product.all_pids()
    product.launcher.send_signal(signal.SIGINT)  # some senders send two
    assert product.stop() == 0
    assert product.output().endswith("Stopping ...\nStopped.\n")
    assert not any(map(is_alive, pids))
    assert not product.is_healthy()
    assert list((product.place / "state" / "run").glob("*.pid")) == []
