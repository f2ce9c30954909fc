import ast
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from launcher import install

LOCKED = ["requirements.txt", "requirements-embedded.txt", "requirements-dev.txt"]


def locked_blocks(name: str) -> list[str]:
    text = (install.ROOT / name).read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]


@pytest.mark.parametrize("name", LOCKED)
def test_every_locked_requirement_has_one_version_and_hashes(name):
    blocks = locked_blocks(name)
    assert blocks
    for block in blocks:
        assert re.match(r"[a-z0-9-]+(\[[a-z,]+\])?==\S+ ", block), block
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block


@pytest.mark.parametrize("name", LOCKED)
def test_locked_files_name_no_index_and_no_local_path(name):
    text = (install.ROOT / name).read_text()
    assert re.findall(r"(--index-url|--extra-index-url|--find-links|file:|^/| /)\S*", text) == []


@pytest.mark.parametrize("name", LOCKED)
def test_locked_file_holds_everything_its_source_asks_for(name):
    source = (install.ROOT / name).with_suffix(".in").read_text()
    wanted = [line for line in source.splitlines() if line and line[0] not in "#-"]
    locked = {Requirement(block.split("--hash")[0].strip()).name for block in locked_blocks(name)}
    assert {Requirement(line).name for line in wanted} <= locked


def test_locked_files_agree_on_versions():
    versions: dict[str, set[str]] = {}
    for name in LOCKED:
        for block in locked_blocks(name):
            requirement = Requirement(block.split("--hash")[0].strip())
            key = f"{requirement.name} {name}"
            versions.setdefault(key, set()).add(str(requirement.specifier))
    for package in {key.split()[0] for key in versions}:
        kept = [versions[key] for key in versions if key.split()[0] == package]
        assert all(each == kept[0] for each in kept), (package, kept)


def test_bootstrap_parses_on_an_old_python():
    ast.parse((install.ROOT / "run").read_text(), feature_version=(3, 7))


def test_old_python_gets_one_sentence(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    with pytest.raises(SystemExit) as stopped:
        runpy.run_path(str(install.ROOT / "run"), run_name="__main__")
    assert stopped.value.code == (
        "InventoryPulse needs Python 3.11 or newer and this is 3.9: "
        "start it with a newer one, for example `python3.12 run`."
    )


def test_unreachable_package_index_gives_one_sentence(tmp_path):
    for name in ("run", "launcher", *LOCKED):
        source = install.ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tmp_path / name)
    nowhere = "http://127.0.0.1:9/simple"
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": nowhere,
        "PIP_RETRIES": "0",
        "UV_DEFAULT_INDEX": nowhere,
        "UV_HTTP_RETRIES": "0",
        "UV_CACHE_DIR": str(tmp_path / "cache"),
    }
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info[1]}"
    answer = subprocess.run(
        [base, tmp_path / "run"], env=environment, capture_output=True, text=True, timeout=120
    )
    log = tmp_path / ".venv" / "install.log"
    assert answer.stderr == install.NO_NETWORK.format(log=log) + "\n"
    assert answer.returncode == 1
    assert list((tmp_path / ".venv").glob(".installed-*")) == []


@pytest.fixture
def empty_checkout(tmp_path, monkeypatch):
    """A checkout with requirement files and something that looks like an environment."""
    for name in LOCKED:
        (tmp_path / name).write_text(f"content of {name}\n")
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.setattr(install, "ROOT", tmp_path)
    monkeypatch.setattr(install, "VENV", venv)
    monkeypatch.setattr(install, "PYTHON", venv / "bin" / "python")
    return tmp_path


def test_environment_of_the_tests_serves_the_product_too(empty_checkout):
    assert not install.is_installed(install.PRODUCT_FILES)
    install.stamp(install.TEST_FILES).touch()
    assert install.is_installed(install.PRODUCT_FILES)
    assert install.is_installed(install.TEST_FILES)


def test_environment_of_the_product_does_not_serve_the_tests(empty_checkout):
    install.stamp(install.PRODUCT_FILES).touch()
    assert install.is_installed(install.PRODUCT_FILES)
    assert not install.is_installed(install.TEST_FILES)


def test_changed_requirements_are_installed_again(empty_checkout):
    install.stamp(install.PRODUCT_FILES).touch()
    (empty_checkout / "requirements.txt").write_text("another version\n")
    assert not install.is_installed(install.PRODUCT_FILES)


def test_failure_that_is_not_the_network_shows_its_last_line(tmp_path):
    log = tmp_path / "install.log"
    log.write_text("Collecting django\nERROR: hash mismatch for django\n\n")
    assert install.explain_failure(log) == (
        f"The packages could not be installed: ERROR: hash mismatch for django (details: {log})."
    )
