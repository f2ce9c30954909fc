"""The checkout's Python environment: one `.venv`, filled once from the hash-locked files.

Runs on the Python that started `run`, before anything is installed: standard library only.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from launcher.console import say

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
PRODUCT_FILES = ("requirements.txt", "requirements-embedded.txt")
TEST_FILES = (*PRODUCT_FILES, "requirements-dev.txt")
UV_VERSION = "uv>=0.9,<1"

NO_NETWORK_SIGNS = re.compile(
    r"NewConnectionError|ConnectTimeout|Temporary failure in name resolution|dns error|"
    r"Name or service not known|nodename nor servname|Network is unreachable|No route to host|"
    r"ProxyError|tcp connect error|client error \(Connect\)|Connection refused|timed out|"
    r"Failed to establish a new connection"
)
NO_NETWORK = (
    "The first start fetches its packages from the Python package index, which cannot be "
    "reached: connect to the network and start again (details: {log})."
)
NO_INSTALLER = (
    "Neither pip nor uv was found: install one of them "
    "(on Debian and Ubuntu: apt install python3-venv python3-pip) and start again."
)


class InstallError(Exception):
    """The environment could not be made; the message is the sentence to show."""


def ensure_installed(*, for_tests: bool) -> str:
    """Make or complete `.venv` if it is not up to date; give the path of its Python."""
    files = TEST_FILES if for_tests else PRODUCT_FILES
    if not is_installed(files):
        try:
            with (ROOT / ".venv.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not is_installed(files):
                    install(files)
        except InstallError as error:
            sys.exit(str(error))
        except KeyboardInterrupt:
            sys.exit("Stopped during the installation; the next start continues it.")
    return str(PYTHON)


def is_installed(files: tuple[str, ...]) -> bool:
    """Whether `.venv` holds these files' packages; the tests' set includes the product's."""
    return PYTHON.exists() and any(stamp(wanted).exists() for wanted in {files, TEST_FILES})


def stamp(files: tuple[str, ...]) -> Path:
    """The file that says: these exact requirements are installed for this Python."""
    content = b"".join((ROOT / name).read_bytes() for name in files)
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return VENV / f".installed-{version}-{hashlib.sha256(content).hexdigest()[:16]}"


def install(files: tuple[str, ...]) -> None:
    """Fill `.venv` with exactly these files' packages; raises InstallError."""
    started = time.monotonic()
    say("Installing into .venv, which happens once ...")
    if not has_this_python():
        shutil.rmtree(VENV, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], check=True)
    for old in VENV.glob(".installed-*"):
        old.unlink()
    log = VENV / "install.log"
    log.write_text("")
    if not any(succeeds(command, log) for command in install_commands(files, log)):
        raise InstallError(explain_failure(log))
    stamp(files).touch()
    say(f"Installed in {time.monotonic() - started:.0f} s.")


def has_this_python() -> bool:
    """Whether `.venv` was made for the minor version that is running now."""
    probe = f"import sys; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"
    return succeeds([str(PYTHON), "-c", probe])


def install_commands(files: tuple[str, ...], log: Path) -> Iterator[list[str]]:
    """The ways to install, quickest first; each is tried if the one before it failed."""
    paths = [str(ROOT / name) for name in files]
    pip = find_pip()
    uv = shutil.which("uv") or (fetch_uv(pip, log) if pip else None)
    if uv:
        yield [uv, "pip", "sync", "--quiet", "--python", str(PYTHON), "--require-hashes", *paths]
    if pip:
        chosen = [argument for path in paths for argument in ("--requirement", path)]
        into = ["--python", str(PYTHON), "install", "--quiet", "--require-hashes"]
        yield [*pip, "--disable-pip-version-check", *into, *chosen]
    if not uv and not pip:
        raise InstallError(NO_INSTALLER)


def find_pip() -> list[str] | None:
    """A pip to run: the starting Python's own, else one that `ensurepip` puts into `.venv`."""
    own = [sys.executable, "-m", "pip"]
    if succeeds([*own, "--version"]):
        return own
    inside = [str(PYTHON), "-m", "pip"]
    succeeds([str(PYTHON), "-m", "ensurepip"])
    return inside if succeeds([*inside, "--version"]) else None


def fetch_uv(pip: list[str], log: Path) -> str | None:
    """Put uv beside the environment (not into it: a sync would remove it); None if impossible.

    Raises InstallError when the package index cannot be reached: pip would fail there too.
    """
    home = VENV / "installer"
    uv = home / "bin" / "uv"
    options = ["--quiet", "--disable-pip-version-check", "--retries", "2"]
    if uv.exists() or succeeds(
        [*pip, "install", *options, "--only-binary=:all:", "--target", str(home), UV_VERSION], log
    ):
        return str(uv)
    if NO_NETWORK_SIGNS.search(log.read_text(errors="replace")):
        raise InstallError(explain_failure(log))
    return None


def succeeds(command: list[str], log: Path | None = None) -> bool:
    """Run quietly, output to `log` or nowhere; whether it exited with 0."""
    with Path(log or os.devnull).open("ab") as output:
        try:
            return subprocess.run(command, stdout=output, stderr=output).returncode == 0
        except OSError:
            return False


def explain_failure(log: Path) -> str:
    """One sentence from what the installers wrote."""
    text = log.read_text(errors="replace")
    if NO_NETWORK_SIGNS.search(text):
        return NO_NETWORK.format(log=log)
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["no output"]
    return f"The packages could not be installed: {lines[-1]} (details: {log})."
