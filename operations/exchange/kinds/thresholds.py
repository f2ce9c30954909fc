"""Thresholds of variations in warehouses: a row for each."""

from collections.abc import Sequence
from typing import Any

from common.permissions import Can
from inventory.services.thresholds import refresh_reorder_points
from operations.exchange.fields import Field, Number
from operations.exchange.kinds.base import Kind, refuse_twice
from operations.exchange.kinds.places import SKU, WAREHOUSE, find_places, own_warehouses
from operations.exchange.staging import Work
from operations.exchange.upsert import Target, stage, write

LEVEL = Number(name="threshold", above_zero=True, is_required=True, empty=None, default="0")
THRESHOLD = Target(
    name="threshold",
    table="inventory_lowstockthreshold",
    source="import_place",
    key=[Field(name="variation_id"), Field(name="warehouse_id")],
    fields=[LEVEL],
    made={"created_at": "clock_timestamp()"},
    stamped={"updated_at": "clock_timestamp()"},
)


def judge(work: Work) -> None:
    find_places(work)
    refuse_twice(work, "sku", "warehouse")


def plan(work: Work) -> None:
    """Stage the thresholds; with a commit, keep others from making balances of these variations."""
    work.make(
        "import_place",
        "SELECT r.line, r.threshold, v.id AS variation_id, w.id AS warehouse_id FROM import_row r"
        " JOIN inventory_productvariation v ON v.sku_code = r.sku"
        " JOIN warehouses_warehouse w ON w.code = r.warehouse",
    )
    if work.commits:
        work.run(
            "SELECT id FROM inventory_productvariation"
            " WHERE id IN (SELECT variation_id FROM import_place)"
            " ORDER BY id FOR NO KEY UPDATE"
        )
    stage(work, THRESHOLD)
    work.make("import_fate", "SELECT line, fate FROM import_threshold_final")


def write_thresholds(work: Work) -> None:
    write(work, THRESHOLD, (25, 80))
    changed = work.run(
        "SELECT DISTINCT variation_id FROM import_threshold_final WHERE fate <> 'unchanged'"
    )
    refresh_reorder_points([key for (key,) in changed])


def rows(user: Any) -> tuple[str, Sequence[Any]]:
    return (
        "SELECT v.sku_code AS sku, w.code AS warehouse, t.threshold"
        " FROM inventory_lowstockthreshold t"
        " JOIN inventory_productvariation v ON v.id = t.variation_id"
        " JOIN warehouses_warehouse w ON w.id = t.warehouse_id"
        " WHERE w.id = ANY(%s) ORDER BY t.id",
        [own_warehouses(user)],
    )


THRESHOLDS = Kind(
    name="thresholds",
    title="Thresholds",
    resource="low-stock-thresholds",
    permission=Can.MANAGE_CATALOGUE,
    fields=(SKU, WAREHOUSE, LEVEL),
    judge=judge,
    plan=plan,
    write=write_thresholds,
    rows=rows,
)
