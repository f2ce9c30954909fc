"""Making a statement the last one that a call gets through, and telling what is left of it."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection

from operations.backup.figures import ROWS
from tests.matrix.conftest import undone
from tests.reliability.writes import tables

# An import keeps its file before it begins, and writes down how it ended: beside what it imports.
JOURNALS = {"operations_importjob", "operations_importpart", "operations_importmarkedpart"}
IDLE = "changes nothing"
WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE)\b")


class FaultError(Exception):
    """What goes wrong in the middle of a call."""


@dataclass
class Fault:
    """The number of the event that fails: each statement is one, and each commit."""

    number: int
    events: int = 0

    @property
    def hit(self) -> bool:
        return self.events >= self.number

    def happens(self) -> bool:
        self.events += 1
        return self.events == self.number


@contextmanager
def failing_at(number: int, *, every_statement: bool) -> Iterator[Fault]:
    """Fail after the n-th statement, or after the n-th that writes.

    What commits fails instead: a commit, and a statement outside of any transaction.
    """
    fault = Fault(number)
    commit = connection._commit

    def execute_and_fail(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        counts, commits = every_statement or WRITES.search(str(sql)), not connection.in_atomic_block
        if counts and commits and fault.happens():
            raise FaultError(str(sql)[:80])
        result = execute(sql, params, many, context)
        if counts and not commits and fault.happens():
            raise FaultError(str(sql)[:80])
        return result

    def fail_or_commit() -> None:
        if fault.happens():
            raise OperationalError("the connection was lost at the commit")
        commit()

    with connection.execute_wrapper(execute_and_fail):
        connection._commit = fail_or_commit
        try:
            yield fault
        finally:
            del connection._commit


@dataclass(frozen=True)
class State:
    """How many rows each table has, and a checksum of them."""

    rows: dict[str, int]
    checksums: dict[str, str]


def read_state() -> State:
    with connection.cursor() as cursor:
        parts = [
            f"SELECT '{name}', s.* FROM ({ROWS.format(table=name)}) s"
            for name in tables(cursor)
            if name not in JOURNALS
        ]
        cursor.execute(" UNION ALL ".join(parts))
        found = cursor.fetchall()
    return State({name: rows for name, rows, _ in found}, {name: sums for name, _, sums in found})


def next_transaction() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        return int(cursor.fetchone()[0])


def was_committed(since: int) -> bool:
    """Say whether any transaction was committed, perhaps one of another test on this server."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bool_or(pg_xact_status(n::text::xid8) = 'committed') FROM generate_series(%s,"
            " pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1) AS n",
            [since],
        )
        return bool(cursor.fetchone()[0])


def changed_from(before: State, after: State) -> dict[str, int]:
    """Return by how many rows each table differs that is not as it was; 0 where rows changed."""
    return {
        name: after.rows[name] - before.rows[name]
        for name, checksum in after.checksums.items()
        if checksum != before.checksums[name]
    }


def state_between(call: Callable[[], Any], *, every_statement: bool) -> tuple[str, int]:
    """Let a call fail at one event after the other until something of it stays.

    Return what is wrong with what stays, nothing if it is the whole effect, and how often it
    failed; a call that changes nothing undisturbed proves nothing, which is wrong, too. The whole
    effect is which tables a call changes that does not fail, and by how many rows; what exactly
    stands in them has times and keys of its own at each call.
    """
    before = read_state()
    with undone():
        call()
        whole = changed_from(before, read_state())
    since, number = next_transaction(), 0
    while True:
        number += 1
        with failing_at(number, every_statement=every_statement) as fault:
            call()
        if was_committed(since):
            after, since = read_state(), next_transaction()
            if after != before:
                made = changed_from(before, after)
                return "" if made == whole else f"event {number}: {made} of {whole}", number - 1
        if not fault.hit:
            return f"{IDLE} of {whole}" if whole else IDLE, number - 1
