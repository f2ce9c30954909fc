"""What happens on the floors of the demo company today: goods moved, asked for and counted."""

from decimal import ROUND_CEILING, Decimal

from django.db.models import OuterRef, Subquery

from inventory.models import ProductVariation, Stock, TransferRequest
from inventory.services.adjustments import Correction, request_adjustment
from inventory.services.counts.closing import approve_count, submit_count
from inventory.services.counts.entering import Entry, enter_counted
from inventory.services.counts.opening import Scope, open_count
from inventory.services.transfers.requests import approve_transfer, request_transfer
from inventory.services.wanted_lines import WantedLine
from users.models import User
from warehouses.models import Warehouse

PLENTY = 12
MOVED = (Decimal(4), Decimal(6))
COUNTED, BEING_COUNTED = 8, 6
FOUND_WORTH = Decimal(1500)  # more than staff may correct alone
MISSING = {2: Decimal(-1), 5: Decimal(1)}


def work_on_the_floor(users: dict[str, User], warehouses: dict[str, Warehouse]) -> None:
    """Leave a transfer in transit, one that waits, a finished count, an open one, an adjustment."""
    name_bins()
    main, second, third = (warehouses[code] for code in ("WH001", "WH002", "WH003"))
    plenty = plentiful(main, second, third)
    coming = ask(main, second, plenty[:2], "For the autumn window", users["manager"])
    approve_transfer(transfer=coming, note="Agreed.", acting_user=users["admin"])
    ask(main, third, plenty[2:4], "We run out at the weekend", users["omar.haddad"])
    count_some(main, plenty[4 : 4 + COUNTED], users)
    begin_to_count(main, plenty[4 + COUNTED :], users["staff"])
    ask_to_correct(main, plenty[0], users["staff"])


def name_bins() -> None:
    """Say of each balance where it lies: each product has one place, the same everywhere."""
    place = ProductVariation.objects.filter(pk=OuterRef("variation")).values(
        "product__warehouse_location"
    )
    Stock.objects.update(bin_location=Subquery(place))


def plentiful(warehouse: Warehouse, *others: Warehouse) -> list[ProductVariation]:
    """Return variations of which a warehouse has enough to give some to others, the most first."""
    stocks = Stock.objects.filter(
        warehouse=warehouse, is_low=False, on_hand__gte=PLENTY, reserved=0,
        variation__stock_unit="pieces",
    )  # fmt: skip
    for other in others:
        stocks = stocks.filter(variation__stocks__warehouse=other)
    found = stocks.select_related("variation__product").order_by("-on_hand", "pk")
    return [stock.variation for stock in found[: 4 + COUNTED + BEING_COUNTED]]


def ask(
    source: Warehouse,
    destination: Warehouse,
    variations: list[ProductVariation],
    notes: str,
    user: User,
) -> TransferRequest:
    lines = [
        WantedLine(variation=variation, quantity=quantity)
        for variation, quantity in zip(variations, MOVED, strict=False)
    ]
    return request_transfer(
        from_warehouse=source, to_warehouse=destination, lines=lines, notes=notes, acting_user=user
    )


def count_some(
    warehouse: Warehouse, variations: list[ProductVariation], users: dict[str, User]
) -> None:
    """Count some goods, two of them a little wrong, and let the manager approve it."""
    clerk = users["staff"]
    count = open_count(
        warehouse=warehouse,
        scope=Scope(variations=variations),
        notes="Monthly count of aisle A",
        acting_user=clerk,
    )
    entries = [
        Entry(line=line, quantity=line.expected + MISSING.get(number, Decimal(0)))
        for number, line in enumerate(count.lines.all())
    ]
    enter_counted(count=count, entries=entries, acting_user=clerk)
    submit_count(count=count, acting_user=clerk)
    approve_count(count=count, note="Checked.", acting_user=users["manager"])


def begin_to_count(warehouse: Warehouse, variations: list[ProductVariation], clerk: User) -> None:
    """Leave a count half done."""
    count = open_count(
        warehouse=warehouse,
        scope=Scope(variations=variations),
        notes="What moved most this week",
        acting_user=clerk,
    )
    lines = list(count.lines.all())
    entries = [Entry(line=line, quantity=line.expected) for line in lines[: len(lines) // 2]]
    enter_counted(count=count, entries=entries, acting_user=clerk)


def ask_to_correct(warehouse: Warehouse, variation: ProductVariation, clerk: User) -> None:
    """Ask for a correction that only a manager may decide."""
    quantity = (FOUND_WORTH / variation.cost_price).to_integral_value(ROUND_CEILING)
    correction = Correction(
        variation=variation,
        quantity=quantity,
        reason_code="found",
        reason_description="A pallet behind the returns, on no delivery note",
        unit_cost=variation.cost_price,
    )
    request_adjustment(
        warehouse=warehouse,
        corrections=[correction],
        notes="Please look at it before it goes on the shelf",
        acting_user=clerk,
    )
