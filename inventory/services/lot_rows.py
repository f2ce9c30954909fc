"""Reading the lots of locked balances into a posting; making those whose first goods come in.

The balance's lock guards its lots. Two statements, or one where nothing comes in, and none for
goods that track no lots.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper

from common.compiled_queries import prepared_cursor
from inventory.exceptions import LineProblem, UnfitLines
from inventory.models import StockMovement
from inventory.services.lot_change import RunningLot
from inventory.services.sql_arrays import columns, numbers, texts
from inventory.services.stock_change import RunningBalance, StockChange

MAKE_LOTS = """
    INSERT INTO inventory_lot (variation_id, lot_number, expiration_date, created_at)
    SELECT n.variation_id, n.lot_number, n.expiration_date, clock_timestamp()
    FROM unnest(%s::bigint[], %s::text[], %s::date[])
        AS n(variation_id, lot_number, expiration_date)
    ORDER BY 1, 2
    ON CONFLICT (variation_id, lot_number) DO NOTHING"""

# Each lot that is in stock in one of the balances, or that a line names, beside all of them.
READ_LOTS = """
    WITH place AS (
        SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS p(stock_id, variation_id)
    ), concerned AS (
        SELECT b.lot_id FROM place JOIN inventory_lotbalance b ON b.stock_id = place.stock_id
        WHERE b.on_hand > 0
        UNION
        SELECT l.id FROM unnest(%s::bigint[], %s::text[]) AS n(variation_id, lot_number)
        JOIN inventory_lot l ON l.variation_id = n.variation_id AND l.lot_number = n.lot_number
    )
    SELECT place.stock_id, l.id, l.lot_number, l.expiration_date, COALESCE(b.on_hand, 0),
           COALESCE(b.quarantined, false), COALESCE(b.expired, false)
    FROM concerned
    JOIN inventory_lot l ON l.id = concerned.lot_id
    JOIN place ON place.variation_id = l.variation_id
    LEFT JOIN inventory_lotbalance b ON b.stock_id = place.stock_id AND b.lot_id = l.id"""

Balances = Mapping[tuple[int, int], RunningBalance]
Named = list[tuple[int, StockChange, RunningBalance, str]]


def load_lots(balances: Balances, changes: Sequence[StockChange], today: date) -> None:
    """Give tracked balances their lots as of today; raise UnfitLines for lines that do not fit.

    A lot whose last day is over is no longer available from here on, whether or not the nightly
    task has been at it.
    """
    tracked = {balance.id: balance for balance in balances.values() if balance.is_tracked}
    if not tracked:
        return
    named = named_lots(balances, changes)
    with prepared_cursor() as cursor:
        make_lots(cursor, named)
        for stock_id, *row in read_lots(cursor, tracked.values(), named):
            lot = RunningLot(*row)
            tracked[stock_id].lots[lot.lot_number] = lot
    for balance in tracked.values():
        for lot in balance.lots.values():
            balance.set_condition(lot, quarantined=lot.quarantined, expired=lot.expires_by(today))
    refuse([problem for line in named for problem in misfits(*line, today)])


def named_lots(balances: Balances, changes: Sequence[StockChange]) -> Named:
    """Return the lines that name a lot; raise UnfitLines where one should and does not."""
    named: Named = []
    missing = []
    for index, change in enumerate(changes):
        balance = balances.get((change.variation_id, change.warehouse_id))
        if balance is None or not balance.is_tracked:
            continue
        name = balance.lot_name(change)
        if name:
            named.append((index, change, balance, name))
        elif change.quarantine is not None or change.quantity > 0:
            missing.append(without_lot(index, balance))
    refuse(missing)
    return named


def without_lot(index: int, balance: RunningBalance) -> LineProblem:
    if balance.tracks_lots:
        return LineProblem(index, "lot_number", "These goods track lots. Name the lot.")
    text = "These goods track expiry dates. Send the date, as YYYY-MM-DD."
    return LineProblem(index, "expiration_date", text)


def make_lots(cursor: CursorWrapper, named: Named) -> None:
    """Make the lots that come in for the first time, in the order of their names."""
    arriving: dict[tuple[int, str], date | None] = {}
    for _, change, _, name in named:
        if change.quantity > 0:
            key = (change.variation_id, name)
            arriving[key] = arriving.get(key) or change.expiration_date
    if arriving:
        rows = [(*key, expires) for key, expires in sorted(arriving.items(), key=first_of)]
        variations, names, dates = columns(rows, 3)
        cursor.execute(MAKE_LOTS, [numbers(variations), texts(names), texts(dates)])


def first_of(pair: tuple[Any, Any]) -> Any:
    return pair[0]


def read_lots(cursor: CursorWrapper, balances: Any, named: Named) -> list[tuple[Any, ...]]:
    places = columns(sorted((balance.id, balance.variation_id) for balance in balances), 2)
    wanted = sorted({(change.variation_id, name) for _, change, _, name in named})
    variations, names = columns(wanted, 2)
    cursor.execute(READ_LOTS, [*map(numbers, places), numbers(variations), texts(names)])
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def misfits(
    index: int, change: StockChange, balance: RunningBalance, name: str, today: date
) -> list[LineProblem]:
    """Say what of a line that names a lot does not fit it."""
    lot = balance.lots.get(name)
    if lot is None:
        return [LineProblem(index, "lot_number", f'No lot "{name}" of these goods is known.')]
    wrong = [text for check in CHECKS if (text := check(change, balance, lot, today))]
    return [LineProblem(index, "expiration_date", text) for text in wrong[:1]]


def another_date(change: StockChange, balance: RunningBalance, lot: RunningLot, _: date) -> str:
    if change.expiration_date in (None, lot.expiration_date):
        return ""
    known = f"expires on {lot.expiration_date}" if lot.expiration_date else "has no expiry date"
    return f"Lot {lot.lot_number} is known and {known}. Leave the date out, or correct the lot."


def no_date(change: StockChange, balance: RunningBalance, lot: RunningLot, _: date) -> str:
    if change.quantity <= 0 or not balance.tracks_expiry or lot.expiration_date:
        return ""
    return "These goods track expiry dates. Send the date, as YYYY-MM-DD."


def expired_on_arrival(
    change: StockChange, balance: RunningBalance, lot: RunningLot, today: date
) -> str:
    arrives = change.quantity > 0 and change.movement_type == StockMovement.Type.INBOUND
    day = change.occurred_at.date() if change.occurred_at else today
    if not arrives or change.may_be_unavailable or not lot.expires_by(day):
        return ""
    return f"Lot {lot.lot_number} expired on {lot.expiration_date}. Reject it, or correct the date."


CHECKS: tuple[Callable[[StockChange, RunningBalance, RunningLot, date], str], ...] = (
    another_date,
    no_date,
    expired_on_arrival,
)


def refuse(problems: Sequence[LineProblem]) -> None:
    if problems:
        raise UnfitLines(problems)
