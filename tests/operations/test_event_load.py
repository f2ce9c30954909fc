"""Many idle streams in one process: what they cost, and that each is still told."""

import asyncio
import json
import resource
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from tests.factories.inventory import VariationFactory, put_in_stock
from tests.factories.users import UserFactory
from tests.factories.warehouses import MembershipFactory, WarehouseFactory
from tests.operations.event_streams import event_server
from users.api.tokens import refresh_token_of
from users.models import SignIn

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.quiet_cluster]
EACH = 10
OPENED_AT_ONCE = 20


@pytest.fixture
def many_files():
    """Let this process have as many sockets open as the system gives."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def status_of(process, field):
    """Read a number from what the system knows of a process, such as VmRSS in kB."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith(field)).split()[1])


def database_connections():
    """Count the connections to the test's database but our own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return cursor.fetchone()[0]


async def open_stream(port, token, gate):
    async with gate:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        lines = ["GET /api/events/ HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}"]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        assert b" 200 " in await reader.readline()
        await reader.readuntil(b"event: ready")
        return reader, writer


async def told(reader):
    """Wait for the next movement, past heartbeats; return its quantity and when it came."""
    await reader.readuntil(b"event: stock\ndata: ")
    return json.loads(await reader.readline())["quantity"], time.monotonic()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads what Linux knows of a process")
def test_idle_streams_cost_no_thread_and_no_connection(request, tmp_path, many_files, count):
    people = count(20, full=200)
    warehouse, variation = WarehouseFactory(), VariationFactory()
    put_in_stock(variation, warehouse, quantity=1)
    tokens = []
    for person in UserFactory.create_batch(people, role="staff"):
        MembershipFactory(user=person, warehouse=warehouse)
        row = SignIn.objects.create(
            user=person, current_jti="1", expires_at=timezone.now() + timedelta(days=1)
        )
        tokens.append(str(refresh_token_of(row).access_token))

    with event_server(tmp_path / "log") as (port, process):
        empty, connections_before = status_of(process, "VmRSS"), database_connections()

        async def run():
            gate = asyncio.Semaphore(OPENED_AT_ONCE)
            began = time.monotonic()
            streams = await asyncio.gather(
                *(open_stream(port, token, gate) for token in tokens for _ in range(EACH))
            )
            opening = time.monotonic() - began
            await asyncio.sleep(3)
            idle = {
                "memory": status_of(process, "VmRSS") - empty,
                "threads": status_of(process, "Threads"),
                "connections": await asyncio.to_thread(counted_and_closed),
            }
            began = time.monotonic()
            posting = asyncio.to_thread(post_and_close, variation, warehouse)
            answers, _ = await asyncio.gather(
                asyncio.gather(*(told(reader) for reader, _ in streams)), posting
            )
            for _, writer in streams:
                writer.close()
                await writer.wait_closed()
            last = max(at for _, at in answers) - began
            return [quantity for quantity, _ in answers], {**idle, "opening": opening, "last": last}

        quantities, figures = asyncio.run(run())
    number = people * EACH
    request.config.get_terminal_writer().line(
        f"\n{number} streams opened in {figures['opening']:.1f} s: {empty / 1024:.0f} MB before,"
        f" {figures['memory'] / number:.1f} kB each, {figures['threads']} threads,"
        f" {figures['connections'] - connections_before} database connections;"
        f" a movement reached the last of them after {figures['last']:.2f} s"
    )
    assert quantities == [7] * number
    assert figures["threads"] <= 10
    assert figures["connections"] - connections_before == 1
    assert figures["memory"] / number < 150
    assert figures["last"] < 20


def counted_and_closed():
    try:
        return database_connections() - 1  # the main thread's own
    finally:
        connection.close()


def post_and_close(variation, warehouse):
    put_in_stock(variation, warehouse, quantity=7)
    connection.close()
