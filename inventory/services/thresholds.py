"""Reorder points: what each balance is compared with."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from common.duplicates import refuse_duplicates
from inventory.models import LowStockThreshold, ProductVariation
from inventory.signals import STOCK_LEVELS_CHANGED
from notifications.outbox import record_event
from warehouses.models import Warehouse

REFRESH = """
    WITH wanted AS (
        SELECT s.id, s.is_low AS was_low, COALESCE(t.threshold, v.reorder_level) AS point
        FROM inventory_stock s
        JOIN inventory_productvariation v ON v.id = s.variation_id
        LEFT JOIN inventory_lowstockthreshold t
          ON t.variation_id = s.variation_id AND t.warehouse_id = s.warehouse_id
        WHERE s.variation_id = ANY(%s)
          AND s.reorder_point IS DISTINCT FROM COALESCE(t.threshold, v.reorder_level)
        ORDER BY s.id
        FOR NO KEY UPDATE OF s
    )
    UPDATE inventory_stock s SET reorder_point = wanted.point
    FROM wanted WHERE s.id = wanted.id
    RETURNING s.id, s.is_low IS DISTINCT FROM wanted.was_low"""


@transaction.atomic
def refresh_reorder_points(variation_ids: Iterable[int]) -> int:
    """Write the threshold in force onto the balances of variations; return how many changed.

    The threshold of the warehouse, or else the variation's reorder level. Locks the balances in
    the order of their keys. Where a balance becomes low or ceases to be, alerts are told.
    """
    with connection.cursor() as cursor:
        cursor.execute(REFRESH, [list(variation_ids)])
        rows = cursor.fetchall()
    crossed = sorted(key for key, has_crossed in rows if has_crossed)
    if crossed:
        record_event(STOCK_LEVELS_CHANGED, {"stock_ids": crossed})
    return len(rows)


def lock_variation(key: int) -> None:
    """Wait for postings that make balances of a variation, and keep others from making one.

    A balance made meanwhile is then seen here and written, or it reads what was changed here.
    """
    ProductVariation.objects.select_for_update(no_key=True).get(pk=key)


@transaction.atomic
def create_threshold(
    *, variation: ProductVariation, warehouse: Warehouse, threshold: Decimal
) -> LowStockThreshold:
    """Give a variation its own reorder point in one warehouse.

    Locks the variation, then the balances. Raises DuplicateCode.
    """
    lock_variation(variation.pk)
    row = LowStockThreshold(variation=variation, warehouse=warehouse, threshold=threshold)
    text = f"{variation.sku_code} has a threshold in {warehouse.code}. Change that one."
    with refuse_duplicates({"threshold_once": "warehouse"}, text):
        row.save()
    refresh_reorder_points([variation.pk])
    return row


@transaction.atomic
def update_threshold(*, row: LowStockThreshold, values: dict[str, Any]) -> LowStockThreshold:
    """Change a threshold and the reorder point of its balance.

    Locks the variation, then the balances.
    """
    lock_variation(row.variation_id)
    row.threshold = values.get("threshold", row.threshold)
    row.save(update_fields=["threshold", "updated_at"])
    refresh_reorder_points([row.variation_id])
    return row


@transaction.atomic
def delete_threshold(*, row: LowStockThreshold) -> None:
    """Delete a threshold: the variation's reorder level is in force again.

    Locks the variation, then the balances.
    """
    lock_variation(row.variation_id)
    row.delete()
    refresh_reorder_points([row.variation_id])
