"""Fixtures of the launcher's tests: directories that PostgreSQL's user can reach."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from launcher.account import choose_account
from launcher.postgres import PostgresCluster
from launcher.state import StateDirectory


@pytest.fixture
def place() -> Iterator[Path]:
    """An empty directory which everybody may pass through, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="launcher-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def state(place: Path) -> StateDirectory:
    directory = StateDirectory(place / "state", choose_account())
    directory.create()
    return directory


@pytest.fixture(scope="module")
def shared_state() -> Iterator[StateDirectory]:
    """One state directory for a module's tests that only look."""
    path = Path(tempfile.mkdtemp(prefix="launcher-"))
    path.chmod(0o711)
    directory = StateDirectory(path / "state", choose_account())
    directory.create()
    yield directory
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def shared_cluster(shared_state: StateDirectory) -> Iterator[PostgresCluster]:
    """A running cluster for a module's tests that change nothing in it for good."""
    cluster = PostgresCluster(shared_state, "postgres", durable=False)
    cluster.start()
    yield cluster
    cluster.stop()
