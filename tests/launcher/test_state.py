import pwd
import stat
from pathlib import Path

import pytest

from launcher.account import DatabaseAccount
from launcher.console import LauncherError
from launcher.state import (
    LONGEST_SOCKET_DIRECTORY,
    StateDirectory,
    checkout_id,
    choose_state_path,
)

NOBODY = DatabaseAccount(other=pwd.getpwnam("nobody"))
OURSELVES = DatabaseAccount()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def no_named_state(monkeypatch):
    monkeypatch.delenv("INVENTORYPULSE_STATE", raising=False)


def test_state_lies_in_an_open_checkout(place):
    assert choose_state_path(place, NOBODY) == place / ".state"


def test_state_lies_elsewhere_where_the_databases_user_cannot_go(place):
    closed = place / "closed" / "checkout"
    closed.mkdir(parents=True)
    closed.parent.chmod(0o700)
    expected = Path(f"/var/lib/inventorypulse-{checkout_id(closed)}")
    assert choose_state_path(closed, NOBODY) == expected
    assert mode(closed.parent) == 0o700


@pytest.mark.parametrize("account", [OURSELVES, DatabaseAccount(relabelled=True)])
def test_state_lies_in_a_closed_checkout_where_the_user_stays_the_same(place, account):
    place.chmod(0o700)
    assert choose_state_path(place, account) == place / ".state"


def test_state_directory_can_be_named(place, monkeypatch):
    monkeypatch.setenv("INVENTORYPULSE_STATE", str(place / "elsewhere"))
    assert choose_state_path(place, NOBODY) == place / "elsewhere"


def test_two_checkouts_have_different_places():
    assert checkout_id(Path("/one")) != checkout_id(Path("/two"))


def test_state_is_private_and_only_passable_for_another_user(place):
    StateDirectory(place / "own", OURSELVES).create()
    StateDirectory(place / "shared", NOBODY).create()
    assert mode(place / "own") == 0o700
    assert mode(place / "shared") == 0o711


def test_directory_of_somebody_else_is_refused(place):
    (place / "elsewhere").mkdir()
    (place / "state").symlink_to(place / "elsewhere")
    with pytest.raises(LauncherError, match="belongs to somebody else"):
        StateDirectory(place / "state", OURSELVES).create()
    assert list((place / "elsewhere").iterdir()) == []


def test_secret_key_is_made_once_and_private(state):
    key = state.secret_key()
    assert len(key) >= 50
    assert state.secret_key() == key
    assert mode(state.path / "secret-key") == 0o600


def test_socket_directory_is_in_the_state_or_short(place, monkeypatch):
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    near = StateDirectory(place, OURSELVES)
    far = StateDirectory(place / ("deep" * 30), OURSELVES)
    assert near.socket_directory("postgres") == place / "run" / "postgres"
    assert far.socket_directory("postgres").parent == Path("/tmp")
    assert len(str(far.socket_directory("postgres"))) <= LONGEST_SOCKET_DIRECTORY
    assert far.socket_directory("postgres") != far.socket_directory("test-postgres")


def test_lock_is_held_once_and_tells_its_holder(state):
    lock = state.try_lock("run.lock")
    lock.describe("InventoryPulse is already running at http://127.0.0.1:8000/ (process 1).")
    assert state.try_lock("run.lock") is None
    assert "http://127.0.0.1:8000/" in state.lock_holder("run.lock")
    lock.release()
    successor = state.try_lock("run.lock")
    assert successor is not None
    successor.release()


def test_large_log_is_put_aside(state):
    log = state.open_log("web")
    with log.open("wb") as file:
        file.truncate(10_000_001)
    assert state.open_log("web").stat().st_size == 0
    assert log.with_suffix(".log.1").stat().st_size == 10_000_001
