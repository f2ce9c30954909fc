"""What the launcher says to the person at the terminal."""

import contextlib
import sys
from threading import Event

# Set by the first signal that asks to stop. The exception that it raises is lost where Python
# ignores exceptions, such as while a process is being forked; the event is not.
STOP_ASKED = Event()


class LauncherError(Exception):
    """A condition that ends the launcher; the message is the one sentence to show."""


def say(text: str) -> None:
    """Write a line at once."""
    # The terminal may have been closed: stopping cleanly matters more than saying so.
    with contextlib.suppress(OSError):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
