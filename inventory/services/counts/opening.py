"""Opening a count: which lines it has."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from common.codes import next_code
from common.exceptions import InvalidInput
from common.models import CompanySettings
from inventory.abc_classes import due_to_count, variations_of_class
from inventory.bins import lying_in
from inventory.exceptions import NothingToCount
from inventory.models import Category, ProductVariation, Stock, StockCount
from inventory.queries import category_subtree
from inventory.services.counts.counters import require_counter
from inventory.services.tell import tell_count_assigned
from warehouses.models import Warehouse

# What another open count already counts is left to it.
MAKE_LINES = """
    INSERT INTO inventory_stockcountline
        (count_id, warehouse_id, variation_id, lot_number, expiration_date, bin_location, is_open,
         expected, unit_cost, needs_recount, released_reservations, notes)
    SELECT %s, %s, v.id, COALESCE(l.lot_number, ''), l.expiration_date,
           COALESCE(s.bin_location, ''), true,
           CASE WHEN b.id IS NULL THEN COALESCE(s.on_hand, 0) ELSE b.on_hand END,
           COALESCE(NULLIF(s.average_cost, 0), v.cost_price), false, 0, ''
    FROM unnest(%s::bigint[]) AS wanted(id)
    JOIN inventory_productvariation v ON v.id = wanted.id
    JOIN inventory_product p ON p.id = v.product_id
    LEFT JOIN inventory_stock s ON s.variation_id = v.id AND s.warehouse_id = %s
    LEFT JOIN inventory_lotbalance b
      ON b.stock_id = s.id AND b.on_hand > 0 AND (p.lot_tracking OR p.expiration_tracking)
    LEFT JOIN inventory_lot l ON l.id = b.lot_id
    WHERE b.id IS NOT NULL OR NOT (p.lot_tracking OR p.expiration_tracking)
    ORDER BY COALESCE(s.bin_location, ''), v.sku_code, l.expiration_date, l.lot_number
    ON CONFLICT DO NOTHING"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a count is about: all of a warehouse, a category, an ABC class, bins, or chosen goods.

    bins: the name of one bin, or where none has it the beginning of theirs, such as an aisle.
    """

    category: Category | None = None
    abc_class: str = ""
    bins: str = ""
    variations: Sequence[ProductVariation] = ()


@transaction.atomic
def open_count(
    *,
    warehouse: Warehouse,
    scope: Scope | None = None,
    is_blind: bool = False,
    recount_tolerance_percent: Decimal | None = None,
    notes: str = "",
    assigned_to: Any = None,
    acting_user: Any,
) -> StockCount:
    """Open a count with a line for each variation, or lot of it, that should be there.

    Goods that another open count counts are left to that one. Whom it is given to is told. Locks
    nothing: trading goes on. Raises InvalidInput, and NothingToCount where no line is left.
    """
    scope = scope or Scope()
    if sum(map(bool, (scope.category, scope.abc_class, scope.bins, scope.variations))) > 1:
        text = "Count a category, an ABC class, bins or chosen items: one of the four."
        raise InvalidInput(text, {"category": [text]})
    require_counter(assigned_to, warehouse)
    if recount_tolerance_percent is None:
        recount_tolerance_percent = CompanySettings.current().count_recount_tolerance_percent
    count = StockCount.objects.create(
        code=next_code(StockCount, "code", "CNT-", yearly=True),
        warehouse=warehouse,
        category=scope.category,
        abc_class=scope.abc_class,
        bins=scope.bins,
        is_partial=bool(scope.variations),
        is_blind=is_blind,
        recount_tolerance_percent=recount_tolerance_percent,
        notes=notes,
        created_by=acting_user,
        assigned_to=assigned_to,
    )
    wanted = variations_in(warehouse, scope)
    with connection.cursor() as cursor:
        cursor.execute(MAKE_LINES, [count.pk, warehouse.pk, wanted, warehouse.pk])
        made = cursor.rowcount
    if not made:
        raise NothingToCount(
            "There is nothing to count: nothing is in stock, or other open counts have it already. "
            "Name items, or finish or cancel those counts."
        )
    tell_count_assigned(count, acting_user)
    return count


@transaction.atomic
def open_due_count(
    *, warehouse: Warehouse, limit: int, is_blind: bool = False, acting_user: Any
) -> StockCount:
    """Open a count of the first `limit` items whose turn has come in a warehouse.

    Locks nothing. Raises InvalidInput (warehouse) where nothing is due, and NothingToCount where
    somebody else opened a count of it at the same moment.
    """
    due = [item.variation_id for item in due_to_count(warehouse, limit)]
    if not due:
        text = "Nothing is due to be counted in this warehouse today."
        raise InvalidInput(text, {"warehouse": [text]})
    chosen = list(ProductVariation.objects.filter(pk__in=due))
    return open_count(
        warehouse=warehouse,
        scope=Scope(variations=chosen),
        is_blind=is_blind,
        acting_user=acting_user,
    )


def variations_in(warehouse: Warehouse, scope: Scope) -> list[int]:
    """Return the variations of a scope: the chosen ones, else those that are in stock."""
    if scope.variations:
        return [variation.pk for variation in scope.variations]
    in_stock = Stock.objects.filter(warehouse=warehouse, on_hand__gt=0)
    stocks = lying_in(in_stock, warehouse.pk, scope.bins)
    if scope.category:
        inside = category_subtree([scope.category])
        stocks = stocks.filter(variation__product__category__in=inside)
    if scope.abc_class:
        stocks = stocks.filter(variation__in=variations_of_class(warehouse, scope.abc_class))
    return list(stocks.values_list("variation", flat=True))
