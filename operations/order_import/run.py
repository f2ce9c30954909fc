"""The import of an order log from end to end, in steps that a second run goes on from."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import IntegrityError, reset_queries, transaction
from django.utils import timezone

from operations.models import OrderImport
from operations.order_import.exceptions import CannotImport
from operations.order_import.goods import Goods, make_goods, make_supplier, make_warehouse
from operations.order_import.lines import LoggedOrder, logged_orders
from operations.order_import.options import ImportOptions
from operations.order_import.plan import ReplayPlan, make_plan
from operations.order_import.readers import Row, read_rows, require_file
from operations.order_import.replay import Replay
from operations.order_import.supply import open_stock, purchase_month
from operations.patient_session import patient_session
from suppliers.models import Supplier
from warehouses.models import Warehouse

ORDERS_A_BATCH = 100
LINES_A_BATCH = 3_000

# Called with what is being done, rows done, and rows in all (0 while nobody knows).
Report = Callable[[str, int, int], None]


@dataclass(slots=True)
class Import:
    """An import at work: its stored progress, and what its steps need."""

    progress: OrderImport
    plan: ReplayPlan
    goods: dict[str, Goods]
    supplier: Supplier
    warehouse: Warehouse
    options: ImportOptions
    replay: Replay
    acting_user: Any

    @transaction.atomic
    def supply(self, month: date) -> None:
        """Bring in what a month sells: the first as opening stock, later ones by purchase orders.

        Locks the progress row, then what the services lock.
        """
        self.lock_progress()
        needed = self.plan.needed(month)
        counted: Counter[str] = Counter()
        if self.progress.supplied_through is None:
            assert self.plan.first_sale is not None
            counted["opening stock lines"] = open_stock(
                needed=needed,
                goods=self.goods,
                warehouse=self.warehouse,
                first_sale=self.plan.first_sale,
                acting_user=self.acting_user,
            )
        else:
            orders, lines = purchase_month(
                month=month,
                needed=needed,
                goods=self.goods,
                supplier=self.supplier,
                warehouse=self.warehouse,
                options=self.options,
                acting_user=self.acting_user,
            )
            counted.update({"purchase receipts": orders, "purchase receipt lines": lines})
        self.progress.supplied_through = month
        self.save_progress(counted)

    @transaction.atomic
    def post(self, orders: list[LoggedOrder]) -> None:
        """Post a batch of orders and how far the import is, all or nothing.

        Locks the progress row, then what the services lock.
        """
        self.lock_progress()
        counted = self.replay.post(orders)
        self.progress.orders_done += len(orders)
        self.progress.rows_done += sum(order.rows for order in orders)
        self.save_progress(counted)

    def lock_progress(self) -> None:
        """Lock the stored progress; raises CannotImport where another run has moved it."""
        stored = OrderImport.objects.select_for_update(no_key=True).get(pk=self.progress.pk)
        if (stored.orders_done, stored.supplied_through) != (
            self.progress.orders_done,
            self.progress.supplied_through,
        ):
            raise CannotImport("Another run of this import is at work. Let it finish.")

    def save_progress(self, counted: Counter[str]) -> None:
        self.progress.counters = dict(Counter(self.progress.counters) + counted)
        self.progress.save()

    def months_before(self, order: LoggedOrder) -> list[date]:
        """Return the months up to an order's for which nothing has come in yet."""
        through = self.progress.supplied_through
        if not order.sold or (through is not None and order.month <= through):
            return []
        months = [month for month in self.plan.months if month <= order.month]
        return months if through is None else [month for month in months if month > through]


