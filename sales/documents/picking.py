"""What is to be taken from which bin: for what is open of an order, or for one fulfilment."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Max

from common.exceptions import WrongState
from inventory.models import LotBalance, Stock, StockMovement
from inventory.models.lot import stock_day
from inventory.services.lot_change import RunningLot, first_expired_first_out
from sales.models import Fulfilment, FulfilmentItem, SalesOrder, SalesOrderItem

ZERO = Decimal(0)
NUMBERS = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Portion:
    """So much of one lot."""

    lot_number: str
    expires: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Pick:
    """So much of an order line out of a bin; `short` is what is not there for it."""

    item: SalesOrderItem
    bin_location: str
    quantity: Decimal
    short: Decimal = ZERO
    lots: tuple[Portion, ...] = ()
    warehouse: str = ""


def open_picks(order: SalesOrder) -> list[Pick]:
    """Propose what to take for all that is outstanding, by bins, in three queries.

    A line gets what it has reserved, then what is available, which lines of the same goods share
    in their order. Of goods that track lots it takes what the ledger would: the first to expire
    first. Raises WrongState where nothing is outstanding.
    """
    found = SalesOrderItem.objects.with_reserved().filter(order=order)
    items: list[Any] = [
        one for one in found.select_related("variation__product") if one.outstanding
    ]
    if not items:
        text = f"Nothing of {order.order_number} is to be picked. Name a fulfilment of it."
        raise WrongState(text, {"fulfilment": [text]})
    stocks = {
        stock.variation_id: stock
        for stock in Stock.objects.filter(
            warehouse=order.warehouse_id, variation__in={item.variation_id for item in items}
        )
    }
    lots = sellable_lots(stocks.values())
    free = {key: max(stock.available, ZERO) for key, stock in stocks.items()}
    picks = []
    for item in items:
        stock = stocks.get(item.variation_id)
        reserved: Decimal = item.quantity_reserved
        taken = min(item.outstanding, reserved + free.get(item.variation_id, ZERO))
        if stock is not None:
            free[item.variation_id] -= max(taken - reserved, ZERO)
        picks.append(
            Pick(
                item,
                stock.bin_location if stock else "",
                taken,
                item.outstanding - taken,
                take(lots[stock.pk], taken) if stock and stock.pk in lots else (),
                order.warehouse.code,
            )
        )
    return sorted(picks, key=by_bin)


def fulfilment_picks(fulfilment: Fulfilment) -> list[Pick]:
    """Return what left with a fulfilment, by bins and with its lots, in four queries."""
    lines = list(
        FulfilmentItem.objects.filter(fulfilment=fulfilment).select_related(
            "order_item__variation__product", "warehouse"
        )
    )
    bins = bins_of(lines)
    left = lots_that_left(fulfilment)
    picks = []
    for line in lines:
        place = line.order_item.variation_id, line.warehouse_id
        picks.append(
            Pick(
                line.order_item,
                bins.get(place, ""),
                line.quantity,
                lots=take(left.get(place, []), line.quantity),
                warehouse=line.warehouse.code,
            )
        )
    return sorted(picks, key=by_bin)


def bins_of(lines: Iterable[FulfilmentItem]) -> dict[tuple[int, int], str]:
    """Return where the goods of some lines lie, by variation and warehouse."""
    places = {(line.order_item.variation_id, line.warehouse_id) for line in lines}
    found = Stock.objects.filter(
        variation__in={variation for variation, _ in places},
        warehouse__in={warehouse for _, warehouse in places},
    )
    return {
        (variation, warehouse): bin_location
        for variation, warehouse, bin_location in found.values_list(
            "variation_id", "warehouse_id", "bin_location"
        )
    }


def sellable_lots(stocks: Iterable[Stock]) -> dict[int, list[RunningLot]]:
    """Return by balance the lots that may leave today."""
    lots: dict[int, list[RunningLot]] = defaultdict(list)
    balances = LotBalance.objects.filter(stock__in=list(stocks), on_hand__gt=0, quarantined=False)
    for balance in balances.select_related("lot"):
        lot = RunningLot(
            balance.lot_id, balance.lot.lot_number, balance.lot.expiration_date, balance.on_hand,
            quarantined=False, expired=balance.expired,
        )  # fmt: skip
        if not lot.expired and not lot.expires_by(stock_day()):
            lots[balance.stock_id].append(lot)
    return lots


def lots_that_left(fulfilment: Fulfilment) -> dict[tuple[int, int], list[RunningLot]]:
    """Return by variation and warehouse the lots of a fulfilment, as the ledger has them.

    Whoever delivers locks the order, so an order's fulfilments follow each other: what moved for it
    after the one before and up to this one is this one's.
    """
    before = Fulfilment.objects.filter(order=fulfilment.order, pk__lt=fulfilment.pk).aggregate(
        last=Max("recorded_at")
    )["last"]
    moved = StockMovement.objects.filter(
        reference_type="sales_order",
        reference_code=fulfilment.order.order_number,
        lot__isnull=False,
        quantity__lt=0,
        recorded_at__lte=fulfilment.recorded_at,
        **({"recorded_at__gt": before} if before else {}),
    ).order_by("pk")
    left: dict[tuple[int, int], list[RunningLot]] = defaultdict(list)
    for one in moved:
        left[one.variation_id, one.warehouse_id].append(
            RunningLot(
                one.pk, one.lot_number, one.expiration_date, -one.quantity,
                quarantined=False, expired=False,
            )
        )  # fmt: skip
    return left


def take(lots: list[RunningLot], wanted: Decimal) -> tuple[Portion, ...]:
    """Take so much of the lots, first the one that expires first, and count it off them."""
    there = sum((lot.on_hand for lot in lots), ZERO)
    if not min(wanted, there):
        return ()
    chosen = first_expired_first_out(lots, min(wanted, there))
    for lot, quantity in chosen:
        lot.change(-quantity)
    return tuple(
        Portion(lot.lot_number, str(lot.expiration_date or ""), quantity)
        for lot, quantity in chosen
    )


def by_bin(pick: Pick) -> tuple[str, bool, list[str], int]:
    """Order bins as one walks past them, A-2 before A-10; what has no bin comes last."""
    parts = NUMBERS.split(pick.bin_location)
    walked = [part.zfill(12) if part.isdigit() else part for part in parts]
    return pick.warehouse, not pick.bin_location, walked, pick.item.position
