import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from inventory.models import StockMovement
from operations.ledger_verification import verify_ledger
from operations.models import OrderImport
from operations.order_import import run
from operations.order_import.exceptions import CannotImport
from operations.order_import.options import ImportOptions
from purchasing.models import GoodsReceipt
from sales.models import SalesOrder, SalesOrderItem
from tests.factories.order_logs import COUNTED, HEADER, at, import_log, on_hand, write_csv
from tests.factories.users import UserFactory


@pytest.fixture
def admin():
    return UserFactory(role="admin", username="boss")


def interrupt_after(reports: int):
    """Return a progress report that stops the import when it has been called so often."""
    seen = Counter()

    def report(stage: str, done: int, total: int) -> None:
        seen[stage] += 1
        if seen["Replaying"] > reports:
            raise KeyboardInterrupt

    return report


@pytest.mark.django_db
def test_import_interrupted_after_every_batch_ends_as_if_never_interrupted(
    tmp_path, admin, monkeypatch
):
    monkeypatch.setattr(run, "ORDERS_A_BATCH", 1)
    path = write_csv(tmp_path / "log.csv")
    options = ImportOptions(warehouse="", sku_pattern=r"^\d{5}[A-Z]{0,2}$")
    places = []
    while not OrderImport.objects.filter(finished_at__isnull=False).exists():
        with suppress(KeyboardInterrupt):
            run.import_orders(
                path=path, options=options, limit=None, report=interrupt_after(1), acting_user=admin
            )
        places.append(OrderImport.objects.get().orders_done)

    assert places == [*range(1, 10), 9]
    assert OrderImport.objects.get().counters == COUNTED
    assert on_hand() == {"85123A": 5, "71053": 4}
    assert verify_ledger() == []


@pytest.mark.django_db
def test_import_stops_where_another_run_has_gone_on(tmp_path, admin):
    path = write_csv(tmp_path / "log.csv")

    def other_run(stage: str, done: int, total: int) -> None:
        OrderImport.objects.update(orders_done=3)

    with pytest.raises(CannotImport, match="Another run"):
        run.import_orders(
            path=path,
            options=ImportOptions(warehouse=""),
            limit=None,
            report=other_run,
            acting_user=admin,
        )
    assert StockMovement.objects.count() == 0


ORDERS, LINES_EACH = 1_500, 4


def write_long_log(path: Path) -> Path:
    start = at(2012, 1, 1)
    return write_csv(
        path,
        (
            (f"{number:06}", f"{10000 + (number * 7 + line) % 300}", "", 1 + line,
             start + timedelta(hours=number), 2, f"{number % 50}")
            for number in range(ORDERS)
            for line in range(LINES_EACH)
        ),
        HEADER[:7],
    )  # fmt: skip


def start_import(path: Path) -> subprocess.Popen:
    """Start the command in a process of its own, as the application's role."""
    address, question, parameters = os.environ["DATABASE_URL"].partition("?")
    database = address.rpartition("/")[0] + "/" + connection.settings_dict["NAME"]
    return subprocess.Popen(
        [sys.executable, "manage.py", "import_orders", str(path), "--verbosity", "0"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": database + question + parameters},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def kill_once(path: Path, reached) -> None:
    """Start an import and kill -9 it as soon as it has reached something."""
    process = start_import(path)
    try:
        deadline = time.monotonic() + 60
        while not reached():
            assert process.poll() is None, process.stderr.read().decode()
            assert time.monotonic() < deadline
            time.sleep(0.005)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL


@pytest.mark.django_db(transaction=True)
def test_import_killed_twice_goes_on_without_posting_twice(tmp_path, admin):
    path = write_long_log(tmp_path / "long.csv")
    kill_once(path, OrderImport.objects.exists)
    kill_once(path, OrderImport.objects.filter(orders_done__gte=300).exists)
    done = OrderImport.objects.get().orders_done
    assert 300 <= done < ORDERS

    call_command("import_orders", str(path), stdout=StringIO(), verbosity=0)

    counters = OrderImport.objects.get().counters
    assert counters["rows"] == counters["lines delivered"] == ORDERS * LINES_EACH
    assert counters["orders delivered"] == SalesOrder.objects.count() == ORDERS
    sold = StockMovement.objects.filter(movement_type="outbound", quantity__lt=0)
    assert sold.count() == SalesOrderItem.objects.count() == ORDERS * LINES_EACH
    assert counters["opening stock lines"] == 300
    assert StockMovement.objects.filter(reason_code="opening_stock").count() == 300
    assert GoodsReceipt.objects.count() == counters["purchase receipts"] == 3
    assert verify_ledger() == []


@pytest.mark.django_db
def test_import_would_post_twice_had_it_not_kept_its_place(tmp_path, admin):
    """The control: the place that a run keeps is what holds back the next one."""
    path = write_csv(tmp_path / "log.csv")
    import_log(path)
    sold = SalesOrder.objects.count()
    OrderImport.objects.update(orders_done=0, rows_done=0, supplied_through=None, finished_at=None)

    import_log(path)

    assert SalesOrder.objects.count() == 2 * sold
