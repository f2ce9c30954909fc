"""What is to be taken from which bin: for what is open of an order, or for one fulfilment."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Max

from common.exceptions import WrongState
from inventory.bins import walking_order
from inventory.documents.portions import Portion, sellable_lots, take
from inventory.models import Stock, StockMovement
from inventory.services.lot_change import RunningLot
from sales.models import Fulfilment, FulfilmentItem, SalesOrder, SalesOrderItem

ZERO = Decimal(0)


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


def by_bin(pick: Pick) -> tuple[str, tuple[bool, list[str]], int]:
    """Order picks by warehouse and, in each, as one walks past the bins."""
    return pick.warehouse, walking_order(pick.bin_location), pick.item.position
