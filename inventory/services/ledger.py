"""The one writer of balances, lots, movements and reservations.

Every posting, of any number of lines, is one transaction of at most six statements:
BEGIN, make missing balances (receipts and reservations only), lock the balances in the order of
their keys, read the reservations concerned, write everything, COMMIT. A posting that names no
reservation does without the fourth. Goods that track lots take two more: make the lots that come
in for the first time, and read the lots of the locked balances. Locks are taken in one order by
everybody, so postings never deadlock; what they guard is re-read, so no update is lost.
"""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from common.compiled_queries import prepared_cursor
from inventory.models import ProductVariation, StockMovement
from inventory.models.lot import stock_day
from inventory.services.lot_change import LotPart
from inventory.services.lot_rows import load_lots
from inventory.services.sql_arrays import columns, numbers, texts
from inventory.services.stock_change import (
    Holder,
    PostedChange,
    Posting,
    RunningBalance,
    StockChange,
)
from inventory.signals import STOCK_LEVELS_CHANGED, stock_became_available
from notifications.outbox import record_event
from notifications.stream_waker import wake_streams_after_commit
from warehouses.models import Warehouse

MAKE_MISSING = """
    INSERT INTO inventory_stock
        (variation_id, warehouse_id, on_hand, reserved, unavailable, incoming, average_cost,
         reorder_point, bin_location, tracks_lots, tracks_expiry, quantity_decimals)
    SELECT missing.variation_id, missing.warehouse_id, 0, 0, 0, 0, 0,
           inventory_reorder_point(missing.variation_id, missing.warehouse_id), '',
           missing.lot_tracking, missing.expiration_tracking, missing.decimals
    FROM (
        SELECT p.variation_id, p.warehouse_id, f.lot_tracking, f.expiration_tracking,
               COALESCE(u.decimals, 3) AS decimals
        FROM unnest(%s::bigint[], %s::bigint[]) AS p(variation_id, warehouse_id)
        JOIN inventory_productvariation v ON v.id = p.variation_id
        JOIN inventory_product f ON f.id = v.product_id
        LEFT JOIN inventory_unitofmeasure u ON u.code = v.stock_unit
        WHERE NOT EXISTS (
            SELECT FROM inventory_stock s
            WHERE s.variation_id = p.variation_id AND s.warehouse_id = p.warehouse_id
        )
        ORDER BY 1, 2
        -- Whoever changes what a product tracks, or a threshold, waits or is waited for.
        FOR SHARE OF f, v
    ) AS missing
    ON CONFLICT (variation_id, warehouse_id) DO NOTHING"""

LOCK = """
    SELECT s.id, s.variation_id, s.warehouse_id, s.on_hand, s.reserved, s.unavailable,
           s.incoming, s.average_cost, s.reorder_point, s.tracks_lots, s.tracks_expiry,
           s.quantity_decimals
    FROM unnest(%s::bigint[], %s::bigint[]) AS p(variation_id, warehouse_id)
    JOIN inventory_stock s
      ON s.variation_id = p.variation_id AND s.warehouse_id = p.warehouse_id
    ORDER BY s.id
    FOR NO KEY UPDATE OF s"""

READ_HOLDS = """
    SELECT r.reference_type, r.reference_id, r.stock_id, r.quantity
    FROM unnest(%s::text[], %s::bigint[]) AS p(reference_type, reference_id)
    JOIN inventory_stockreservation r
      ON r.reference_type = p.reference_type AND r.reference_id = p.reference_id"""

READ_NEWEST_HOLDS = """
    SELECT reference_type, reference_id, stock_id, quantity
    FROM inventory_stockreservation
    WHERE stock_id = ANY(%s) AND quantity > 0
    ORDER BY created_at DESC, id DESC"""

HOLDS = """
    holds AS (
        INSERT INTO inventory_stockreservation
            (reference_type, reference_id, stock_id, quantity, created_at)
        SELECT n.*, clock_timestamp()
        FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::numeric[]) AS n
        ON CONFLICT (reference_type, reference_id, stock_id)
        DO UPDATE SET quantity = EXCLUDED.quantity
    ),"""

LOTS = """
    lots AS (
        INSERT INTO inventory_lotbalance (stock_id, lot_id, on_hand, quarantined, expired)
        SELECT n.*
        FROM unnest(%s::bigint[], %s::bigint[], %s::numeric[], %s::boolean[], %s::boolean[]) AS n
        ON CONFLICT (stock_id, lot_id)
        DO UPDATE SET on_hand = EXCLUDED.on_hand, quarantined = EXCLUDED.quarantined,
                      expired = EXCLUDED.expired
    ),"""

