import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from launcher.console import LauncherError
from launcher.process import (
    Process,
    forget_stray_settings,
    run_in_foreground,
    runs_program,
)
from launcher.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[2]


def process(directory: Path, name: str, code: str, **options) -> Process:
    return Process(
        name=name,
        argv=[sys.executable, "-c", code],
        log=directory / f"{name}.log",
        pid_file=directory / f"{name}.pid",
        cwd=directory,
        **options,
    )


def wait_for(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_ended_process_is_started_again(tmp_path, capfd):
    sleeper = process(tmp_path, "sleeper", "import time; time.sleep(60)")
    supervisor = Supervisor()
    supervisor.start([sleeper])
    first = sleeper.popen.pid
    os.kill(first, signal.SIGKILL)
    sleeper.popen.wait()
    supervisor.restart_ended()
    assert sleeper.popen.pid != first
    assert sleeper.poll() is None
    supervisor.stop()
    assert sleeper.poll() is not None
    assert capfd.readouterr().out == "The sleeper ended (signal 9) and is started again.\n"


def test_process_that_keeps_ending_is_given_up(tmp_path):
    failing = process(tmp_path, "failing", "print('x', flush=True); raise SystemExit(3)")
    supervisor = Supervisor(deaths_allowed=2)
    supervisor.start([failing])
    with pytest.raises(LauncherError, match=r"The failing keeps ending \(exit code 3\)"):
        supervisor.watch()
    supervisor.stop()
    assert failing.log.read_text() == "x\nx\nx\n"


def test_rare_deaths_are_forgiven(tmp_path):
    failing = process(tmp_path, "failing", "raise SystemExit(3)")
    supervisor = Supervisor(deaths_allowed=1, within_seconds=0)
    supervisor.start([failing])
    for _ in range(4):
        failing.popen.wait()
        supervisor.restart_ended()
    supervisor.stop()


def test_later_groups_are_stopped_before_those_they_need(tmp_path):
    order = tmp_path / "order"
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    open({order!r}, 'a').write({name!r}); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    server, web = (
        process(tmp_path, name, code.format(order=str(order), name=name)) for name in "ab"
    )
    supervisor = Supervisor()
    supervisor.start([server])
    supervisor.start([web])
    wait_for(lambda: all("ready" in part.log.read_text() for part in (server, web)))
    supervisor.stop()
    assert order.read_text() == "ba"


def test_process_that_ignores_the_request_is_killed_with_its_children(tmp_path):
    code = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)"
    )
    stubborn = process(tmp_path, "stubborn", code, stop_seconds=0.3)
    stubborn.start()
    wait_for(lambda: stubborn.log.read_text().strip())
    stubborn.stop()
    assert stubborn.poll() == -signal.SIGKILL
    wait_for(lambda: not is_alive(int(stubborn.log.read_text())))


def test_children_end_with_a_launcher_that_is_killed(tmp_path):
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from launcher.process import Process\n"
        "place = Path(sys.argv[1])\n"
        "child = Process('child', [sys.executable, '-c', 'import time; time.sleep(60)'],\n"
        "                place / 'log', place / 'pid', place)\n"
        "child.start()\n"
        "print(child.popen.pid, flush=True)\n"
        "time.sleep(60)"
    )
    launcher = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    with launcher:
        child = int(launcher.stdout.readline())
        assert is_alive(child)
        launcher.kill()
    wait_for(lambda: not is_alive(child))


def test_leftover_of_an_earlier_launcher_is_ended_first(tmp_path):
    earlier = process(tmp_path, "web", "import time; time.sleep(60)")
    earlier.start()
    later = process(tmp_path, "web", "import time; time.sleep(60)")
    signal.signal(signal.SIGCHLD, lambda *_: earlier.popen.poll())
    try:
        later.start()
    finally:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    assert earlier.popen.wait(5) == -signal.SIGTERM
    assert later.poll() is None
    later.stop()


def test_pid_file_that_names_a_stranger_harms_nobody(tmp_path):
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        newcomer = process(tmp_path, "web", "import time; time.sleep(60)")
        newcomer.pid_file.write_text(f"{stranger.pid}\n{sys.executable}\n")
        newcomer.start()
        assert stranger.poll() is None
        newcomer.stop()
    finally:
        stranger.kill()
        stranger.wait()


def test_runs_program_tells_a_program_from_another():
    assert runs_program(os.getpid(), sys.executable)
    assert not runs_program(os.getpid(), "/usr/bin/another")


def test_stray_settings_of_postgres_reach_nobody(tmp_path, monkeypatch):
    monkeypatch.setenv("PGHOST", "elsewhere.example.com")
    monkeypatch.setenv("PGSERVICE", "another")
    forget_stray_settings()
    code = "import os; print([name for name in os.environ if name.startswith('PG')], flush=True)"
    child = process(tmp_path, "child", code)
    child.start()
    child.popen.wait()
    assert child.log.read_text() == "[]\n"


@pytest.mark.parametrize(("code", "expected"), [("import sys; sys.exit(7)", 7), ("", 0)])
def test_foreground_command_gives_its_exit_code(code, expected):
    assert run_in_foreground([sys.executable, "-c", code], dict(os.environ), ROOT) == expected


def test_foreground_command_ended_by_a_signal_gives_128_and_its_number():
    code = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    assert run_in_foreground([sys.executable, "-c", code], dict(os.environ), ROOT) == 143
