"""Rows of orders of fifty lines: taken and delivered, made and received."""

from collections.abc import Callable
from itertools import count
from typing import Any

from benchmarks.database import refresh_statistics
from benchmarks.fill import SUPPLIER
from benchmarks.measure import Outcome, timed
from benchmarks.run import Run
from inventory.models import StockMovement

LINES = 50
FEW = 5  # orders of each kind, before statistics are taken of tables that were empty


def posted_order(run: Run) -> Outcome:
    """An order of fifty lines that reserves them."""
    ours, naive = sales(run, "/api/", "sku"), sales(run, "/naive/", "variation")
    assert_same_effect(ours, naive, status="fulfilled", quantity=-1, amount=450)
    return run.compare(
        timed("POST /api/sales-orders/", ours.make),
        timed("POST /naive/sales-orders/", naive.make),
        basis="processor",
    )


def delivered_order(run: Run) -> Outcome:
    """The same order and then its delivery: fifty movements."""
    return finished(run, sales, status="fulfilled", quantity=-1, amount=450)


def received_order(run: Run) -> Outcome:
    """An order of fifty lines that is sent to the supplier, and then its receipt."""
    return finished(run, purchases, status="received", quantity=1, amount=200)


def finished(run: Run, orders_of: Callable[[Run, str, str], "Orders"], **effect: Any) -> Outcome:
    """Compare orders that are made and then finished."""
    ours, naive = orders_of(run, "/api/", "sku"), orders_of(run, "/naive/", "variation")
    assert_same_effect(ours, naive, **effect)
    return run.compare(
        timed(f"POST /api/…/ and /{ours.step}/", ours.finish),
        timed(f"POST /naive/…/ and /{naive.step}/", naive.finish),
        basis="processor",
    )


class Orders:
    """Makes orders of fifty lines, each of other goods than the one before, and finishes them."""

    def __init__(self, run: Run, path: str, step: str, item_key: str, line: Any, head: Any) -> None:
        self.client, self.stocked = run.client, run.company.scale.stocked
        self.path, self.step, self.item_key = path, step, item_key
        self.line, self.head = line, head
        self.numbers = count()

    def make(self) -> dict[str, Any]:
        start = next(self.numbers) * LINES
        skus = [f"SKU{(start + line) % self.stocked + 1:06d}" for line in range(LINES)]
        items = [{self.item_key: sku, **self.line} for sku in skus]
        answer: dict[str, Any] = self.client.post(self.path, {**self.head, "items": items}).json()
        return answer

    def finish(self) -> dict[str, Any]:
        made = self.make()
        path = f"{self.path}{made['id']}/{self.step}/"
        answer: dict[str, Any] = self.client.post(path).json()
        return answer


def sales(run: Run, prefix: str, item_key: str) -> Orders:
    line = {"quantity": 1, "sale_price_per_unit": 9}
    head = {"warehouse": "WH1"}
    return Orders(run, f"{prefix}sales-orders/", "fulfill", item_key, line, head)


def purchases(run: Run, prefix: str, item_key: str) -> Orders:
    line = {"quantity_ordered": 1, "unit_cost": 4}
    supplier = "supplier_id" if prefix == "/api/" else "supplier"
    head = {"warehouse": "WH1", supplier: SUPPLIER, "status": "sent"}
    return Orders(run, f"{prefix}purchase-orders/", "receive", item_key, line, head)


def assert_same_effect(
    ours: Orders, naive: Orders, *, status: str, quantity: int, amount: int
) -> None:
    """Both move fifty pieces for each order, of the same total and with the same end."""
    for orders in (ours, naive):
        for _ in range(FEW):
            done = orders.finish()
            moved = StockMovement.objects.filter(reference_code=done["order_number"])
            effect = moved.filter(quantity=quantity).count(), float(done["total_amount"])
            assert (done["status"], moved.count(), *effect) == (status, LINES, LINES, amount), done
    refresh_statistics()
