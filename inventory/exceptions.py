"""What inventory refuses."""

from collections.abc import Sequence
from typing import NamedTuple

from common.exceptions import DomainError, InvalidInput, NotAllowed


class InsufficientStock(DomainError):
    """Less is available than was asked for; `details` names every short line."""

    code = "insufficient_stock"
    title = "Insufficient stock"


class LineProblem(NamedTuple):
    """What is wrong with a field of a line of a posting."""

    line: int
    field: str
    text: str


class UnfitLines(InvalidInput):
    """Lines that the ledger cannot post as they are; `details` names every field of them.

    The ledger knows lines by their index alone: whoever made them from a request says with
    `at_paths` where each stands there.
    """

    def __init__(self, problems: Sequence[LineProblem]) -> None:
        super().__init__(problems[0].text)
        self.problems = problems
        self.at_paths([f"lines.{line}." for line in range(max(problems)[0] + 1)])

    def at_paths(self, paths: Sequence[str]) -> None:
        """Put the path of each line before its fields' names."""
        self.details = {}
        for line, field, text in self.problems:
            self.details.setdefault(f"{paths[line]}{field}", []).append(text)


class ReservationMismatch(DomainError):
    """A change that the reservations do not permit."""

    code = "reservation_mismatch"
    title = "Reserved stock"


class MoreThanShipped(DomainError):
    """More arrived than is on its way; `details` names every line."""

    code = "more_than_shipped"
    title = "More than shipped"


class BeyondLimit(NotAllowed):
    """A correction beyond what somebody may post alone."""

    code = "beyond_limit"
    title = "Beyond your limit"


class NothingToCount(DomainError):
    """A count without a line."""

    code = "nothing_to_count"
    title = "Nothing to count"


class CountIncomplete(DomainError):
    """Lines lack a count or a recount; `details` names them."""

    code = "count_incomplete"
    title = "Count incomplete"


class StockMoved(DomainError):
    """Stock moved while a line was being counted piece by piece."""

    code = "stock_moved"
    title = "Stock moved"


class StillReferredTo(DomainError):
    """A record that others refer to cannot be deleted."""

    code = "in_use"
    title = "In use"
