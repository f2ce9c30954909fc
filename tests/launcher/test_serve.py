import argparse
import contextlib
import os
import signal
import socket
import time

import pytest

from launcher import prepare, serve, verbs
from launcher.console import STOP_ASKED, LauncherError
from launcher.servers import Servers
from launcher.supervisor import Supervisor

ADDRESSES = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CELERY_BROKER_URL", "SECRET_KEY")


@pytest.fixture
def bare_environment(monkeypatch):
    for name in (*ADDRESSES, "DEBUG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def listener():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_used_default_port_moves_on_and_says_so(monkeypatch, listener, capsys):
    monkeypatch.setattr(serve, "DEFAULT_PORT", listener)
    chosen = serve.choose_port(None)
    assert chosen > listener
    assert capsys.readouterr().out == f"Port {listener} is in use, so this is port {chosen}.\n"


def test_used_port_that_was_asked_for_is_refused(listener):
    with pytest.raises(LauncherError, match=f"^Port {listener} is in use"):
        serve.choose_port(listener)


def test_free_port_that_was_asked_for_is_taken(listener):
    free = next(port for port in range(listener + 1, 65536) if serve.is_free(port))
    assert serve.choose_port(free) == free


@pytest.mark.parametrize("text", ["0", "65536", "-1", "http", "8000.5", "٨٠"])
def test_port_that_is_none_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="a number from 1 to 65535"):
        serve.port_number(text)


def test_environment_is_that_of_the_contract(state, bare_environment):
    environment = Servers.for_tests(state).environment(demo=True)
    sockets = state.path / "run"
    assert {name: environment[name] for name in (*ADDRESSES[:4], "DEBUG", "DEMO")} == {
        "DATABASE_URL": f"postgres://inventorypulse@/{sockets}/test-postgres/inventorypulse",
        "DATABASE_OWNER_URL": (
            f"postgres://inventorypulse_owner@/{sockets}/test-postgres/inventorypulse"
        ),
        "REDIS_URL": f"unix://{sockets}/test-valkey/valkey.sock?db=0",
        "CELERY_BROKER_URL": f"redis+socket://{sockets}/test-valkey/valkey.sock?virtual_host=1",
        "DEBUG": "false",
        "DEMO": "true",
    }
    assert environment["SECRET_KEY"] == state.secret_key()
    assert environment["ALLOWED_HOSTS"] == "127.0.0.1,localhost"
    assert environment["SECURE_SSL"] == "false"


def test_given_servers_are_used_and_none_is_started(state, bare_environment, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://app:secret@db.example.com/stock")
    monkeypatch.setenv("REDIS_URL", "redis://cache.example.com:6379/2")
    servers = Servers.for_tests(state)
    environment = servers.environment()
    assert servers.parts() == []
    assert environment["DATABASE_URL"] == "postgres://app:secret@db.example.com/stock"
    assert "DATABASE_OWNER_URL" not in environment
    assert environment["CELERY_BROKER_URL"] == "redis://cache.example.com:6379/2"


def test_only_the_missing_server_is_started(state, bare_environment, monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://cache.example.com:6379/2")
    assert [part.name for part in Servers.for_tests(state).parts()] == ["database"]


def test_company_started_without_demo_data_stays_without(state, capsys):
    assert prepare.decide_company(state, no_demo=False)
    assert not prepare.decide_company(state, no_demo=True)
    assert not prepare.decide_company(state, no_demo=False)
    assert "no demo data is added" in capsys.readouterr().out


def test_static_fingerprint_changes_with_a_file_and_a_package(tmp_path, monkeypatch):
    monkeypatch.setattr(prepare, "ROOT", tmp_path)
    (tmp_path / "requirements.txt").write_text("django==5.2.19\n")
    folder = tmp_path / "users" / "static" / "users"
    folder.mkdir(parents=True)
    target = tmp_path / "staticfiles"
    seen = [prepare.static_fingerprint(target)]
    assert prepare.static_fingerprint(target) == seen[0]
    (folder / "logo.svg").write_text("<svg/>")
    seen.append(prepare.static_fingerprint(target))
    (tmp_path / "requirements.txt").write_text("django==5.2.20\n")
    seen.append(prepare.static_fingerprint(target))
    assert len(set(seen)) == 3


@pytest.fixture
def signals_as_before():
    """Whoever asks to be interrupted by signals leaves pytest's handlers behind."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    STOP_ASKED.clear()


def test_signal_whose_exception_is_lost_still_ends_the_watch(signals_as_before):
    verbs.interrupt_on_signals()
    with contextlib.suppress(KeyboardInterrupt):  # as Python does while it forks
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(1)

    Supervisor().watch(until=STOP_ASKED.is_set)

    assert STOP_ASKED.is_set()
