"""Running the same thing in several threads at the same moment, each with its own connection."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

from django.db import connection

NOTHING = object()


def run_at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Start all calls together and return what each returned or raised, in order.

    A call that does neither is no outcome, nor a failed assertion that a control waits for.
    """
    start = Barrier(len(calls))
    outcomes: list[Any] = [NOTHING] * len(calls)

    def run(index: int, call: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            start.wait(timeout=30)
            outcomes[index] = call()
        except Exception as error:  # the test judges it
            outcomes[index] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    if any(one is NOTHING for one in outcomes) or any(one.is_alive() for one in threads):
        raise TimeoutError(f"A call neither returned nor raised: {outcomes}")
    return outcomes
