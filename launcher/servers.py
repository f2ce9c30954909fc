"""The database and the broker: our own, or those that the environment names."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import environ
import psycopg

from launcher import postgres, valkey
from launcher.account import choose_account
from launcher.console import LauncherError
from launcher.install import ROOT
from launcher.state import HeldLock, StateDirectory, choose_state_path
from launcher.supervisor import Part, Supervisor

RUN_LOCK = "run.lock"
TEST_LOCK = "test.lock"
USERS_LOCK = "users.lock"
OTHERS_START_SECONDS = 120


SETTINGS_FILE = ROOT / ".env"


def open_state() -> StateDirectory:
    """This checkout's state directory, created if missing."""
    account = choose_account()
    state = StateDirectory(choose_state_path(ROOT, account), account)
    state.create()
    return state


@dataclass
class Servers:
    """What is ours to start; None stands for a server that the environment names."""

    state: StateDirectory
    cluster: postgres.PostgresCluster | None
    broker: valkey.ValkeyServer | None

    @classmethod
    def for_product(cls, state: StateDirectory) -> "Servers":
        """As the environment says, or else the file `.env`, which Django reads too."""
        if SETTINGS_FILE.is_file():
            environ.Env.read_env(SETTINGS_FILE)
        return cls.choose(state, "postgres", "valkey", durable=True)

    @classmethod
    def for_tests(cls, state: StateDirectory) -> "Servers":
        return cls.choose(state, "test-postgres", "test-valkey", durable=False)

    @classmethod
    def choose(cls, state: StateDirectory, data: str, queue: str, *, durable: bool) -> "Servers":
        own_database = not os.environ.get("DATABASE_URL")
        own_broker = not os.environ.get("REDIS_URL")
        return cls(
            state,
            postgres.PostgresCluster(state, data, durable=durable) if own_database else None,
            valkey.ValkeyServer(state, queue, durable=durable) if own_broker else None,
        )

    def parts(self) -> list[Part]:
        return [part for part in (self.cluster, self.broker) if part]

    def environment(self, *, demo: bool = False) -> dict[str, str]:
        """What Django is told: the addresses, ours or given, and this installation's key.

        Hosts and TLS are those of a server on the loopback address, whatever `.env` says for the
        production server.
        """
        found = {
            "SECRET_KEY": os.environ.get("SECRET_KEY") or self.state.secret_key(),
            "DEBUG": os.environ.get("DEBUG") or "false",
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "SECURE_SSL": "false",
            "DEMO": "true" if demo else "false",
        }
        if self.cluster:
            found["DATABASE_URL"] = self.cluster.url(postgres.APPLICATION)
            found["DATABASE_OWNER_URL"] = self.cluster.url(postgres.OWNER)
        if self.broker:
            found["REDIS_URL"] = self.broker.cache_url()
            found["CELERY_BROKER_URL"] = self.broker.broker_url()
        elif not os.environ.get("CELERY_BROKER_URL"):
            found["CELERY_BROKER_URL"] = broker_url_for(os.environ["REDIS_URL"])
        return dict(os.environ) | found

    def wait_for_another_start(self) -> None:
        """Wait until the servers that another launcher is starting answer."""
        end = time.monotonic() + OTHERS_START_SECONDS
        while self.cluster and time.monotonic() < end:
            with contextlib.suppress(psycopg.OperationalError):
                self.cluster.connect(postgres.OWNER, postgres.DATABASE).close()
                return
            time.sleep(0.2)
        if self.cluster:
            raise LauncherError("The database, which another process is starting, does not answer.")


def broker_url_for(redis_url: str) -> str:
    """The same server as Celery spells it: a Unix socket has another form there."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    database = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={database}"


@contextlib.contextmanager
def servers_for_command(purpose: str) -> Iterator[Servers]:
    """The product's servers for one command: the running ones, else started for its duration.

    Whoever started them stops them only after all other commands that use them have ended.
    """
    state = open_state()
    servers = Servers.for_product(state)
    with (state.path / USERS_LOCK).open("w") as users:
        fcntl.flock(users, fcntl.LOCK_SH)
        lock = state.try_lock(RUN_LOCK)
        if lock is None:
            servers.wait_for_another_start()
            yield servers
            return
        lock.describe(
            f"`./run {purpose}` is using the database (process {os.getpid()}): "
            "start again when it has ended."
        )
        with started(servers.parts()):
            yield servers
            fcntl.flock(users, fcntl.LOCK_EX)
        lock.release()


@contextlib.contextmanager
def started(parts: list[Part]) -> Iterator[Supervisor]:
    """Run parts for the duration of the block."""
    supervisor = Supervisor()
    try:
        supervisor.start(parts)
        yield supervisor
    finally:
        supervisor.stop()


def claim(state: StateDirectory, name: str) -> HeldLock:
    """The lock, or a LauncherError with the sentence that its holder left."""
    lock = state.try_lock(name)
    if lock is None:
        raise LauncherError(state.lock_holder(name))
    return lock
