"""Every row: what it compares, and what it should reach."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

from benchmarks import bringing, orders, reading, writing
from benchmarks.measure import Outcome, skipped
from benchmarks.run import Run


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison; with `at_most` less is better."""

    name: str
    title: str
    measure: Callable[[Run], Outcome]
    gate: float | None = None
    stretch: float | None = None
    direction: Literal["at_least", "at_most"] = "at_least"

    def reaches(self, value: float, aim: float) -> bool:
        return value >= aim if self.direction == "at_least" else value <= aim


def missing(reason: str) -> Callable[[Run], Outcome]:
    return partial(_missing, reason)


def _missing(reason: str, run: Run) -> Outcome:
    return skipped(reason)


ROWS = (
    Row(
        "one-line",
        "one-line idempotent document / pgbench's",
        writing.one_line_document,
        0.12,
        0.20,
    ),
    Row("fifty-line", "fifty-line document / pgbench's", writing.fifty_line_document, 0.40, 0.55),
    Row("loop", "fifty lines / the per-line ORM loop", writing.fifty_lines_of_a_loop, 12, 20),
    Row("statements", "statements of a posting", writing.statements, 6, 4, "at_most"),
    Row(
        "post-movement", "POST one movement / naive, per CPU-second", writing.posted_movement, 3, 6
    ),
    Row("post-order", "POST fifty lines / naive, per CPU-second", orders.posted_order, 8, 25),
    Row(
        "deliver-order",
        "POST fifty lines and deliver them / naive, per CPU-second",
        orders.delivered_order,
        8,
        25,
    ),
    Row(
        "receive-order",
        "POST fifty lines to buy and receive them / naive, per CPU-second",
        orders.received_order,
        8,
        25,
    ),
    Row(
        "contention",
        "8 processes, 20 of 200 rows / REPEATABLE READ",
        writing.contended_documents,
        3,
        4.5,
    ),
    Row(
        "faults",
        "deadlocks, lost updates, broken chains, negative stock",
        writing.ledger_faults,
        0,
        0,
        "at_most",
    ),
    Row("hot", "HOT share of balance updates", writing.hot_updates, 0.95, 1),
    Row("list", "list of 50 movements / naive, per CPU-second", reading.first_page, 4, 8),
    Row(
        "list-cursor",
        "the next 50 by cursor / naive, per CPU-second",
        reading.page_by_cursor,
        4,
        8,
    ),
    Row(
        "cursor",
        "cursor page at half depth / second page, time",
        reading.page_at_half_depth,
        2,
        1.2,
        "at_most",
    ),
    Row("search", "search, selective term / plain icontains", reading.search, 30, 200),
    Row(
        "search-typo", "search, a letter wrong / plain icontains", reading.mistyped_search, 30, 200
    ),
    Row("export", "CSV export / COPY", reading.exported_movements, 0.3, None),
    Row("dashboard", "90-day dashboard / raw", missing("not built yet"), 20, 80),
    Row("as-of", "as-of stock of a page / current", reading.stock_as_it_was, 5, 2, "at_most"),
    Row("import", "import of products / bulk_create", bringing.against_bulk_create, 2, 3),
    Row(
        "import-default",
        "import of products / django-import-export's default",
        bringing.against_import_export,
        50,
        120,
    ),
)
# At ten million movements, counting them all is what the naive list dies of.
GATES_AT_TEN_MILLION = {"list": (80.0, 250.0), "list-cursor": (80.0, 250.0)}