# Dated once, after the locks were taken: now() is the transaction's start, before them.
WRITE = """
    WITH balances AS (
        UPDATE inventory_stock s
        SET on_hand = n.on_hand, reserved = n.reserved, unavailable = n.unavailable,
            incoming = n.incoming, average_cost = n.average_cost
        FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[], %s::numeric[], %s::numeric[],
                    %s::numeric[])
            AS n(id, on_hand, reserved, unavailable, incoming, average_cost)
        WHERE s.id = n.id
    ),{holds}{lots} moment AS MATERIALIZED (
        SELECT clock_timestamp() AS now
    ), moved AS (
        INSERT INTO inventory_stockmovement
            (stock_id, variation_id, warehouse_id, movement_type, quantity, stock_before,
             stock_after, unit_cost, total_value, reason_code, reason_description,
             reference_type, reference_code, bin_location, lot_id, lot_number,
             expiration_date, occurred_at, recorded_at, processed_by_id, approved_by_id, notes)
        SELECT n.stock_id, n.variation_id, n.warehouse_id, n.movement_type, n.quantity,
               n.stock_before, n.stock_after, n.unit_cost, round(n.quantity * n.unit_cost, 4),
               n.reason_code, n.reason_description, n.reference_type, n.reference_code,
               n.bin_location, n.lot_id, n.lot_number, n.expiration_date,
               COALESCE(n.occurred_at, moment.now), moment.now, %s::bigint, n.approved_by_id,
               n.notes
        FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::numeric[], %s::numeric[],
                    %s::numeric[], %s::numeric[], %s::bigint[], %s::bigint[], %s::text[],
                    %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                    %s::text[], %s::date[], %s::timestamptz[]) WITH ORDINALITY
            AS n(stock_id, variation_id, warehouse_id, quantity, stock_before, stock_after,
                 unit_cost, approved_by_id, lot_id, movement_type, reason_code, reason_description,
                 reference_type, reference_code, bin_location, lot_number, notes,
                 expiration_date, occurred_at, line)
        CROSS JOIN moment
        ORDER BY n.line
        RETURNING id, recorded_at
    )
    SELECT array_agg(id ORDER BY id), min(recorded_at) FROM moved"""
# By whether reservations, and whether lots, are written too: each is prepared once.
WRITES = {
    (with_holds, with_lots): WRITE.format(
        holds=HOLDS if with_holds else "", lots=LOTS if with_lots else ""
    )
    for with_holds in (False, True)
    for with_lots in (False, True)
}


def apply_stock_changes(
    changes: Sequence[StockChange], *, acting_user: Any, quiet: bool = False
) -> list[PostedChange]:
    """Post all lines or none, and return what became of each, in their order.

    Changes balances, their lots, movements and reservations. Locks the balances until the
    transaction ends; whoever also locks a document does so before. Takes no savepoint inside a
    caller's transaction: a refusal comes before any write, but empty balances that it made stay
    unless the caller's own atomic block undoes them. `quiet` leaves out alerts (bulk replay of
    history). Expired lots of the balances become unavailable on the way, whether or not they move.
    Raises InsufficientStock naming every short line, UnfitLines where lots are missing or wrong,
    ReservationMismatch, and InvalidInput where a balance would leave its range.
    """
    if not changes:
        return []
    with nullcontext() if connection.in_atomic_block else transaction.atomic():
        balances = lock_balances(changes)
        posting = Posting(balances, read_holds(changes))
        try:
            load_lots(balances, changes, stock_day())
            cover_reservations(posting)
            posting.apply(changes)
        except Exception as error:
            name_lines(error)
            raise
        cover_reservations(posting)
        write(posting, acting_user)
        announce(posting, acting_user, quiet=quiet)
    return posting.posted


def lock_balances(changes: Iterable[StockChange]) -> dict[tuple[int, int], RunningBalance]:
    """Make missing balances where goods come in or are wanted, lock all in order of their keys.

    A reservation needs the row even with nothing on hand: without it, it could not be kept apart
    from the receipt that makes the row.
    """
    pairs = sorted({(change.variation_id, change.warehouse_id) for change in changes})
    arriving = {
        (change.variation_id, change.warehouse_id)
        for change in changes
        if change.quantity > 0 or change.incoming > 0 or change.hold > 0
    }
    with prepared_cursor() as cursor:
        if arriving:
            cursor.execute(MAKE_MISSING, [*map(numbers, columns(sorted(arriving), 2))])
        cursor.execute(LOCK, [*map(numbers, columns(pairs, 2))])
        rows = [RunningBalance(*row) for row in cursor.fetchall()]
    return {(row.variation_id, row.warehouse_id): row for row in rows}


def read_holds(changes: Iterable[StockChange]) -> dict[tuple[Holder, int], Decimal]:
    """Read, under the locks, what the lines' holders have reserved."""
    holders = sorted({change.holder for change in changes if change.holder is not None})
    if not holders:
        return {}
    types, line_ids = columns(holders, 2)
    with prepared_cursor() as cursor:
        cursor.execute(READ_HOLDS, [texts(types), numbers(line_ids)])
        return {(Holder(row[0], row[1]), row[2]): row[3] for row in cursor.fetchall()}


