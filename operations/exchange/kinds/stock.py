"""Stock as it is on the shelf: opening stock and counts, posted as movements through the ledger."""

from collections.abc import Iterator, Sequence
from typing import Any

from common.permissions import Can
from inventory.services.correction_limits import require_within_limit
from inventory.services.ledger import apply_stock_changes, lock_balances
from inventory.services.stock_change import PostedChange, StockChange
from operations.exchange.fields import LARGEST_AMOUNT, Day, Field, Number
from operations.exchange.kinds.base import Kind
from operations.exchange.kinds.places import SKU, WAREHOUSE, find_places, own_warehouses
from operations.exchange.staging import Work

LINES_A_POSTING = 1_000
FIELDS = (
    SKU,
    WAREHOUSE,
    Number(name="quantity", is_required=True, also=("on_hand", "stock", "current_stock")),
    Field(name="lot_number", longest=50, also=("lot", "batch")),
    Day(name="expiration_date", also=("expiry_date", "expires")),
    Number(name="unit_cost", places=4, most=LARGEST_AMOUNT),
    Field(name="bin_location", longest=100, also=("bin",)),
)  # fmt: skip


def judge(work: Work) -> None:
    """Note unknown places, rows that are there twice, and lots that are missing or too many."""
    find_places(work)
    work.refuse(
        "SELECT line, 'sku', sku, 'On line ' || first || ' as well. Remove one of the two.'"
        " FROM (SELECT line, sku, min(line) OVER (PARTITION BY sku, warehouse, lot_number) AS first"
        " FROM import_row WHERE sku IS NOT NULL) AS found WHERE line > first"
    )
    goods = (
        " FROM import_row r JOIN inventory_productvariation v ON v.sku_code = r.sku"
        " JOIN inventory_product p ON p.id = v.product_id"
    )
    work.refuse(
        "SELECT r.line, 'lot_number', '', 'These goods track lots. Name the lot.'"
        f"{goods} WHERE (p.lot_tracking OR p.expiration_tracking) AND r.lot_number IS NULL"
    )
    work.refuse(
        "SELECT r.line, 'expiration_date', '', 'These goods expire. Name the date.'"  # nosec B608
        f"{goods} WHERE p.expiration_tracking AND r.expiration_date IS NULL AND NOT EXISTS"
        " (SELECT FROM inventory_lot l WHERE l.variation_id = v.id"
        " AND l.lot_number = r.lot_number)"
    )
    work.refuse(
        "SELECT r.line, 'lot_number', r.lot_number, 'These goods track no lots. Leave it empty.'"
        f"{goods} WHERE NOT (p.lot_tracking OR p.expiration_tracking) AND r.lot_number IS NOT NULL"
    )
    work.refuse(
        "SELECT r.line, 'expiration_date', r.expiration_date::text,"
        " 'The lot expires on ' || l.expiration_date || '. Correct one of the two.'"
        f"{goods} JOIN inventory_lot l ON l.variation_id = v.id"
        " AND l.lot_number = r.lot_number"
        " WHERE r.expiration_date IS NOT NULL AND l.expiration_date <> r.expiration_date"
    )


def plan(work: Work) -> None:
    """Compare the rows with what there is; with a commit, under the locks of the balances."""
    compare(work)
    if work.commits:
        lock_balances(list(changes(work)))
        compare(work)
    work.make("import_fate", "SELECT line, fate FROM import_stock")


