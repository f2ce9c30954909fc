"""Rows of the read path."""

import resource
import time
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.core import signing
from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from benchmarks.fill import MISTYPED_WORD, RARE_WORD
from benchmarks.limits import bare_connection
from benchmarks.measure import Outcome, Sample, Variant, timed
from benchmarks.run import Run
from inventory.models import ProductVariation, StockMovement
from inventory.queries import product_rows
from inventory.search import searched_products

FIRST_PAGE = "/api/stock-movements/?limit=50"
NAIVE_PAGE = "/naive/stock-movements/"
STOCK_PAGE = "/api/stocks/?limit=50"
CURSOR_KEY, CURSOR_SALT = 3, "stock_movements"


def first_page(run: Run) -> Outcome:
    """The newest fifty movements by page number, the same rows from both."""
    client = run.client
    assert_same_rows(client.get(FIRST_PAGE).json(), client.get(NAIVE_PAGE).json())
    return run.compare(
        timed(f"GET {FIRST_PAGE}", lambda: client.get(FIRST_PAGE)),
        timed(f"GET {NAIVE_PAGE}", lambda: client.get(NAIVE_PAGE)),
        basis="processor",
        note=f"{StockMovement.objects.count()} movements",
    )


def page_by_cursor(run: Run) -> Outcome:
    """The next fifty by cursor, over the naive list's second page: the same rows from both."""
    client = run.client
    cursor = client.get(FIRST_PAGE).json()["pagination"]["next_cursor"]
    ours, naive = f"{FIRST_PAGE}&cursor={cursor}", f"{NAIVE_PAGE}?page=2"
    assert_same_rows(client.get(ours).json(), client.get(naive).json())
    return run.compare(
        timed(f"GET {FIRST_PAGE}&cursor=…", lambda: client.get(ours)),
        timed(f"GET {naive}", lambda: client.get(naive)),
        basis="processor",
    )


def assert_same_rows(ours: dict[str, Any], naive: dict[str, Any]) -> None:
    pairs = list(zip(ours["stock_movements"], naive["results"], strict=True))
    assert len(pairs) == 50
    for mine, theirs in pairs:
        assert mine["id"] == theirs["id"]
        assert (mine["sku"], mine["warehouse"]) == (theirs["variation"], theirs["warehouse"])
        assert mine["quantity"] == float(theirs["quantity"])
        assert mine["stock_after"] == float(theirs["stock_after"])


def page_at_half_depth(run: Run) -> Outcome:
    """The time of a cursor page in the middle of the ledger, over the one behind the first page."""
    client = run.client
    cursor = client.get(FIRST_PAGE).json()["pagination"]["next_cursor"]
    position = signing.loads(cursor, salt=CURSOR_SALT)
    middle = StockMovement.objects.latest("pk").pk // 2
    position[CURSOR_KEY] = middle
    deep = f"{FIRST_PAGE}&cursor={signing.dumps(position, salt=CURSOR_SALT)}"
    rows = client.get(deep).json()["stock_movements"]
    expected = StockMovement.objects.filter(pk__lt=middle).values_list("pk", flat=True)[:50]
    assert [row["id"] for row in rows] == list(expected)
    near = f"{FIRST_PAGE}&cursor={cursor}"
    return run.compare(
        timed("cursor at half depth", lambda: client.get(deep)),
        timed("cursor behind the first page", lambda: client.get(near)),
        timed("first page by number", lambda: client.get(FIRST_PAGE)),
        slowdown=True,
    )


def stock_as_it_was(run: Run) -> Outcome:
    """Fifty balances at the end of a day half a year ago, over the same fifty of today."""
    client, day = run.client, timezone.now().date() - timedelta(days=182)
    then_page = f"{STOCK_PAGE}&as_of={day}"
    now, then = client.get(STOCK_PAGE).json()["stocks"], client.get(then_page).json()["stocks"]
    ids = [row["id"] for row in then]
    assert ids == [row["id"] for row in now]
    assert len(ids) == 50
    assert {row["id"]: row["on_hand"] for row in then} == plain_sums(ids, day)
    return run.compare(
        timed("GET /api/stocks/?limit=50&as_of=…", lambda: client.get(then_page)),
        timed(f"GET {STOCK_PAGE}", lambda: client.get(STOCK_PAGE)),
        basis="processor",
        slowdown=True,
        note=f"{StockMovement.objects.count()} movements",
    )


def plain_sums(ids: list[int], day: date) -> dict[int, float]:
    """Add up what occurred until the end of a day, in Python."""
    sums = dict.fromkeys(ids, 0.0)
    moved = StockMovement.objects.filter(stock__in=ids)
    for stock, moment, quantity in moved.values_list("stock", "occurred_at", "quantity"):
        if moment.date() <= day:
            sums[stock] += float(quantity)
    return sums


def search(run: Run) -> Outcome:
    """A word that few products have: our search, and what DRF's SearchFilter would ask."""
    ours, plain = searched_products(product_rows(), RARE_WORD)[:20], plain_search(RARE_WORD)
    assert sorted(row.pk for row in ours) == [row.pk for row in plain]
    return compared_searches(run, ours, plain)


def mistyped_search(run: Run) -> Outcome:
    """The same word with a wrong letter: the same products, which DRF's search cannot find."""
    ours, plain = searched_products(product_rows(), MISTYPED_WORD)[:20], plain_search(MISTYPED_WORD)
    assert sorted(row.pk for row in ours) == [row.pk for row in plain_search(RARE_WORD)]
    assert not plain.exists()
    return compared_searches(run, ours, plain)


def plain_search(word: str) -> Any:
    words = Q(name__icontains=word) | Q(description__icontains=word)
    has_sku = ProductVariation.objects.filter(product=OuterRef("pk"), sku_code__icontains=word)
    return product_rows().filter(words | Exists(has_sku)).order_by("pk")[:20]


def compared_searches(run: Run, ours: Any, plain: Any) -> Outcome:
    return run.compare(
        timed("the query of the search", partial(fetch, *ours.query.sql_with_params())),
        timed("icontains", partial(fetch, *plain.query.sql_with_params())),
        note=f"{run.company.scale.products} products, {len(ours)} found",
    )


def fetch(statement: str, parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        cursor.fetchall()


def exported_movements(run: Run) -> Outcome:
    """All movements as CSV, over the server's own COPY of the same table."""
    url = "/api/stock-movements/?format=csv"
    rows = StockMovement.objects.count()
    before = peak_memory()
    lines = run.client.count_lines(url)
    assert lines == rows + 1, f"{lines} lines of {rows} movements"
    grown = peak_memory() - before
    return run.compare(
        Variant("?format=csv", lambda times: export(run, url, rows)),
        Variant("COPY … TO STDOUT", lambda times: copy(rows)),
        note=f"rows a second; {rows} movements, memory grew by {grown:.0f} MB",
    )


def export(run: Run, url: str, rows: int) -> Sample:
    start = time.perf_counter()
    run.client.count_lines(url)
    return Sample(rows, time.perf_counter() - start, None)


def copy(rows: int) -> Sample:
    with bare_connection(connection.settings_dict) as session, session.cursor() as cursor:
        start = time.perf_counter()
        with cursor.copy("COPY inventory_stockmovement TO STDOUT (FORMAT csv)") as lines:
            size = sum(len(line) for line in lines)
        seconds = time.perf_counter() - start
    assert size > rows
    return Sample(rows, seconds, None)


def peak_memory() -> float:
    """Megabytes that this process has used at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
