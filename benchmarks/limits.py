"""The limit: the same document as one statement of pgbench, prepared, without any Python."""

import re
import resource
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from django.db import connection

from benchmarks.clock import server_processor_seconds
from benchmarks.database import pgbench_command, pgbench_environment
from benchmarks.documents import STRIDE
from benchmarks.fill import Company
from benchmarks.measure import Sample, Variant, timed

SAMPLED_EVERY = 0.02
RATE = re.compile(r"^tps = ([0-9.]+) \(without initial connection time\)", re.MULTILINE)

# A document of any number of lines: claim the key, lock in order, change, record.
DOCUMENT = """
    WITH claim AS (
        INSERT INTO common_idempotencyrecord
            (user_id, key, fingerprint, content_type, body, created_at)
        VALUES ({user}, {key}, repeat('0', 64), '', '', clock_timestamp())
        ON CONFLICT (user_id, key) DO NOTHING RETURNING id
    ), locked AS (
        SELECT s.id, s.variation_id, s.warehouse_id, s.on_hand, s.average_cost
        FROM generate_series(0, {lines} - 1) AS line
        JOIN inventory_stock s ON s.id = ({start} + line * {stride}) % {balances} + 1
        WHERE EXISTS (SELECT FROM claim) AND s.on_hand - s.reserved - s.unavailable >= 1
        ORDER BY s.id
        FOR NO KEY UPDATE OF s
    ), changed AS (
        UPDATE inventory_stock s SET on_hand = locked.on_hand - 1
        FROM locked WHERE s.id = locked.id
    )
    INSERT INTO inventory_stockmovement
        (stock_id, variation_id, warehouse_id, movement_type, quantity, stock_before, stock_after,
         unit_cost, total_value, reason_code, reason_description, reference_type, reference_code,
         bin_location, lot_number, occurred_at, recorded_at, processed_by_id, notes)
    SELECT id, variation_id, warehouse_id, 'outbound', -1, on_hand, on_hand - 1, average_cost,
           -average_cost, 'sale', '', '', '', '', '', clock_timestamp(), clock_timestamp(),
           {user}, ''
    FROM locked"""

# A single line needs no lock of its own: the UPDATE takes it.
SINGLE = """
    WITH claim AS (
        INSERT INTO common_idempotencyrecord
            (user_id, key, fingerprint, content_type, body, created_at)
        VALUES ({user}, {key}, repeat('0', 64), '', '', clock_timestamp())
        ON CONFLICT (user_id, key) DO NOTHING RETURNING id
    ), changed AS (
        UPDATE inventory_stock SET on_hand = on_hand - 1
        WHERE id = {start} % {balances} + 1 AND EXISTS (SELECT FROM claim)
              AND on_hand - reserved - unavailable >= 1
        RETURNING id, variation_id, warehouse_id, on_hand, average_cost
    )
    INSERT INTO inventory_stockmovement
        (stock_id, variation_id, warehouse_id, movement_type, quantity, stock_before, stock_after,
         unit_cost, total_value, reason_code, reason_description, reference_type, reference_code,
         bin_location, lot_number, occurred_at, recorded_at, processed_by_id, notes)
    SELECT id, variation_id, warehouse_id, 'outbound', -1, on_hand + 1, on_hand, average_cost,
           -average_cost, 'sale', '', '', '', '', '', clock_timestamp(), clock_timestamp(),
           {user}, ''
    FROM changed"""


def document_limit(company: Company, lines: int) -> Variant:
    """pgbench's document of so many lines, or bare psycopg's where pgbench is not there."""
    command = pgbench_command()
    if command is None:
        return bare_driver(company, lines)
    script = rf"""\set start random(0, 1000000000)
\set key random(1, 9000000000000000000)
{statement(company, lines, start=":start", key="(:key)::text")};
"""
    return Variant("pgbench, one statement", lambda number: run_pgbench(command, script, number))


def statement(company: Company, lines: int, *, start: str, key: str) -> str:
    text = SINGLE if lines == 1 else DOCUMENT
    return text.format(
        user=company.user.pk,
        key=key,
        start=start,
        lines=lines,
        stride=STRIDE,
        balances=company.scale.balances,
    )


def run_pgbench(command: list[str], script: str, transactions: int) -> Sample:
    """Run it once with one client, watching its database session's processor time."""
    with TemporaryDirectory() as directory:
        file = Path(directory) / "document.sql"
        file.write_text(script)
        arguments = ["-n", "-M", "prepared", "-c", "1", "-t", str(transactions), "-f", str(file)]
        watch = SessionWatch()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with watch:
            done = subprocess.run(
                [command[0], *arguments, *command[1:]],
                env=pgbench_environment(),
                capture_output=True,
                text=True,
                check=True,
            )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = RATE.search(done.stdout)
    if found is None or "number of failed transactions: 0 " not in done.stdout:
        raise RuntimeError(f"pgbench did not finish: {done.stdout} {done.stderr}")
    client = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    processor = None if watch.seconds is None else client + watch.seconds
    return Sample(transactions, transactions / float(found[1]), processor)


class SessionWatch:
    """Follows the processor time of pgbench's session, which ends with it."""

    def __init__(self) -> None:
        self.seconds: float | None = None
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._follow)
        self.database = dict(connection.settings_dict)

    def __enter__(self) -> None:
        self.thread.start()

    def __exit__(self, *error: object) -> None:
        self.over.set()
        self.thread.join()

    def _follow(self) -> None:
        with bare_connection(self.database) as session:
            session.autocommit = True
            while not self.over.is_set():
                row = session.execute(
                    "SELECT pid FROM pg_stat_activity WHERE application_name = 'benchmark_limit'"
                    " AND datname = current_database()"
                ).fetchone()
                if row is not None:
                    self._sample(row[0])
                    return
                time.sleep(SAMPLED_EVERY / 4)

    def _sample(self, pid: int) -> None:
        while (seconds := server_processor_seconds(pid)) is not None:
            self.seconds = seconds
            if self.over.wait(SAMPLED_EVERY):
                return


def bare_connection(target: dict[str, object]) -> psycopg.Connection:
    return psycopg.connect(
        host=str(target["HOST"]) or None,
        port=str(target["PORT"]) or None,
        user=str(target["USER"]) or None,
        password=str(target["PASSWORD"]) or None,
        dbname=str(target["NAME"]),
    )


def bare_driver(company: Company, lines: int) -> Variant:
    """The same statement, prepared, through psycopg without Django."""
    session = bare_connection(connection.settings_dict)
    session.autocommit = True
    text = statement(company, lines, start="%(start)s::bigint", key="%(key)s::text")
    text = text.replace(" % ", " %% ")
    numbers = iter(range(10**9))

    def post() -> None:
        number = next(numbers)
        given = {"start": number * lines * STRIDE, "key": f"bare {lines} {number}"}
        session.execute(text, given, prepare=True)

    clocked = timed("bare psycopg, one statement (no pgbench here)", post)
    # The clock follows Django's session, which does none of this.
    return Variant(clocked.name, lambda times: replace(clocked.run(times), processor=None))
