"""The stock card of a balance: its movements of a period by when they occurred, with what was left.

Movements are in the order of their days, not in that of the ledger's chain: one that was recorded
late stands on its day, and what was left of each day is what `as_of` says of it.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import DecimalField, ExpressionWrapper, F, QuerySet, Sum, Value, Window

from inventory.as_of import end_of
from inventory.models import Stock, StockMovement

ZERO = Decimal(0)


class Level(NamedTuple):
    """How much there was, and what it was worth."""

    quantity: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class StockCard:
    """What was there before the period, each movement of it, and what was there at its end."""

    stock: Stock
    first: date | None
    last: date | None
    opening: Level
    closing: Level
    movements: QuerySet[Any]


def words_of(movement: Any) -> str:
    """Say what a movement was, and for which reason."""
    words = [movement.get_movement_type_display(), movement.reason_code.replace("_", " ")]
    return ", ".join(word for word in words if word)


def stock_card(stock: Stock, first: date | None = None, last: date | None = None) -> StockCard:
    """Return the card of a balance for the days from `first` to `last`, both included, in UTC.

    Two queries; the movements are read when somebody goes through them.
    """
    movements = StockMovement.objects.filter(stock=stock, variation=stock.variation_id)
    opening = Level(ZERO, ZERO)
    if first is not None:
        begins = datetime.combine(first, time.min, UTC)
        opening = level_of(movements.filter(occurred_at__lt=begins))
        movements = movements.filter(occurred_at__gte=begins)
    if last is not None:
        movements = movements.filter(occurred_at__lt=end_of(last))
    moved = level_of(movements)
    closing = Level(opening.quantity + moved.quantity, opening.value + moved.value)
    return StockCard(stock, first, last, opening, closing, with_levels(movements, opening))


def level_of(movements: QuerySet[Any]) -> Level:
    sums = movements.order_by().aggregate(quantity=Sum("quantity"), value=Sum("total_value"))
    return Level(sums["quantity"] or ZERO, sums["value"] or ZERO)


def with_levels(movements: QuerySet[Any], opening: Level) -> QuerySet[Any]:
    """Add to movements `balance` and `balance_value`, what was left after each."""
    return movements.annotate(
        balance=running("quantity", opening.quantity, 3),
        balance_value=running("total_value", opening.value, 4),
    ).order_by("occurred_at", "pk")


def running(column: str, before: Decimal, places: int) -> ExpressionWrapper:
    kind: Any = DecimalField(max_digits=30, decimal_places=places)
    so_far = Window(Sum(column), order_by=[F("occurred_at").asc(), F("pk").asc()])
    return ExpressionWrapper(Value(before, output_field=kind) + so_far, output_field=kind)