def cover_reservations(posting: Posting) -> None:
    """Take back the newest reservations of balances that no longer cover them all."""
    by_id = {row.id: row for row in posting.balances.values() if row.available < 0}
    if not by_id:
        return
    with connection.cursor() as cursor:
        cursor.execute(READ_NEWEST_HOLDS, [sorted(by_id)])
        rows = cursor.fetchall()
    for reference_type, line_id, stock_id, stored in rows:
        balance, holder = by_id[stock_id], Holder(reference_type, line_id)
        held = posting.holds.setdefault((holder, stock_id), stored)
        if balance.available < 0 and held > 0:
            balance.lost_reservations = True
            freed = min(held, -balance.available)
            posting.set_hold(holder, balance, held - freed)
            posting.note_release(stock_id, freed)


def write(posting: Posting, acting_user: Any) -> None:
    """Write balances, lots, reservations and movements in one statement; note the keys."""
    balances = [
        (row.id, row.on_hand, row.reserved, row.unavailable, row.incoming, row.average_cost)
        for row in posting.balances.values()
    ]
    parameters: list[Any] = [numbers(column) for column in columns(balances, 6)]
    holds = hold_columns(posting) if posting.touched_holds else []
    lots = lot_columns(posting)
    moved = ledger_lines(posting)
    parameters += [*holds, *lots, acting_user.pk if acting_user else None, *movement_columns(moved)]
    with prepared_cursor() as cursor:
        cursor.execute(WRITES[bool(holds), bool(lots)], parameters)
        keys, recorded_at = cursor.fetchone()
    for (posted, part), key in zip(moved, keys or (), strict=True):
        posted.movement_id = posted.movement_id or key
        posted.recorded_at = recorded_at
        posted.occurred_at = posted.change.occurred_at or recorded_at
        if part is not None:
            part.movement_id = key


def lot_columns(posting: Posting) -> list[str]:
    rows = [
        (balance.id, lot.id, lot.on_hand, lot.quarantined, lot.expired)
        for balance in posting.balances.values()
        for lot in balance.lots.values()
        if lot.touched
    ]
    return [numbers(column) for column in columns(rows, 5)] if rows else []


def ledger_lines(posting: Posting) -> list[tuple[PostedChange, LotPart | None]]:
    """Return what becomes a movement each: a line, or the part of it that is of one lot."""
    lines: list[tuple[PostedChange, LotPart | None]] = []
    for posted in posting.posted:
        if posted.lots:
            lines += [(posted, part) for part in posted.lots]
        elif posted.change.quantity:
            lines.append((posted, None))
    return lines


def hold_columns(posting: Posting) -> list[str]:
    """Return the columns of reservations; of two new ones, the one made later is the newer."""
    keys = list(posting.touched_holds)
    return [
        texts([holder.reference_type for holder, _ in keys]),
        numbers([holder.line_id for holder, _ in keys]),
        numbers([stock_id for _, stock_id in keys]),
        numbers([posting.holds[key] for key in keys]),
    ]


def movement_columns(moved: Sequence[tuple[PostedChange, LotPart | None]]) -> list[str]:
    """Return the columns of the new ledger lines: first the numbers, then the texts."""
    amounts = columns([amounts_of(*line) for line in moved], 9)
    words = columns([words_of(posted.change, part) for posted, part in moved], 10)
    return [*map(numbers, amounts), *map(texts, words)]


def amounts_of(posted: PostedChange, part: LotPart | None) -> tuple[Any, ...]:
    change = posted.change
    moved = posted if part is None else part
    return (
        posted.stock_id,
        change.variation_id,
        change.warehouse_id,
        change.quantity if part is None else part.quantity,
        moved.stock_before,
        moved.stock_after,
        posted.unit_cost,
        change.approved_by_id,
        None if part is None else part.lot_id,
    )


def words_of(change: StockChange, part: LotPart | None) -> tuple[Any, ...]:
    lot = change if part is None else part
    return (
        change.movement_type,
        change.reason_code,
        change.reason_description,
        change.reference_type,
        change.reference_code,
        change.bin_location,
        lot.lot_number,
        change.notes,
        lot.expiration_date,
        change.occurred_at,
    )


def announce(posting: Posting, acting_user: Any, *, quiet: bool) -> None:
    """Tell, in this transaction, whom risen stock and low stock concern."""
    wake_streams_after_commit()
    balances = posting.balances.values()
    if not quiet:
        concerned = [balance.id for balance in balances if balance.concerns_alerts]
        if concerned:
            record_event(STOCK_LEVELS_CHANGED, {"stock_ids": concerned})
    risen = [row.id for row in balances if row.has_risen]
    if risen:
        stock_became_available.send(
            sender=StockMovement, stock_ids=risen, acting_user=acting_user, quiet=quiet
        )


def name_lines(error: Exception) -> None:
    """Add SKUs and warehouse codes to the short lines of a refusal."""
    lines = getattr(error, "details", {}).get("lines", [])
    skus = ProductVariation.objects.in_bulk({line["variation_id"] for line in lines})
    codes = Warehouse.objects.in_bulk({line["warehouse_id"] for line in lines})
    for line in lines:
        line["sku"] = skus[line.pop("variation_id")].sku_code
        line["warehouse"] = codes[line.pop("warehouse_id")].code
