"""Rows of the write path."""

from itertools import count

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.contention import DEADLOCK, contended, ordered_locks, strict_isolation
from benchmarks.documents import Lines, LoopDocument, ProductDocument, issues
from benchmarks.http import Client
from benchmarks.limits import document_limit
from benchmarks.measure import Outcome, Variant, skipped, timed
from benchmarks.run import Run
from inventory.models import Stock, StockMovement
from inventory.services.ledger import apply_stock_changes
from operations.ledger_verification import verify_ledger

HOT = """
    SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'inventory_stock'"""


def document(run: Run, lines: int) -> Variant:
    return timed("the product's ledger", ProductDocument(run.company, lines))


def one_line_document(run: Run) -> Outcome:
    return run.compare(document(run, 1), document_limit(run.company, 1))


def fifty_line_document(run: Run) -> Outcome:
    return run.compare(document(run, 50), document_limit(run.company, 50))


def fifty_lines_of_a_loop(run: Run) -> Outcome:
    loop = timed("lock, save and create a line", LoopDocument(run.company, 50))
    return run.compare(document(run, 50), loop)


def statements(run: Run) -> Outcome:
    """Count what 5, 50 and 500 lines send, with BEGIN and COMMIT."""
    counts = {}
    for lines in (5, 50, 500):
        places = Lines(run.company, min(lines, run.company.scale.balances)).places()
        with CaptureQueriesContext(connection) as queries:
            apply_stock_changes(issues(places), acting_user=run.company.user)
        counts[lines] = len(queries)
    note = ", ".join(f"{lines} lines: {number}" for lines, number in counts.items())
    return Outcome(max(counts.values()), note=note)


def posted_movement(run: Run) -> Outcome:
    """One movement a request, and afterwards the same balance by either endpoint.

    The first baseline locks, validates by full_clean() and saves; the second does not validate.
    """
    ours = MovementPosts(run, "/api/stock-movements/")
    naive = MovementPosts(run, "/naive/stock-movements/")
    unchecked = MovementPosts(run, "/naive/unchecked-movements/")
    assert_same_effect(run.client, ours.body())
    return run.compare(
        timed(ours.name, ours),
        timed(f"{naive.name}, full_clean", naive),
        timed(f"{unchecked.name}, no full_clean", unchecked),
        basis="processor",
    )


class MovementPosts:
    """Issues one piece after the other, over the stocked goods."""

    def __init__(self, run: Run, path: str) -> None:
        self.client, self.scale = run.client, run.company.scale
        self.path, self.name = path, f"POST {path}"
        self.item_key = "sku" if path.startswith("/api/") else "variation"
        self.numbers = count(1)

    def body(self) -> dict[str, object]:
        sku = f"SKU{next(self.numbers) % self.scale.stocked + 1:06d}"
        return {self.item_key: sku, "warehouse": "WH1", "movement_type": "outbound", "quantity": 1}

    def __call__(self) -> None:
        self.client.post(self.path, self.body())


def assert_same_effect(client: Client, body: dict[str, object]) -> None:
    """Both endpoints take one piece and say so."""
    place = {"variation__sku_code": body["sku"], "warehouse__code": body["warehouse"]}
    start = Stock.objects.get(**place).on_hand
    ours = client.post("/api/stock-movements/", body).json()
    naive_body = {**body, "variation": body["sku"]}
    naive = client.post("/naive/stock-movements/", naive_body).json()
    assert ours["stock_after"] == start - 1, ours
    assert float(naive["stock_after"]) == float(start - 2), naive
    assert Stock.objects.get(**place).on_hand == start - 2
    assert StockMovement.objects.filter(pk__in=[ours["id"], naive["id"]]).count() == 2


def contended_documents(run: Run) -> Outcome:
    """Documents of eight processes; afterwards the ledger is proved over the whole database."""
    company = run.company
    ours, our_failures = contended("ordered locks, READ COMMITTED", company, ordered_locks)
    strict, strict_failures = contended("REPEATABLE READ, retried", company, strict_isolation)
    outcome = run.compare(ours, strict)
    note = f"attempts that failed: {len(our_failures)} to {len(strict_failures)}"
    return Outcome(outcome.value, outcome.figures, note, outcome.rounds)


def ledger_faults(run: Run) -> Outcome:
    """Deadlocks under contention, and rows that break a rule: lost updates, broken chains."""
    ours, failures = contended("ordered locks", run.company, ordered_locks)
    ours.run(50 * run.rounds)
    violations = verify_ledger()
    rules = ", ".join(sorted({violation.rule for violation in violations}))
    deadlocks = failures.count(DEADLOCK)
    note = f"{deadlocks} deadlocks, {len(violations)} violations {rules}".strip()
    return Outcome(deadlocks + len(violations), note=note)


def hot_updates(run: Run) -> Outcome:
    """The share of balance updates that touched no index."""
    before = update_counts()
    post = ProductDocument(run.company, 50)
    for _ in range(20 * run.rounds):
        post()
    updates, hot = (now - then for now, then in zip(update_counts(), before, strict=True))
    if not updates:
        return skipped("the server counts no updates")
    return Outcome(hot / updates, note=f"{hot} of {updates} updates")


def update_counts() -> tuple[int, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT 1")
        cursor.execute(HOT)
        updates, hot = cursor.fetchone()
    return updates, hot
