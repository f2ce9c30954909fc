"""Eight processes that want the same rows at the same time."""

import multiprocessing
import random
import time
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import chain
from typing import Any
from unittest import mock

from django.db import OperationalError, connection, transaction

from benchmarks.documents import issues
from benchmarks.fill import Company
from benchmarks.measure import Sample, Variant
from inventory.services import ledger

PROCESSES, LINES, HOT_ROWS = 8, 20, 200
FEWEST_EACH = 10
DEADLOCK = "40P01"
# Deadlocks, rows that changed meanwhile, and waits that a busy machine made too long.
RETRIED = {DEADLOCK, "40001", "55P03"}

WITHOUT_LOCKS = ledger.LOCK.replace("FOR NO KEY UPDATE OF s", "")


def ordered_locks(company: Company, chosen: list[int], sign: int) -> None:
    """A document of the product's ledger."""
    warehouses = company.scale.warehouses
    places = [((key - 1) // warehouses + 1, (key - 1) % warehouses + 1) for key in chosen]
    lines = issues(places)
    if sign > 0:
        lines = [replace(line, quantity=Decimal(1), movement_type="inbound") for line in lines]
    ledger.apply_stock_changes(lines, acting_user=company.user)


def strict_isolation(company: Company, chosen: list[int], sign: int) -> None:
    """The same document without locks: the isolation level refuses what would be lost."""
    with mock.patch.object(ledger, "LOCK", WITHOUT_LOCKS), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        ordered_locks(company, chosen, sign)


Document = Callable[[Company, list[int], int], None]


def contended(name: str, company: Company, document: Document) -> tuple[Variant, list[str]]:
    """A variant of eight processes, and the list that collects the codes of its failures."""
    failures: list[str] = []

    def run(documents: int) -> Sample:
        each = max(FEWEST_EACH, documents // PROCESSES)
        connection.close()
        fork = multiprocessing.get_context("fork")
        start = fork.Barrier(PROCESSES + 1)
        results: Any = fork.SimpleQueue()
        workers = [
            fork.Process(target=work, args=(company, document, each, seed, start, results))
            for seed in range(PROCESSES)
        ]
        for worker in workers:
            worker.start()
        start.wait(timeout=60)
        before = time.perf_counter()
        tallies = [results.get() for _ in workers]
        seconds = time.perf_counter() - before
        for worker in workers:
            worker.join()
        if errors := [tally for tally in tallies if not isinstance(tally, list)]:
            raise RuntimeError(f"{name}: {errors[0]}")
        failures.extend(chain(*tallies))
        return Sample(each * PROCESSES, seconds, None)

    return Variant(name, run), failures


def work(
    company: Company, document: Document, number: int, seed: int, start: Any, results: Any
) -> None:
    """Post so many documents; tell the codes of failed attempts, or why it could not go on."""
    choice = random.Random(seed)
    try:
        post(company, document, choice)  # a new session first reads its catalogue
        start.wait(timeout=60)
        failures = [post(company, document, choice) for _ in range(number)]
        results.put(list(chain(*failures)))
    except Exception as error:  # the parent raises it
        results.put(repr(error))
    connection.close()


def post(company: Company, document: Document, choice: random.Random) -> list[str]:
    """Post one document of random hot rows until it succeeds; return the codes of failures."""
    hot = range(1, min(HOT_ROWS, company.scale.balances) + 1)
    chosen, sign = choice.sample(hot, LINES), choice.choice((1, -1))
    failures: list[str] = []
    while True:
        try:
            document(company, chosen, sign)
            return failures
        except OperationalError as error:
            code = getattr(error.__cause__, "sqlstate", "")
            if code not in RETRIED:
                raise
            failures.append(code)
