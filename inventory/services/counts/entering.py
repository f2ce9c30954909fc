"""Entering what was counted, each entry compared with the ledger at that moment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from common.exceptions import InvalidInput, WrongState
from inventory.bins import lying_in
from inventory.exceptions import StockMoved
from inventory.models import ProductVariation, Stock, StockCount, StockCountLine
from inventory.queries import category_subtree
from inventory.services.units import require_fit

ZERO, HUNDRED = Decimal(0), Decimal(100)
Status = StockCount.Status
Key = tuple[int, str]

LEDGER_NOW = """
    SELECT wanted.variation_id, wanted.lot_number,
           COALESCE(CASE WHEN wanted.lot_number = '' THEN s.on_hand ELSE b.on_hand END, 0),
           COALESCE(NULLIF(s.average_cost, 0), v.cost_price),
           (SELECT max(m.id) FROM inventory_stockmovement m WHERE m.stock_id = s.id)
    FROM unnest(%s::bigint[], %s::text[]) AS wanted(variation_id, lot_number)
    JOIN inventory_productvariation v ON v.id = wanted.variation_id
    LEFT JOIN inventory_stock s ON s.variation_id = v.id AND s.warehouse_id = %s
    LEFT JOIN inventory_lot l ON l.variation_id = v.id AND l.lot_number = wanted.lot_number
    LEFT JOIN inventory_lotbalance b ON b.lot_id = l.id AND b.stock_id = s.id"""

ENTERED = [
    "counted_quantity", "on_hand_at_scan", "movement_at_scan", "unit_cost", "first_quantity",
    "needs_recount", "counted_by", "counted_at", "notes",
]  # fmt: skip


class LedgerNow(NamedTuple):
    """What the ledger says of a variation, or a lot of it, at one moment."""

    on_hand: Decimal
    unit_cost: Decimal
    last_movement: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A counted quantity of a line, or of goods that the count has no line for yet.

    adds: it comes on top of what was entered before, as when pieces are scanned one by one.
    """

    quantity: Decimal
    line: StockCountLine | None = None
    variation: ProductVariation | None = None
    lot_number: str = ""
    expiration_date: date | None = None
    adds: bool = False
    notes: str = ""


def lock_count(count: StockCount) -> StockCount:
    """Lock a count until the transaction ends and return it as it is now."""
    locked: StockCount = (
        StockCount.objects.select_for_update(no_key=True, of=("self",))
        .select_related("warehouse", "category")
        .get(pk=count.pk)
    )
    return locked


@transaction.atomic
def enter_counted(
    *, count: StockCount, entries: Sequence[Entry], acting_user: Any
) -> list[StockCountLine]:
    """Enter counted quantities, all or none, and return the lines they stand in.

    A difference beyond the count's tolerance asks for a recount; the next entry of that line is
    it. Goods that the count has no line for get one, where they are within its scope. Locks the
    count, no balance: trading goes on. Raises WrongState, InvalidInput, and StockMoved where
    pieces are added to a line whose stock moved between.
    """
    count = lock_count(count)
    if count.status != Status.COUNTING:
        text = f"A stock count that is {count.status} takes no more entries."
        raise WrongState(text, {"status": [text]})
    require_entries(entries)
    made = make_lines(count, entries)
    lines = [entry.line or made[key_of(entry)] for entry in entries]
    fresh = {line.pk: line for line in StockCountLine.objects.filter(
        count=count, pk__in=[line.pk for line in lines]
    ).select_related("variation__product")}  # fmt: skip
    require_fit(
        (fresh[line.pk].variation, entry.quantity, f"lines.{index}.counted_quantity")
        for index, (entry, line) in enumerate(zip(entries, lines, strict=True))
        if line.pk in fresh
    )
    now = ledger_now(count, fresh.values())
    for index, (entry, line) in enumerate(zip(entries, lines, strict=True)):
        if line.pk not in fresh:
            text = "The count has no such line. Read it again."
            raise InvalidInput(text, {f"lines.{index}.id": [text]})
        enter(count, fresh[line.pk], entry, now, acting_user)
    StockCountLine.objects.bulk_update(fresh.values(), ENTERED)
    return [fresh[line.pk] for line in lines]


def require_entries(entries: Sequence[Entry]) -> None:
    errors: dict[str, list[Any]] = {} if entries else {"lines": ["Enter at least one line."]}
    seen: set[Any] = set()
    for index, entry in enumerate(entries):
        if entry.quantity < 0:
            errors[f"lines.{index}.counted_quantity"] = ["Send a quantity of at least 0."]
        key = entry.line.pk if entry.line else key_of(entry)
        if key in seen and not entry.adds:
            errors[f"lines.{index}"] = ["This line is named twice. Send one quantity for it."]
        seen.add(key)
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)


def key_of(entry: Entry) -> Key:
    assert entry.variation is not None, "an entry names a line or a variation"
    return entry.variation.pk, entry.lot_number


