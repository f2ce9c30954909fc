"""How often a test repeats what it does: a few times, or as often as the published figures say.

`./run test --full` (or `pytest --full`) takes the larger counts; the tests are the same.
"""

import pytest


def add_option(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full",
        action="store_true",
        help="repeat what the figures of docs/figures.md count as often as they say (hours)",
    )


class Count:
    """Picks one of two numbers."""

    def __init__(self, is_full: bool) -> None:
        self.is_full = is_full

    def __call__(self, ordinary: int, *, full: int) -> int:
        return full if self.is_full else ordinary
