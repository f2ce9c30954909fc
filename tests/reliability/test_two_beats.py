"""Two clocks send every job twice, and one worker process after the other runs it once a slot."""

import re
import sys
import time
from contextlib import ExitStack

import pytest
from celery import current_app

from launcher import commands
from operations.models import JobRun
from tests.operations.processes import running, wait_until

pytestmark = pytest.mark.django_db(transaction=True)
JOB = "purge-job-runs-every-minute"
APPLICATION = ["-A", "tests.reliability.minute_job"]


def of_this_application(argv):
    """Return the product's command line with the application that has one job more."""
    at = argv.index("-A")
    return [*argv[:at], *APPLICATION, *argv[at + 2 :]]


def runs():
    return JobRun.objects.filter(job=JOB)


def test_two_real_beats_run_a_job_once_a_slot(tmp_path, count):
    slots = count(0, full=3)
    if not slots:
        pytest.skip("takes minutes: with --full")
    current_app.control.purge()
    worker = of_this_application(commands.worker(sys.executable))
    with ExitStack() as stack:
        stack.enter_context(running(worker, tmp_path / "worker", MINUTE_JOB=JOB))
        for number in range(2):
            beat = of_this_application(commands.beat(sys.executable, tmp_path / f"times-{number}"))
            stack.enter_context(running(beat, tmp_path / f"beat-{number}", MINUTE_JOB=JOB))
        wait_until(lambda: runs().filter(state="done").count() >= slots, 90 + 60 * slots)
        time.sleep(5)

    sent = [
        len(re.findall(f"Sending due task {JOB}", (tmp_path / f"beat-{number}").read_text()))
        for number in range(2)
    ]
    assert min(sent) >= slots  # the control: each clock asked for every run
    found = list(runs().values_list("slot", "runs", "state"))
    assert len({slot for slot, _, _ in found}) == len(found) >= slots
    assert {(times, state) for _, times, state in found} == {(1, "done")}
    taken = (tmp_path / "worker").read_text().count(f"The slot of {JOB} is taken")
    assert taken == sum(sent) - len(found)