def make_lines(count: StockCount, entries: Sequence[Entry]) -> dict[Key, StockCountLine]:
    """Make lines for goods that turned up and were not expected, and return them by key."""
    unexpected = {key_of(entry): entry for entry in entries if entry.line is None}
    if not unexpected:
        return {}
    require_in_scope(
        count, {index: entry for index, entry in enumerate(entries) if entry.line is None}
    )
    lines = [
        StockCountLine(
            count=count,
            warehouse=count.warehouse,
            variation=entry.variation,
            lot_number=entry.lot_number,
            expiration_date=entry.expiration_date,
            expected=ZERO,
        )
        for entry in unexpected.values()
    ]
    try:
        with transaction.atomic():
            StockCountLine.objects.bulk_create(lines)
    except IntegrityError:
        text = "Another open count has some of these goods already. Enter them there."
        raise WrongState(text, {"lines": [text]}) from None
    return {(line.variation_id, line.lot_number): line for line in lines}


def require_in_scope(count: StockCount, entries: Mapping[int, Entry]) -> None:
    """Raise InvalidInput naming goods that this count is not about, or whose lot is missing.

    Entries are known by their place in what was sent.
    """
    errors: dict[str, list[Any]] = {}
    named = {index: entry.variation for index, entry in entries.items() if entry.variation}
    outside = goods_outside(count, named.values())
    for index, variation in named.items():
        lot_number = entries[index].lot_number
        if variation.pk in outside:
            text = f"{variation.sku_code} {outside[variation.pk]}. Count it in another count."
            errors[f"lines.{index}.sku"] = [text]
        tracks = variation.product.comes_in_lots
        if tracks and not lot_number:
            text = f"{variation.sku_code} tracks lots. Name the lot."
            errors[f"lines.{index}.lot_number"] = [text]
        if lot_number and not tracks:
            text = f"{variation.sku_code} tracks no lots. Leave the lot out."
            errors[f"lines.{index}.lot_number"] = [text]
    if errors:
        raise InvalidInput(next(iter(errors.values()))[0], errors)


def goods_outside(count: StockCount, goods: Iterable[ProductVariation]) -> dict[int, str]:
    """Return by key which of some goods a count is not about, and why not.

    Of a count of bins that is what is in stock elsewhere: its pieces there would be missed.
    """
    keys = {variation.pk for variation in goods}
    if count.bins:
        stocks = Stock.objects.filter(
            warehouse=count.warehouse_id, variation__in=keys, on_hand__gt=0
        )
        there = lying_in(stocks, count.warehouse_id, count.bins).values("pk")
        elsewhere = stocks.exclude(pk__in=there).values_list("variation", "bin_location")
        return {
            key: f"lies in {lies_in or 'no bin'}, and {count.code} counts bins {count.bins}"
            for key, lies_in in elsewhere
        }
    if count.category is not None:
        inside = ProductVariation.objects.filter(
            pk__in=keys, product__category__in=category_subtree([count.category])
        )
        keys -= set(inside.values_list("pk", flat=True))
    elif not (count.is_partial or count.abc_class):
        return {}
    return dict.fromkeys(keys, f"is not part of {count.code}")


def ledger_now(count: StockCount, lines: Iterable[StockCountLine]) -> dict[Key, LedgerNow]:
    """Read what the ledger says of lines, all at one moment."""
    keys = sorted({(line.variation_id, line.lot_number) for line in lines})
    with connection.cursor() as cursor:
        cursor.execute(
            LEDGER_NOW,
            [[key for key, _ in keys], [lot for _, lot in keys], count.warehouse_id],
        )
        return {(row[0], row[1]): LedgerNow(*row[2:]) for row in cursor.fetchall()}


def enter(
    count: StockCount,
    line: StockCountLine,
    entry: Entry,
    now: dict[Key, LedgerNow],
    acting_user: Any,
) -> None:
    """Note a counted quantity in a line, and whether it is to be counted again."""
    ledger = now[line.variation_id, line.lot_number]
    before = line.counted_quantity
    if entry.adds and before is not None and line.movement_at_scan != ledger.last_movement:
        text = f"Stock of {line} moved since its first entry. Count the line from the start."
        raise StockMoved(text, {"lines": [text]})
    is_recount = line.needs_recount and not entry.adds
    line.counted_quantity = (before or ZERO) + entry.quantity if entry.adds else entry.quantity
    line.on_hand_at_scan, line.unit_cost = ledger.on_hand, ledger.unit_cost
    line.movement_at_scan = ledger.last_movement
    line.counted_by, line.counted_at = acting_user, timezone.now()
    line.notes = entry.notes or line.notes
    if is_recount:
        line.first_quantity = before
    line.needs_recount = line.first_quantity is None and is_beyond(count, line)


def is_beyond(count: StockCount, line: StockCountLine) -> bool:
    """Say whether a line differs by more than the count tolerates."""
    most = (line.on_hand_at_scan or ZERO) * count.recount_tolerance_percent / HUNDRED
    return abs(line.difference or ZERO) > most
