import pytest

from launcher import verbs


@pytest.fixture(autouse=True)
def keep_signal_handlers(monkeypatch):
    """`main` is for a process of its own; the tests keep pytest's signal handlers."""
    monkeypatch.setattr(verbs, "interrupt_on_signals", lambda: None)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["-q"],
        ["tests"],
        ["-k", "ledger"],
        ["-k", " or ".join(["ledger"] * 1000)],
        ["tests/launcher", "tests/common"],
        ["--full"],
    ],
)
def test_several_tests_run_in_two_processes(arguments):
    assert verbs.parallel_by_default(arguments) == ["-n", "2", "--dist", "loadfile"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["-n", "4"],
        ["-n0"],
        ["--numprocesses=3"],
        ["-p", "no:xdist"],
        ["--pdb"],
        ["tests/launcher/test_verbs.py"],
        ["tests/launcher/test_verbs.py::test_anything"],
    ],
)
def test_one_file_or_a_said_number_is_left_alone(arguments):
    assert verbs.parallel_by_default(arguments) == []


def test_unknown_verb_gives_one_sentence(capsys):
    assert verbs.main(["serve"]) == 1
    assert capsys.readouterr().err == "./run knows no `serve`: `./run --help` tells its verbs.\n"


def test_help_names_every_verb(capsys):
    assert verbs.main(["--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"./run {verb} " in text for verb in verbs.VERBS)
