"""Documents on the ledger: the product's, and the ways that most projects write them."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import count
from uuid import uuid4

from django.db import connection, transaction
from django.utils import timezone

from benchmarks.fill import Company
from common.api.safe_writes import CLAIM
from inventory.models import Stock, StockMovement
from inventory.services.ledger import apply_stock_changes
from inventory.services.stock_change import StockChange

ONE = Decimal(1)
STRIDE = 37  # lines of a document lie apart, as the goods of an order do


class Lines:
    """Hands out the balances of one document after the other, none of them twice in one."""

    def __init__(self, company: Company, number: int) -> None:
        self.company, self.number = company, number
        self.documents: Iterator[int] = count()

    def keys(self) -> list[int]:
        """Return the keys of the next document's balances, in no useful order."""
        start = next(self.documents) * self.number * STRIDE
        size = self.company.scale.balances
        return [(start + line * STRIDE) % size + 1 for line in range(self.number)]

    def places(self) -> list[tuple[int, int]]:
        """Return variation and warehouse of each line: balances were made in their order."""
        warehouses = self.company.scale.warehouses
        return [((key - 1) // warehouses + 1, (key - 1) % warehouses + 1) for key in self.keys()]


def issues(places: Sequence[tuple[int, int]]) -> list[StockChange]:
    return [
        StockChange(
            variation_id=variation,
            warehouse_id=warehouse,
            quantity=-ONE,
            movement_type="outbound",
            reason_code="sale",
        )
        for variation, warehouse in places
    ]


class ProductDocument:
    """The product's path: claim the idempotency key, post all lines, commit."""

    def __init__(self, company: Company, number: int) -> None:
        self.lines, self.user = Lines(company, number), company.user

    def __call__(self) -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(CLAIM, [self.user.pk, str(uuid4()), "0" * 64])
            apply_stock_changes(issues(self.lines.places()), acting_user=self.user)


class LoopDocument:
    """The per-line loop: lock, change and save each balance, create each movement."""

    def __init__(self, company: Company, number: int) -> None:
        self.lines, self.user = Lines(company, number), company.user

    @transaction.atomic
    def __call__(self) -> None:
        for variation, warehouse in self.lines.places():
            stock = Stock.objects.select_for_update().get(
                variation_id=variation, warehouse_id=warehouse
            )
            before = stock.on_hand
            stock.on_hand -= ONE
            stock.save(update_fields=["on_hand"])
            now = timezone.now()
            StockMovement.objects.create(
                stock=stock,
                variation_id=variation,
                warehouse_id=warehouse,
                movement_type="outbound",
                quantity=-ONE,
                stock_before=before,
                stock_after=stock.on_hand,
                unit_cost=stock.average_cost,
                total_value=-stock.average_cost,
                reason_code="sale",
                occurred_at=now,
                recorded_at=now,
                processed_by=self.user,
            )
