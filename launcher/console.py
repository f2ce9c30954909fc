"""What the launcher says to the person at the terminal."""

import contextlib
import sys


class LauncherError(Exception):
    """A condition that ends the launcher; the message is the one sentence to show."""


def say(text: str) -> None:
    """Write a line at once."""
    # The terminal may have been closed: stopping cleanly matters more than saying so.
    with contextlib.suppress(OSError):
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