def compare(work: Work) -> None:
    """Make import_stock: each row beside its balance, or the lot of it that the row names."""
    places = "coalesce(nullif(s.bin_location, ''), '') <> coalesce(r.bin_location, '')"
    differs = f"OR s.id IS NOT NULL AND {places}" if work.has("bin_location") else ""
    work.make(
        "import_stock",
        "SELECT beside.*, CASE WHEN difference = 0 AND NOT is_elsewhere THEN 'unchanged'"  # nosec B608
        " WHEN is_first THEN 'new' ELSE 'changed' END AS fate FROM ("
        "SELECT r.line, v.id AS variation_id, w.id AS warehouse_id, s.id AS stock_id,"
        " r.lot_number, r.expiration_date, coalesce(r.bin_location, '') AS bin_location,"
        " coalesce(r.unit_cost, v.cost_price) AS unit_cost,"
        " r.quantity - coalesce(CASE WHEN r.lot_number IS NULL THEN s.on_hand"
        " ELSE b.on_hand END, 0)"
        f" AS difference, (false {differs}) AS is_elsewhere,"
        " NOT EXISTS (SELECT FROM inventory_stockmovement m WHERE m.stock_id = s.id) AS is_first"
        " FROM import_row r JOIN inventory_productvariation v ON v.sku_code = r.sku"
        " JOIN warehouses_warehouse w ON w.code = r.warehouse"
        " LEFT JOIN inventory_stock s ON s.variation_id = v.id AND s.warehouse_id = w.id"
        " LEFT JOIN inventory_lot l ON l.variation_id = v.id AND l.lot_number = r.lot_number"
        " LEFT JOIN inventory_lotbalance b ON b.stock_id = s.id AND b.lot_id = l.id) AS beside",
    )


def changes(work: Work) -> Iterator[StockChange]:
    """Yield what is to be posted, in the order of the balances: opening stock or a correction."""
    rows = work.run(
        "SELECT variation_id, warehouse_id, difference, is_first, unit_cost, bin_location,"
        " lot_number, expiration_date FROM import_stock WHERE difference <> 0"
        " ORDER BY stock_id, variation_id, warehouse_id, line"
    )
    for variation, warehouse, difference, is_first, cost, place, lot, expires in rows:
        yield StockChange(
            variation_id=variation,
            warehouse_id=warehouse,
            quantity=difference,
            movement_type="inbound" if is_first else "adjustment",
            unit_cost=cost,
            reason_code="initial_stock" if is_first else "count",
            reason_description="Imported from a file",
            bin_location=place,
            lot_number=lot or "",
            expiration_date=expires,
            may_release_others=True,
            may_be_unavailable=True,
        )


def write_stock(work: Work) -> None:
    """Post the differences, and note where goods lie; raises BeyondLimit, and as the ledger."""
    due = list(changes(work))
    corrections: list[PostedChange] = []
    for first in range(0, len(due), LINES_A_POSTING):
        posted = apply_stock_changes(due[first : first + LINES_A_POSTING], acting_user=work.user)
        corrections += [one for one in posted if one.change.movement_type == "adjustment"]
        work.progress(25 + 65 * min(first + LINES_A_POSTING, len(due)) // len(due))
    require_within_limit(corrections, work.user)
    if work.has("bin_location"):
        work.run(
            "UPDATE inventory_stock s SET bin_location = i.bin_location FROM import_stock i"
            " WHERE s.variation_id = i.variation_id AND s.warehouse_id = i.warehouse_id"
            " AND s.bin_location <> i.bin_location"
        )


def rows(user: Any) -> tuple[str, Sequence[Any]]:
    return (
        "SELECT v.sku_code AS sku, w.code AS warehouse, coalesce(b.on_hand, s.on_hand) AS quantity,"
        " l.lot_number, l.expiration_date, s.average_cost AS unit_cost, s.bin_location"
        " FROM inventory_stock s JOIN inventory_productvariation v ON v.id = s.variation_id"
        " JOIN warehouses_warehouse w ON w.id = s.warehouse_id"
        " LEFT JOIN (inventory_lotbalance b JOIN inventory_lot l ON l.id = b.lot_id)"
        " ON b.stock_id = s.id AND (s.tracks_lots OR s.tracks_expiry) AND b.on_hand <> 0"
        " WHERE w.id = ANY(%s) AND s.on_hand <> 0 ORDER BY s.id, l.id",
        [own_warehouses(user)],
    )


STOCK = Kind(
    name="stocks",
    title="Stock",
    resource="stocks",
    permission=Can.POST_STOCK,
    fields=FIELDS,
    judge=judge,
    plan=plan,
    write=write_stock,
    rows=rows,
)
