"""A database server and a broker of a test's own, to be killed, stopped and started again."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from launcher.account import choose_account
from launcher.console import LauncherError
from launcher.postgres import APPLICATION, DATABASE, OWNER, SUPERUSER, PostgresCluster
from launcher.process import kill_group
from launcher.state import StateDirectory
from launcher.valkey import ValkeyServer
from operations.backup.programs import environment_for, find_program

START_SECONDS = 60


@contextmanager
def own_state() -> Iterator[StateDirectory]:
    """A directory for servers, which PostgreSQL's user can reach."""
    place = Path(tempfile.mkdtemp(prefix="own-servers-"))
    place.chmod(0o711)
    state = StateDirectory(place / "state", choose_account())
    state.create()
    try:
        yield state
    finally:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def own_cluster(state: StateDirectory) -> Iterator[PostgresCluster]:
    """The product's database server as the launcher starts it, with what this database holds."""
    cluster = PostgresCluster(state, "postgres", durable=True)
    cluster.start()
    try:
        copy_into(cluster)
        yield cluster
    finally:
        cluster.stop()


def copy_into(cluster: PostgresCluster) -> None:
    """Copy the test's database, rows and rights."""
    ours = environment_for(connection.settings_dict["NAME"])
    owner = settings.DATABASE_OWNER_URL
    ours["PGUSER"] = urlsplit(owner).username or ours["PGUSER"]
    dump = subprocess.run(
        [find_program("pg_dump"), "--format=custom", "--compress=0"],
        env=ours, capture_output=True, check=True,
    )  # fmt: skip
    theirs = {"PGHOST": str(cluster.socket_directory), "PGUSER": SUPERUSER}
    subprocess.run(
        [find_program("pg_restore"), f"--dbname={DATABASE}", "--exit-on-error"],
        input=dump.stdout, env=os.environ | theirs, capture_output=True, check=True,
    )  # fmt: skip


def addresses(cluster: PostgresCluster) -> dict[str, str]:
    """Return what the product's processes are told."""
    return {"DATABASE_URL": cluster.url(APPLICATION), "DATABASE_OWNER_URL": cluster.url(OWNER)}


def kill_and_start(cluster: PostgresCluster) -> None:
    """SIGKILL to the server and all of its processes at once; then its own recovery."""
    assert cluster.process is not None
    assert cluster.process.popen is not None
    kill_group(cluster.process.popen.pid)
    assert cluster.process.popen.wait(timeout=10) == -signal.SIGKILL
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            return cluster.start()
        except LauncherError:  # a child of the killed one holds on for a moment
            assert time.monotonic() < end, "the database did not start again"
            time.sleep(0.2)


@contextmanager
def connected_to(cluster: PostgresCluster) -> Iterator[None]:
    """Let this process speak with that server, as the application."""
    before = {**connection.settings_dict, "OPTIONS": {**connection.settings_dict["OPTIONS"]}}
    connection.close()
    connection.settings_dict |= {
        "HOST": str(cluster.socket_directory), "PORT": "", "USER": APPLICATION, "NAME": DATABASE,
    }  # fmt: skip
    connection.settings_dict["OPTIONS"].pop("assume_role", None)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


@contextmanager
def own_broker(state: StateDirectory) -> Iterator[ValkeyServer]:
    """The product's broker and cache as the launcher starts it."""
    broker = ValkeyServer(state, "valkey", durable=True)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
