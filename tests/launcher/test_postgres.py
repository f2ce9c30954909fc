import os
import signal
import time
from pathlib import Path

import environ
import psycopg
import pytest

from launcher import postgres
from launcher.postgres import PostgresCluster


def connect_by_url(url: str) -> psycopg.Connection:
    parsed = environ.Env().db_url_config(url)
    return psycopg.connect(
        host=parsed["HOST"], dbname=parsed["NAME"], user=parsed["USER"], autocommit=True
    )


def test_roles_and_database_are_those_of_the_contract(shared_cluster):
    with shared_cluster.connect("postgres") as connection:
        roles = connection.execute(
            "SELECT rolname, rolcanlogin, rolcreatedb, rolsuper, rolcreaterole FROM pg_roles"
            " WHERE rolname LIKE 'inventorypulse%' ORDER BY 1"
        ).fetchall()
        owner = connection.execute(
            "SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datlocprovider,"
            " datlocale FROM pg_database WHERE datname = 'inventorypulse'"
        ).fetchone()
    assert roles == [
        ("inventorypulse", True, False, False, False),
        ("inventorypulse_owner", True, True, False, False),
    ]
    assert owner == ("inventorypulse_owner", "UTF8", "b", "C.UTF-8")


def test_owner_may_become_the_application_but_not_the_other_way_round(shared_cluster):
    with connect_by_url(shared_cluster.url(postgres.OWNER)) as connection:
        connection.execute("SET ROLE inventorypulse")
        row = connection.execute("SELECT current_user, current_database()").fetchone()
        assert row == ("inventorypulse", "inventorypulse")
    with connect_by_url(shared_cluster.url(postgres.APPLICATION)) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SET ROLE inventorypulse_owner")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE anything (id int)")


def test_server_listens_on_its_socket_only(shared_cluster):
    with shared_cluster.connect("postgres") as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW timezone").fetchone() == ("UTC",)
    assert shared_cluster.socket_directory.stat().st_mode & 0o077 == 0
    assert shared_cluster.data.stat().st_mode & 0o077 == 0


def test_server_never_runs_as_root(shared_cluster):
    status = Path(f"/proc/{shared_cluster.process.popen.pid}/status").read_text()
    uid = int(next(line for line in status.splitlines() if line.startswith("Uid:")).split()[1])
    assert uid == (os.geteuid() or shared_cluster.state.account.other.pw_uid)


def test_killed_server_starts_again_with_what_was_committed(state):
    cluster = PostgresCluster(state, "postgres", durable=True)
    cluster.start()
    try:
        with cluster.connect("postgres") as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS value")
        first = cluster.process.popen.pid
        os.kill(first, signal.SIGKILL)
        assert cluster.process.popen.wait(10) == -signal.SIGKILL
        start_until_it_works(cluster)
        with cluster.connect("postgres") as connection:
            assert connection.execute("SELECT value FROM kept").fetchone() == (42,)
        assert cluster.process.popen.pid != first
    finally:
        cluster.stop()


def start_until_it_works(cluster: PostgresCluster) -> None:
    """As the supervisor does: children of the killed server may hold on for a moment."""
    for _ in range(5):
        try:
            cluster.start()
        except postgres.LauncherError:
            time.sleep(0.3)
        else:
            return
    raise AssertionError("the database did not start again")


def test_server_that_outlived_its_launcher_is_ended_first(state):
    outlived = PostgresCluster(state, "postgres", durable=True)
    outlived.start()
    with outlived.connect("postgres") as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS value")
    successor = PostgresCluster(state, "postgres", durable=True)
    # The outliving server is this test's child, so that somebody must take its exit code.
    signal.signal(signal.SIGCHLD, lambda *_: outlived.process.popen.poll())
    try:
        successor.start()
        assert outlived.process.popen.wait(10) == 0
        with successor.connect("postgres") as connection:
            assert connection.execute("SELECT value FROM kept").fetchone() == (7,)
    finally:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        successor.stop()


def test_stale_pid_file_that_names_another_program_is_forgotten(state):
    cluster = PostgresCluster(state, "postgres", durable=True)
    cluster.start()
    with cluster.connect("postgres") as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS value")
    pid_file = cluster.data / "postmaster.pid"
    content = pid_file.read_text().splitlines(keepends=True)
    cluster.stop()
    pid_file.write_text("".join([f"{os.getppid()}\n", *content[1:]]))
    cluster.start()
    try:
        with cluster.connect("postgres") as connection:
            assert connection.execute("SELECT value FROM kept").fetchone() == (1,)
    finally:
        cluster.stop()
    assert os.getppid() > 1


def test_half_made_cluster_is_made_anew(state):
    cluster = PostgresCluster(state, "postgres", durable=True)
    cluster.unfinished.touch()
    state.make_private(cluster.data, for_database=True)
    (cluster.data / "PG_VERSION").write_text("18\n")
    cluster.start()
    cluster.stop()
    assert not cluster.unfinished.exists()
    assert (cluster.data / "postgresql.conf").exists()


def test_throw_away_cluster_is_made_anew_after_an_unclean_end(state):
    cluster = PostgresCluster(state, "test-postgres", durable=False)
    cluster.start()
    with cluster.connect("postgres") as connection:
        connection.execute("CREATE TABLE gone AS SELECT 1 AS value")
    cluster.kill()
    cluster.start()
    try:
        with cluster.connect("postgres") as connection:
            assert connection.execute("SELECT to_regclass('gone')").fetchone() == (None,)
    finally:
        cluster.stop()


def test_tests_cluster_forgoes_durability_and_the_products_does_not(state):
    throw_away = PostgresCluster(state, "test-postgres", durable=False).server_arguments()
    kept = PostgresCluster(state, "postgres", durable=True).server_arguments()
    assert "fsync=off" in throw_away
    assert [option for option in kept if "fsync" in option or "synchronous" in option] == []
