import os
from threading import Event
from time import monotonic, sleep

import pytest

from notifications.outbox import record_event, waker
from notifications.waker import Waker


def test_wake_ups_during_a_publication_become_one():
    published, released, calls = Event(), Event(), []

    def publish():
        calls.append(1)
        published.set()
        released.wait(timeout=5)

    waker = Waker(publish)
    waker.wake()
    assert published.wait(timeout=5)
    published.clear()
    start = monotonic()
    for _ in range(100):
        waker.wake()
    took = monotonic() - start
    assert len(calls) == 1
    assert took < 1
    released.set()
    assert published.wait(timeout=5)
    assert not waker.wanted.wait(timeout=0.2)
    assert len(calls) == 2


def test_wake_ups_of_a_burst_are_a_few_and_the_last_one_is_heard():
    calls = []
    waker = Waker(lambda: calls.append(monotonic()), pause=0.1)
    end = monotonic() + 0.5
    while monotonic() < end:
        waker.wake()
    last = monotonic()

    sleep(0.5)

    assert 2 <= len(calls) <= 7
    assert calls[-1] >= last - 0.1


def test_broker_that_refuses_stops_nothing(caplog):
    called = Event()

    def publish():
        called.set()
        raise ConnectionError("no broker")

    waker = Waker(publish)
    for _ in range(2):
        called.clear()
        waker.wake()
        assert called.wait(timeout=5)


@pytest.mark.django_db(transaction=True)
def test_event_wakes_the_worker_after_the_commit(monkeypatch):
    woken = Event()
    monkeypatch.setattr(waker, "publish", woken.set)

    record_event("tests.note", {"number": 1})

    assert woken.wait(timeout=5)


@pytest.mark.django_db
def test_event_wakes_nobody_before_the_commit(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        record_event("tests.note", {"number": 1})

    assert callbacks == [waker.wake]


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_forked_process_starts_a_thread_of_its_own():
    waker = Waker(lambda: None)
    waker.wake()
    parents_thread = waker.thread
    child = os.fork()
    if child == 0:
        waker.wake()
        os._exit(0 if waker.thread is not parents_thread and waker.thread.is_alive() else 1)
    assert os.waitpid(child, 0)[1] == 0
