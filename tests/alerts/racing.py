"""Workers that judge the same cause at the same moment."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError

from tests.threads import run_at_once


def run_after_all_have_read(monkeypatch, service, refresh, workers):
    """Let every worker find no alert before any of them writes one, as far as locks permit.

    `service` is the module whose `unfinished_alerts` they read by; returns how many alerts each
    raised, and how many each had found.
    """
    all_read = Barrier(workers)
    unfinished_alerts, seen = service.unfinished_alerts, []

    def read_then_wait(causes):
        alerts = unfinished_alerts(causes)
        seen.append(len(alerts))
        with suppress(BrokenBarrierError):
            all_read.wait(timeout=1)
        return alerts

    monkeypatch.setattr(service, "unfinished_alerts", read_then_wait)
    outcomes = run_at_once(*[refresh] * workers)
    return sorted(outcome.raised for outcome in outcomes), seen