def import_orders(
    *, path: Path, options: ImportOptions, limit: int | None, report: Report, acting_user: Any
) -> OrderImport:
    """Replay an order log, or what an earlier run left of it, and return how far it is.

    Makes warehouse, catalogue, opening stock and purchase receipts, then posts the log's orders
    in batches, each one transaction together with the stored progress: killed at any moment, the
    next run goes on behind the last batch. `limit` stops it when so many orders of the log are
    done. Raises CannotImport.
    """
    require_file(path)
    with patient_session():
        progress = find_progress(path, options)
        if progress.finished_at is not None:
            return progress
        plan = make_plan(logged_orders(watched(path, options, report), options))
        if not plan.goods:
            raise CannotImport(explain_nothing(plan))
        run = prepare(progress, plan, path, options, acting_user)
        replay_rest(run, path, limit, report)
        if run.progress.orders_done == plan.orders:
            run.progress.finished_at = timezone.now()
            run.progress.save()
        return run.progress


def find_progress(path: Path, options: ImportOptions) -> OrderImport:
    """Return how far an import of this content with these options is; a new one is not saved."""
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    key = {"file_sha256": sha256, "options_sha256": options.fingerprint()}
    found = OrderImport.objects.filter(**key).first()
    return found or OrderImport(**key, options=options.as_text())


def prepare(
    progress: OrderImport, plan: ReplayPlan, path: Path, options: ImportOptions, acting_user: Any
) -> Import:
    """Make what is missing of warehouse, supplier and catalogue, and store the import."""
    warehouse = make_warehouse(options.warehouse)
    supplier = make_supplier(options)
    progress.file_name = path.name[:255]
    progress.warehouse = warehouse
    try:
        progress.save()
    except IntegrityError:
        raise CannotImport("Another run of this import has begun. Let it finish.") from None
    goods = make_goods(plan, options, supplier, acting_user)
    replay = Replay(
        goods=goods,
        warehouse=warehouse,
        options=options,
        started_at=progress.started_at,
        never_left=plan.never_left,
        withdrawals=plan.withdrawals,
        notes=f"From {progress.file_name}",
        acting_user=acting_user,
    )
    return Import(progress, plan, goods, supplier, warehouse, options, replay, acting_user)


def replay_rest(run: Import, path: Path, limit: int | None, report: Report) -> None:
    """Post what is left of the log, month by month supplied, batch by batch."""
    done = run.progress.rows_done
    report("Replaying", done, run.plan.rows)
    rows = islice(read_rows(path, run.options), done, None)
    orders = logged_orders(rows, run.options, first_index=run.progress.orders_done)
    if limit is not None:
        orders = islice(orders, max(limit - run.progress.orders_done, 0))
    for batch in batches(orders, run):
        run.post(batch)
        report("Replaying", run.progress.rows_done, run.plan.rows)
        reset_queries()  # with DEBUG on, Django keeps the last thousands of them


def batches(orders: Iterator[LoggedOrder], run: Import) -> Iterator[list[LoggedOrder]]:
    """Yield orders by the hundred; before a new month's first order, supply that month."""
    batch: list[LoggedOrder] = []
    rows = 0
    for order in orders:
        months = run.months_before(order)
        if months and batch:
            yield batch
            batch, rows = [], 0
        for month in months:
            run.supply(month)
        batch.append(order)
        rows += order.rows
        if len(batch) >= ORDERS_A_BATCH or rows >= LINES_A_BATCH:
            yield batch
            batch, rows = [], 0
    if batch:
        yield batch


def watched(path: Path, options: ImportOptions, report: Report) -> Iterator[Row]:
    """Yield a file's rows and report now and then how many there were."""
    for count, row in enumerate(read_rows(path, options), 1):
        if count % 5_000 == 0:
            report("Reading", count, 0)
        yield row


def explain_nothing(plan: ReplayPlan) -> str:
    """Say why a log has nothing to replay, and what may help."""
    if not plan.rows:
        return "The file has no rows below its header."
    reasons = ", ".join(f"{reason}: {number}" for reason, number in plan.skipped.most_common(5))
    return (
        f"None of the {plan.rows} rows can be replayed ({reasons}). "
        "Check --map, --date-format, --delimiter and --sku-pattern."
    )
