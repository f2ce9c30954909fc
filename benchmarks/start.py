"""One run over all rows, or one of them."""

import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from django.db import connection

from benchmarks.database import company_of_our_own
from benchmarks.http import Client, as_in_production
from benchmarks.measure import skipped
from benchmarks.report import Result, lines_of, machine
from benchmarks.rows import GATES_AT_TEN_MILLION, ROWS, Row
from benchmarks.run import Run
from benchmarks.scale import SCALES


def run_benchmark(
    *, scale: str, rounds: int, only: Collection[str] | None, say: Callable[[str], Any]
) -> tuple[list[Result], dict[str, object]]:
    """Measure in a database of its own; return the results and what they were measured on."""
    rows = [with_aims(row, scale) for row in ROWS if only is None or row.name in only]
    say(f"Making a company of scale {scale} ...")
    with as_in_production(), quiet(), company_of_our_own(SCALES[scale]) as company:
        run = Run(company, Client(company), rounds)
        head = {"scale": scale, "rounds": rounds, **machine(server_version())}
        say(" ".join(f"{name}={value}" for name, value in head.items()))
        say(f"{'':<58} {'value':>8}  {'gate/stretch':>12}")
        results = []
        for row in rows:
            results.append(measured(row, run))
            for line in lines_of(results[-1]):
                say(line)
    return results, head


def measured(row: Row, run: Run) -> Result:
    """Measure one row; one that cannot be measured says why and stops no other."""
    try:
        return Result(row, row.measure(run))
    except Exception as error:  # a benchmark fails nothing
        return Result(row, skipped(f"not measured: {type(error).__name__}: {error}"))


def with_aims(row: Row, scale: str) -> Row:
    if scale == "10m" and row.name in GATES_AT_TEN_MILLION:
        gate, stretch = GATES_AT_TEN_MILLION[row.name]
        return replace(row, gate=gate, stretch=stretch)
    return row


@contextmanager
def quiet() -> Iterator[None]:
    """A line of log for each of thousands of requests would be measured too, for all alike."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def server_version() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version: str = cursor.fetchone()[0]
        return version
